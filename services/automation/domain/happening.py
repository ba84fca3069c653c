"""What a change of a conversation is to rules: events, the message, and the snapshot to look at (AU-05). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.automation.domain.looking import Seen
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import (
    AutomationStopped,
    BoomerangChanged,
    Fact,
    InvitationOpened,
    MessageAdded,
    Resolved,
    RuleApplied,
    RuleTooLate,
    SurveyAnswered,
    SurveyDecided,
)
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.settings import RuleEvent
from shared.contracts.words import Direction
from shared.ids import fact_id
from shared.schedule import Schedule

_BOOK_KEEPING = (RuleApplied, RuleTooLate, AutomationStopped, InvitationOpened, SurveyDecided)
"""What automation and surveys write into the trail is no change that a rule is about."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A change that rules may react to. ``message`` is the contact's, with the fact that it was added."""

    events: frozenset[RuleEvent]
    cause: str
    at: datetime
    episode: int
    fact: str
    message: MessageSnapshot | None = None
    added: MessageAdded | None = None


def happening(event: ConversationChanged, meta: Meta) -> Happening | None:
    """What rules may react to. None for an effect of a rule, and for what concerns only the books (AU-07)."""
    if meta.by_rule is not None:
        return None
    events: set[RuleEvent] = set()
    for place, fact in enumerate(event.changes):
        if isinstance(fact, MessageAdded) and is_the_contacts(fact):
            message = event.message
            if message is None or message.id != fact.message:
                continue
            events |= {RuleEvent.MESSAGE_RECEIVED, RuleEvent.CONVERSATION_CHANGED}
            if fact.first:
                events.add(RuleEvent.CONVERSATION_OPENED)
            events |= {found for other in event.changes for found in _events(other)}
            named = fact_id(meta.event_id, place)
            return Happening(frozenset(events), message.id, fact.at, fact.episode, named, message, fact)
        events |= _events(fact)
    if not events:
        return None
    latest = event.changes[-1]
    return Happening(frozenset(events), meta.event_id, latest.at, latest.episode, fact_id(meta.event_id, 0))


def is_the_contacts(fact: MessageAdded) -> bool:
    """Written by the contact, not by one of us and not by a machine of ours."""
    return fact.direction is Direction.INBOUND and not fact.automatic


def seen(
    happening: Happening,
    conversation: ConversationSnapshot,
    contact: ContactSnapshot | None,
    *,
    schedule: Schedule | None,
    previous_score: int | None,
) -> Seen:
    """The snapshot as rules look at it."""
    message, added = happening.message, happening.added
    return Seen(
        events=happening.events,
        cause=happening.cause,
        at=happening.at,
        channel=conversation.channel,
        visibility=conversation.visibility,
        medium=conversation.medium.value,
        kind=(conversation.kind if message is None else message.kind).value,
        status=conversation.status.value,
        substatus=conversation.substatus.value if conversation.substatus else None,
        owner=conversation.owner.id if conversation.owner else None,
        team=conversation.team,
        topics=conversation.topics,
        labels=conversation.labels,
        tags=conversation.tags,
        language=conversation.language,
        priority_score=conversation.priority.score,
        episode=conversation.episode,
        message=None if message is None else message.id,
        text="" if message is None else message.text,
        subject=(message.subject if message is not None else None) or conversation.subject or "",
        browser_language=None if message is None else message.browser_language,
        has_attachment=message is not None and bool(message.attachments),
        first=added is not None and added.first,
        automatic_reply=message is not None and message.automatic_reply,
        attributes={} if contact is None else contact.attributes,
        groups=conversation.groups if contact is None else contact.groups,
        contact_labels=() if contact is None else contact.labels,
        previous_score=previous_score,
        schedule=schedule,
    )


def score_of(conversation: ConversationSnapshot, fact: SurveyAnswered) -> int | None:
    """The number of the option that was chosen."""
    invitations = (conversation.invitation, *conversation.earlier_invitations)
    options = (option for one in invitations if one is not None and one.id == fact.invitation for option in one.options)
    return next((option.number for option in options if option.id == fact.option), None)


def _events(fact: Fact) -> frozenset[RuleEvent]:
    match fact:
        case MessageAdded(automatic=True) | MessageAdded(direction=Direction.INBOUND):
            return frozenset()  # a machine's; or a message that does not come along, and so cannot be looked at
        case Resolved():
            return frozenset({RuleEvent.CONVERSATION_RESOLVED, RuleEvent.CONVERSATION_CHANGED})
        case BoomerangChanged(what="fired"):
            return frozenset({RuleEvent.BOOMERANG_FIRED, RuleEvent.CONVERSATION_CHANGED})
        case SurveyAnswered():
            return frozenset({RuleEvent.SURVEY_ANSWERED, RuleEvent.CONVERSATION_CHANGED})
        case _ if isinstance(fact, _BOOK_KEEPING):
            return frozenset()
        case _:
            return frozenset({RuleEvent.CONVERSATION_CHANGED})
