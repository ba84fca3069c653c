"""A dry run: what a rule makes of a sample, condition by condition, and what it would do. Pure."""

from __future__ import annotations

from datetime import datetime

from services.automation.domain.conditions import Compiler, asks_text
from services.automation.domain.looking import Seen
from services.automation.domain.rules import in_order
from shared.contracts.acts import RuleAction
from shared.contracts.rules import Sample, Tried
from shared.contracts.settings import Rule, RuleEvent
from shared.schedule import Schedule


def tried(rule: Rule, sample: Sample, looked_at: Seen) -> Tried:
    """What becomes of one sample. Raises BadPattern for an expression that RE2 does not take."""
    compiler = Compiler()
    tree = compiler.compile(rule.conditions)
    looked = compiler.looked(looked_at)
    conditions = tree.explain(looked_at, looked)
    held = not rule.conditions or conditions.held
    in_scope = rule.scope.covers(looked_at.channel, looked_at.visibility)
    on_event = _on_event(rule.event, sample)
    matches = held and in_scope and on_event
    acts, left_out = in_order(rule, looked_at, text_condition=asks_text(rule.conditions))
    return Tried(
        id=sample.id,
        matches=matches,
        in_scope=in_scope,
        on_event=on_event,
        conditions=conditions if rule.conditions else conditions.model_copy(update={"held": True}),
        would=tuple(map(said, acts)) if matches else (),
        would_not=tuple(f"{act}: {why}" for act, why in left_out.items()) if matches else (),
    )


def sampled(
    rule: Rule, sample: Sample, now: datetime, schedule: Schedule | None, previous_score: int | None = None
) -> Seen:
    """The sample as rules look at it. For what is no message the event is taken to happen.

    A conversation without a language gets that of the contact, else of the browser, as routing gives it (AU-09).
    """
    message, contact, conversation = sample.message, sample.contact, sample.conversation
    browser = None if message is None else message.browser_language
    return Seen(
        events=frozenset({rule.event}),
        cause="sample",
        at=conversation.at or now,
        channel=conversation.channel,
        visibility=conversation.visibility,
        medium=conversation.medium.value,
        kind=((message.kind if message is not None else None) or conversation.kind).value,
        status=conversation.status.value,
        substatus=conversation.substatus.value if conversation.substatus else None,
        owner=conversation.owner.id if conversation.owner else None,
        team=conversation.team,
        topics=conversation.topics,
        labels=conversation.labels,
        tags=conversation.tags,
        language=conversation.language or contact.language or browser,
        priority_score=conversation.priority_score,
        episode=conversation.episode,
        message=None if message is None else "sample",
        text="" if message is None else message.text,
        subject=(message.subject if message is not None else None) or conversation.subject or "",
        browser_language=browser,
        has_attachment=message is not None and message.has_attachment,
        first=message is not None and message.first,
        automatic_reply=message is not None and message.automatic_reply,
        attributes=contact.attributes,
        groups=contact.groups,
        contact_labels=contact.labels,
        previous_score=contact.previous_score if contact.previous_score is not None else previous_score,
        schedule=schedule,
    )


def said(action: RuleAction) -> str:
    """An act in a line: its name, and what it was given."""
    given = action.model_dump(mode="json", exclude={"act"}, exclude_defaults=True, exclude_none=True)
    words = ", ".join(f"{name}: {_short(value)}" for name, value in given.items())
    return f"{action.act} ({words})" if words else action.act


def _short(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(_short, value))
    if isinstance(value, dict):
        return " ".join(_short(one) for one in value.values())
    text = str(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _on_event(event: RuleEvent, sample: Sample) -> bool:
    match event:
        case RuleEvent.CONVERSATION_OPENED:
            return sample.message is not None and sample.message.first
        case RuleEvent.MESSAGE_RECEIVED:
            return sample.message is not None
        case _:
            return True
