"""How a connected virtual agent's session goes on: what it is told, what it answers (AU-19 to AU-21). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.automation.domain.deeds import Begin, Deed, Send, Store, Tell, Topics
from services.automation.domain.sessions import (
    RULE_FIRST,
    Session,
    Waits,
    added,
    granted,
    leave_of,
    noted,
    resting,
    settled,
    without_first,
)
from shared.contracts.messages import AttributeValue
from shared.contracts.virtual_agents import BotAnswer, BotEvent
from shared.contracts.words import Leaving
from shared.ids import derived


@dataclass(frozen=True, slots=True)
class Understood:
    """An answer with its names looked up: ids of topics and of the reason, attributes that may be stored."""

    answer: BotAnswer
    topics: Sequence[str] = ()
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict)
    reason: str | None = None


def equipped(session: Session, deed: Begin, now: datetime) -> Session:
    """It is told that the conversation starts, and what the contact has written."""
    if not session.is_first(deed):
        return session
    after = without_first(session, now)
    after = added(after, Tell(id=after.next_id(), event=BotEvent.STARTED), now)
    queued, rest = after.deeds[-1:], after.deeds[:-1]
    messages = tuple(_tell(session, message) for message in deed.messages)
    return granted(after.model_copy(update={"deeds": (*queued, *messages, *rest)}), now)


def heard(session: Session, message: str, now: datetime, *, rule_resolves: bool = False) -> Session:
    """A message of the contact is told in arrival order, unless a rule resolves the conversation over it first."""
    if session.ends or message in session.known:
        return session
    idle = not session.deeds
    session = added(noted(session, message), _tell(session, message), now)
    if session.waits is Waits.CONTACT:
        session = session.model_copy(update={"waits": Waits.AGENT, "since": now})
    if rule_resolves:
        return resting(session, now + RULE_FIRST)
    return granted(session, now) if idle else session


def told(session: Session, deed: Tell, said: Understood, now: datetime) -> Session:
    """The endpoint took the event, and this is what it answered at once."""
    if not session.is_first(deed):
        return session
    owes = session.waits is Waits.AGENT
    after = without_first(session, now).model_copy(update={"waits": Waits.AGENT})
    if not owes:
        after = after.model_copy(update={"since": now})
    after = _answered(after, said, deed.id, (), now)
    return granted(after, now) if after.deeds else settled(after, now)


def answered(session: Session, said: Understood, cause: str, now: datetime) -> Session:
    """It answers later, by itself; ``cause`` names the answer. What is being attempted now stays first."""
    if session.ends:
        return session
    first = session.deeds[:1]
    if first and isinstance(first[0], Tell) and said.answer.done is not None:
        first = ()
    idle = not first
    after = _answered(session.model_copy(update={"deeds": session.deeds[len(first) :]}), said, cause, first, now)
    if not after.deeds:
        return settled(after, now)
    return granted(after, now) if idle else after


def _answered(session: Session, said: Understood, cause: str, first: tuple[Deed, ...], now: datetime) -> Session:
    """Its deeds go before the events that it has not been told yet.

    "Resolved" counts only once it was told everything that the contact wrote; a hand-over counts at once.
    """
    answer, deeds = said.answer, _deeds(said, cause)
    untold = [one for one in session.deeds if isinstance(one, Tell) and one.event is BotEvent.MESSAGE]
    update: dict[str, object] = {"busy_since": now, "problem": ""}
    if any(isinstance(deed, Send) for deed in deeds):
        update |= {"waits": Waits.AGENT if untold else Waits.CONTACT, "since": now}
    if answer.done == "hand_over" or (answer.done == "resolved" and not untold):
        why = Leaving.RESOLVED if answer.done == "resolved" else Leaving.HANDED_OVER
        ending = leave_of(session, why, reason=said.reason)
        update |= {"deeds": (*first, *deeds, ending), "counted": session.counted + 1}
    else:
        update |= {"deeds": (*first, *deeds, *session.deeds)}
    return session.model_copy(update=update)


def _deeds(said: Understood, cause: str) -> list[Deed]:
    deeds: list[Deed] = [
        Send(
            id=derived("answer", cause, place),
            text=message.text,
            attachments=message.attachments,
            quick_replies=message.quick_replies,
        )
        for place, message in enumerate(said.answer.messages)
        if message.text.strip() or message.attachments
    ]
    if said.topics:
        deeds.append(Topics(id=derived("answer", cause, "topics"), topics=tuple(said.topics)))
    if said.attributes:
        deeds.append(Store(id=derived("answer", cause, "attributes"), attributes=dict(said.attributes)))
    return deeds


def _tell(session: Session, message: str) -> Tell:
    return Tell(id=derived("told", session.id, session.number, message), event=BotEvent.MESSAGE, message=message)
