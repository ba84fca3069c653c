"""An agent as routing keeps him: availability, leases of his sessions, reservations. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.words import Availability

HOLD = timedelta(seconds=5)
"""How long a reservation counts by itself; its conversation is taken well within it, or not at all."""
KEPT = timedelta(seconds=60)
"""How long it stays on the agent: longer than anybody works with what he has read."""
SKEW = timedelta(seconds=1)
"""How far the clocks of two dispatchers may differ."""


class Hold(Contract):
    """A place reserved for a conversation that is being offered (architecture, invariants over two documents).

    ``taken_at`` is when the conversation was taken, as far as that is known: from then on it speaks for itself.
    """

    conversation: str
    since: Instant
    taken_at: Instant | None = None


class Agent(Contract):
    """``leases`` are the ends of each browser session's presence; ``wake_at`` is the last of them."""

    id: str
    version: int = 0
    availability: Availability = Availability.OFFLINE
    away_state: str | None = None
    since: Instant
    leases: dict[str, Instant] = Field(default_factory=dict)
    held: tuple[Hold, ...] = ()
    last_assigned_at: Instant | None = None
    wake_at: Instant | None = None


def heartbeat(agent: Agent, session: str, now: datetime, lease: timedelta, at_sign_in: Availability) -> Agent:
    """The session is alive. A new one of an offline agent signs him in with his preferred availability; who chose
    to be offline stays so while the page is open in which he did.

    A lease that still has most of its time left is not written again: same object, no write.
    """
    end = now + lease
    known = agent.leases.get(session)
    if known is not None and known - now > lease / 2:
        return agent
    is_new = known is None or known <= now
    leases = {name: until for name, until in agent.leases.items() if until > now} | {session: end}
    fresh = agent.model_copy(update={"leases": leases, "wake_at": max(leases.values())})
    if is_new and agent.availability is Availability.OFFLINE and at_sign_in is not Availability.OFFLINE:
        return fresh.model_copy(update={"availability": at_sign_in, "away_state": None, "since": now})
    return fresh


def signed_out(agent: Agent, session: str, now: datetime) -> Agent:
    """The session ended; with the last one the agent is offline."""
    if session not in agent.leases:
        return agent
    leases = {name: until for name, until in agent.leases.items() if name != session and until > now}
    if leases:
        return agent.model_copy(update={"leases": leases, "wake_at": max(leases.values())})
    return _offline(agent.model_copy(update={"leases": leases}), now)


def lapsed(agent: Agent, now: datetime, heard_at: datetime | None, lease: timedelta) -> Agent:
    """Offline when every lease is over; but while no heartbeat at all is heard, nobody is held to be gone.

    ``heard_at`` is when any heartbeat of anybody was last heard.
    """
    if agent.wake_at is None or now < agent.wake_at:
        return agent
    if heard_at is None or now - heard_at > lease:
        return agent.model_copy(update={"wake_at": now + lease})
    return _offline(agent.model_copy(update={"leases": {}}), now)


def available(agent: Agent, availability: Availability, away_state: str | None, now: datetime) -> Agent:
    """The agent chose an availability; choosing the same again changes nothing."""
    if agent.availability is availability and agent.away_state == away_state:
        return agent
    return agent.model_copy(update={"availability": availability, "away_state": away_state, "since": now})


@dataclass(frozen=True, slots=True)
class Holding:
    """What an agent holds in ``new``, read from the conversations after ``read_at``."""

    conversations: frozenset[str]
    read_at: datetime


def reserved(
    agent: Agent,
    conversation: str,
    holding: Holding,
    capacity: int,
    now: datetime,
    taken: Mapping[str, datetime],
    under_way: Container[str] = (),
) -> Agent | None:
    """A place for the conversation, or None when all he holds in ``new`` and has reserved reaches ``capacity``.

    A conversation counts once, owned or reserved. A reservation stops counting once its conversation was taken, or
    can be taken no more, before ``holding`` was read, because then that shows what became of it: whoever reads
    later, in whichever process, sees either the reservation or the conversation. ``taken`` is what this process
    took, and when; ``under_way`` what it is still taking, however long that has been.
    """
    if agent.availability is not Availability.AVAILABLE:
        return None
    known = tuple(
        hold if hold.taken_at is not None else hold.model_copy(update={"taken_at": taken.get(hold.conversation)})
        for hold in agent.held
        if hold.conversation != conversation and (hold.conversation in under_way or now - hold.since < KEPT)
    )
    counted = {hold.conversation for hold in known if hold.conversation in under_way or _counts(hold, holding.read_at)}
    if len((holding.conversations | counted) - {conversation}) >= capacity:
        return None
    return agent.model_copy(
        update={"held": (*known, Hold(conversation=conversation, since=now)), "last_assigned_at": now}
    )


def _counts(hold: Hold, read_at: datetime) -> bool:
    """Whether what was read then may not show yet what became of it."""
    settled_at = hold.taken_at or hold.since + HOLD
    return settled_at + SKEW >= read_at


def given_back(agent: Agent, conversation: str) -> Agent:
    """The reservation is over, because the conversation was not taken."""
    held = tuple(hold for hold in agent.held if hold.conversation != conversation)
    return agent if len(held) == len(agent.held) else agent.model_copy(update={"held": held})


def _offline(agent: Agent, now: datetime) -> Agent:
    if agent.availability is Availability.OFFLINE:
        return agent.model_copy(update={"wake_at": None})
    return agent.model_copy(
        update={"availability": Availability.OFFLINE, "away_state": None, "since": now, "wake_at": None}
    )
