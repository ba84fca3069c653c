"""What webhooks tell of each thing that happens (docs/webhooks.md). Pure; ids derive from what is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.acts import Owner, RuleRun
from shared.contracts.base import Actor, Contract, Event, Instant, Meta
from shared.contracts.clocks import ClockSnapshot, SlaBreached, SlaCorrected, SlaWarned
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import EpisodeOpened, Fact, MessageAdded, OwnerChanged, Resolved, TeamChanged
from shared.contracts.messages import ContactSnapshot, MessageAccepted, MessageFailed, MessageSnapshot, MessageUncertain
from shared.contracts.surveys import AnswerRecorded
from shared.contracts.webhooks import (
    PublicClock,
    PublicContact,
    PublicConversation,
    PublicEvent,
    PublicFile,
    PublicMessage,
    SpecialEvent,
)
from shared.contracts.words import Direction
from shared.ids import fact_id

Sendings = MessageAccepted | MessageFailed | MessageUncertain


@dataclass(frozen=True, slots=True)
class Telling:
    """One public event. ``id`` is the webhook-id; ``message`` names the message whose text ``data`` holds, if any."""

    id: str
    type: PublicEvent | SpecialEvent
    at: Instant
    data: dict[str, Any] = field(hash=False)
    conversation: str | None = None
    message: str | None = None


def kinds_of(event: Event) -> frozenset[PublicEvent]:
    """What an event may give rise to: nothing of it is made when nobody subscribes to these."""
    return _KINDS.get(type(event), frozenset())


def tellings(event: Event, meta: Meta) -> Iterable[Telling]:
    """The public events of an event, in its order; the same ones whenever it is heard again."""
    match event:
        case ConversationChanged():
            yield from _of_conversation(event, meta)
        case MessageAccepted() | MessageFailed() | MessageUncertain():
            yield from _of_sending(event, meta)
        case SlaWarned() | SlaBreached() | SlaCorrected():
            yield _of_alarm(event, meta)
        case AnswerRecorded():
            answer = event.answer
            data = {"conversation_id": answer.conversation, "answer": _plain(answer)}
            kind = PublicEvent.SURVEY_ANSWERED
            yield Telling(meta.event_id, kind, meta.occurred_at, data, answer.conversation)
        case ContactChanged():
            data = {"contact": _plain(contact(event.contact)), "conversations": list(event.conversations)}
            yield Telling(meta.event_id, PublicEvent.CONTACT_CHANGED, meta.occurred_at, data)
        case _:
            return


def of_rule(
    run: RuleRun,
    place: int,
    conversation: ConversationSnapshot,
    message: MessageSnapshot | None,
    who: ContactSnapshot | None,
    at: Instant,
) -> Telling:
    """A rule calls a webhook: ``place`` is that of the action in its run."""
    data: dict[str, Any] = {
        "rule": {"id": run.rule, "name": run.name},
        **_conversation_data(conversation),
        "message": _plain(public_message(message)) if message is not None else None,
        "contact": _plain(contact(who)) if who is not None else None,
    }
    id = fact_id(run.run, place)
    text_of = message.id if message is not None else None
    return Telling(id, SpecialEvent.RULE_CALLED, at, data, conversation.id, text_of)


def of_test(id: str, at: Instant, webhook: str, name: str, by: Actor) -> Telling:
    """A test event."""
    data = {"webhook": {"id": webhook, "name": name}, "by": _plain(by), "text": "This is a test."}
    return Telling(id, SpecialEvent.TEST, at, data)


def without_text(data: dict[str, Any], message: str) -> dict[str, Any]:
    """``data`` after ``message`` was masked (PR-03): the shell stays, text and files go, wherever they stand."""
    return {name: _shell(value, message) for name, value in data.items()}


def _shell(value: Any, message: str) -> Any:
    if isinstance(value, list):
        return [_shell(part, message) for part in value]
    if isinstance(value, dict) and value.get("id") == message and "attachments" in value:
        return {**value, "text": "", "subject": None, "attachments": [], "link": None, "masked": True}
    return value


def _of_conversation(event: ConversationChanged, meta: Meta) -> Iterable[Telling]:
    if not event.changes:
        return
    told = event.conversation
    base = _conversation_data(told)
    for place, fact in enumerate(event.changes):
        found = _of_fact(event, fact)
        if found is not None:
            kind, more, message = found
            yield Telling(fact_id(meta.event_id, place), kind, fact.at, {**base, **more}, told.id, message)
    changes = [fact.fact for fact in event.changes]
    data = {**base, "changes": changes, "by": _plain(meta.actor)}
    yield Telling(meta.event_id, PublicEvent.CONVERSATION_CHANGED, meta.occurred_at, data, told.id)


def _of_fact(event: ConversationChanged, fact: Fact) -> tuple[PublicEvent, dict[str, Any], str | None] | None:
    by = {"by": _plain(fact.by)}
    match fact:
        case EpisodeOpened():
            more = {"message_id": fact.message, "proactive": fact.proactive}
            return PublicEvent.CONVERSATION_OPENED, by | more, None
        case OwnerChanged():
            owner: dict[str, Any] = {"owner": {"before": _owner(fact.before), "after": _owner(fact.after)}}
            return PublicEvent.CONVERSATION_ASSIGNED, by | owner | {"how": fact.how}, None
        case TeamChanged():
            return PublicEvent.CONVERSATION_ASSIGNED, by | {"team": {"before": fact.before, "after": fact.after}}, None
        case Resolved():
            closed: dict[str, Any] = {"closed_by": fact.closed_by.value, "reason": fact.reason}
            return PublicEvent.CONVERSATION_RESOLVED, by | closed | {"topics": list(fact.topics)}, None
        case MessageAdded(direction=Direction.INBOUND | Direction.INTERNAL as direction):
            return _of_message(event, fact, direction)
        case _:
            return None


def _of_message(
    event: ConversationChanged, fact: MessageAdded, direction: Direction
) -> tuple[PublicEvent, dict[str, Any], str | None]:
    """The message itself where the event carries it; else its id alone."""
    message = event.message if event.message is not None and event.message.id == fact.message else None
    kind = PublicEvent.MESSAGE_RECEIVED if direction is Direction.INBOUND else PublicEvent.NOTE_WRITTEN
    more = {
        "message_id": fact.message,
        "message": _plain(public_message(message)) if message is not None else None,
        "contact": _plain(contact(event.contact)) if event.contact is not None else None,
        "first": fact.first,
    }
    return kind, more, fact.message if message is not None else None


def _of_sending(event: Sendings, meta: Meta) -> Iterable[Telling]:
    message = event.queued.message if event.queued is not None else None
    data: dict[str, Any] = {
        "conversation_id": event.conversation,
        "message_id": event.message_id,
        "message": _plain(public_message(message)) if message is not None else None,
    }
    kind = PublicEvent.MESSAGE_SENT
    if not isinstance(event, MessageAccepted):
        kind = PublicEvent.MESSAGE_FAILED
        data["uncertain"] = isinstance(event, MessageUncertain)
        data["reason"] = event.reason if isinstance(event, MessageFailed) else "It may have been sent; no answer came."
    text_of = message.id if message is not None else None
    yield Telling(meta.event_id, kind, event.at, data, event.conversation, text_of)


def _of_alarm(event: SlaWarned | SlaBreached | SlaCorrected, meta: Meta) -> Telling:
    kinds = {
        SlaWarned: PublicEvent.SLA_WARNED,
        SlaBreached: PublicEvent.SLA_BREACHED,
        SlaCorrected: PublicEvent.SLA_CORRECTED,
    }
    told = event.clock
    data = {"conversation_id": told.conversation, "clock": _plain(clock(told))}
    return Telling(meta.event_id, kinds[type(event)], event.at, data, told.conversation)


def _conversation_data(told: ConversationSnapshot) -> dict[str, Any]:
    return {"conversation_id": told.id, "conversation": _plain(conversation(told))}


def conversation(told: ConversationSnapshot) -> PublicConversation:
    """A conversation as webhooks tell of it."""
    return PublicConversation(
        id=told.id,
        version=told.version,
        channel=told.channel,
        medium=told.medium.value,
        visibility=told.visibility.value,
        kind=told.kind.value,
        contact=told.contact,
        contact_name=told.contact_name,
        subject=told.subject,
        status=told.status.value,
        substatus=told.substatus.value if told.substatus is not None else None,
        owner=told.owner.id if told.owner is not None else None,
        owner_kind=told.owner.kind.value if told.owner is not None else None,
        team=told.team,
        teams=told.teams,
        topics=told.topics,
        labels=told.labels,
        tags=told.tags,
        language=told.language,
        priority_score=told.priority.score,
        episode=told.episode,
        muted=told.muted,
        closed_by=told.closed_by.value if told.closed_by is not None else None,
        resolve_reason=told.resolve_reason,
        created_at=told.created_at,
        changed_at=told.changed_at,
        last_message_at=told.last_message_at,
    )


def public_message(message: MessageSnapshot) -> PublicMessage:
    """A message as webhooks tell of it."""
    masked = message.masked_at is not None
    files = () if masked else message.attachments
    return PublicMessage(
        id=message.id,
        conversation=message.conversation,
        direction=message.direction.value,
        visibility=message.visibility.value,
        kind=message.kind.value,
        author_kind=message.author.kind.value,
        author=message.author.id,
        author_name=message.author.name,
        text="" if masked else message.text,
        subject=None if masked else message.subject,
        attachments=tuple(PublicFile(id=one.id, name=one.name, type=one.type, size=one.size) for one in files),
        tags=message.tags,
        automatic=message.automatic,
        in_reply_to=message.in_reply_to,
        link=None if masked else message.link,
        sent_at=message.sent_at,
        received_at=message.received_at,
        masked=masked,
    )


def contact(who: ContactSnapshot) -> PublicContact:
    """A contact as webhooks tell of it."""
    fields = who.model_dump(include=set(PublicContact.model_fields))
    return PublicContact(**fields)


def clock(told: ClockSnapshot) -> PublicClock:
    """A clock as webhooks tell of it."""
    fields = told.model_dump(mode="json", include=set(PublicClock.model_fields))
    return PublicClock.model_validate(fields)


def _owner(owner: Owner | None) -> dict[str, Any] | None:
    return {"id": owner.id, "kind": owner.kind.value} if owner is not None else None


def _plain(value: Contract) -> dict[str, Any]:
    return value.model_dump(mode="json")


_KINDS: dict[type[Event], frozenset[PublicEvent]] = {
    ConversationChanged: frozenset(
        {
            PublicEvent.CONVERSATION_OPENED,
            PublicEvent.CONVERSATION_CHANGED,
            PublicEvent.CONVERSATION_ASSIGNED,
            PublicEvent.CONVERSATION_RESOLVED,
            PublicEvent.MESSAGE_RECEIVED,
            PublicEvent.NOTE_WRITTEN,
        }
    ),
    MessageAccepted: frozenset({PublicEvent.MESSAGE_SENT}),
    MessageFailed: frozenset({PublicEvent.MESSAGE_FAILED}),
    MessageUncertain: frozenset({PublicEvent.MESSAGE_FAILED}),
    SlaWarned: frozenset({PublicEvent.SLA_WARNED}),
    SlaBreached: frozenset({PublicEvent.SLA_BREACHED}),
    SlaCorrected: frozenset({PublicEvent.SLA_CORRECTED}),
    AnswerRecorded: frozenset({PublicEvent.SURVEY_ANSWERED}),
    ContactChanged: frozenset({PublicEvent.CONTACT_CHANGED}),
}
