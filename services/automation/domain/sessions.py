"""A virtual agent's session with a conversation: a queue of deeds, and when that is empty, somebody to wait for. Pure.

The first deed is attempted by whoever saved the state that grants the attempt; it is taken off the queue by the save
that knows its outcome. So a crash repeats a deed at most, and every deed is named so that repeating it repeats nothing.
Scripts go on in ``scripted``, connected virtual agents in ``connected`` (automation.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.automation.domain.deeds import Begin, Deed, Leave, Plan, Read, To
from shared.contracts.base import Contract, Instant
from shared.contracts.words import Leaving
from shared.ids import derived

LEASE = timedelta(seconds=30)
"""How long an attempt may take before another process takes it up."""

RULE_FIRST = timedelta(seconds=3)
"""How long a message waits for a rule that resolves the conversation over it; the rule wins."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=60)
KNOWN = 100


class Waits(StrEnum):
    """Who has to say something next, once there is nothing left to do."""

    CONTACT = "contact"
    AGENT = "agent"


class Session(Contract):
    """A virtual agent's session, under the conversation's id; a later one takes its place.

    ``number`` is the conversation's ``status_number`` since the change to ``bot``. ``place`` is the step of the
    script that is next, or that was asked, ``again`` for the second time. ``inbox`` are messages that came while
    sending, ``known`` the latest that were heard of. ``filled``: attributes, by id, that have a value. ``busy_since``
    is since when there has been something to do, ``since`` since when it waits. ``resting``: the first deed is not to
    be attempted before ``retry_at``. ``problem`` is what the last attempt failed of.
    """

    id: str
    version: int = 0
    number: int
    agent: str
    name: str
    episode: int
    channel: str
    contact: str
    language: str | None = None
    started_at: Instant
    plan: Plan
    place: int = 0
    asked: bool = False
    again: bool = False
    filled: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    deeds: tuple[Deed, ...] = ()
    counted: int = 0
    waits: Waits = Waits.AGENT
    since: Instant
    busy_since: Instant
    attempts: int = 0
    resting: bool = False
    retry_at: Instant | None = None
    problem: str = ""
    over: bool = False
    wake_at: Instant | None = None

    @property
    def due(self) -> Deed | None:
        """The deed to attempt now."""
        return self.deeds[0] if self.deeds and not self.resting and not self.over else None

    @property
    def leaving(self) -> bool:
        """Nothing is left but to let the conversation go."""
        return bool(self.deeds) and isinstance(self.deeds[0], Leave)

    @property
    def ends(self) -> bool:
        """What is still to be done ends with letting it go."""
        return self.over or (bool(self.deeds) and isinstance(self.deeds[-1], Leave))

    def is_first(self, deed: Deed) -> bool:
        """Whether it is still to be done, and next."""
        return not self.over and bool(self.deeds) and self.deeds[0].id == deed.id

    def next_id(self) -> str:
        """The name of the next deed that is added."""
        return derived("deed", self.id, self.number, self.counted)


def begun(
    conversation: str,
    number: int,
    *,
    agent: str,
    name: str,
    episode: int,
    channel: str,
    contact: str,
    language: str | None,
    plan: Plan,
    messages: Sequence[str],
    at: datetime,
    now: datetime,
) -> Session:
    """A session as the conversation's change to ``bot`` at ``at`` begins it, with these messages unanswered."""
    session = Session(
        id=conversation,
        number=number,
        agent=agent,
        name=name,
        episode=episode,
        channel=channel,
        contact=contact,
        language=language,
        started_at=at,
        plan=plan,
        known=tuple(messages)[-KNOWN:],
        since=now,
        busy_since=now,
    )
    return granted(added(session, Begin(id=session.next_id(), messages=tuple(messages)), now), now)


def noted(session: Session, message: str) -> Session:
    """It was heard of."""
    return session.model_copy(update={"known": (*session.known, message)[-KNOWN:]})


def done(session: Session, deed: Deed, now: datetime) -> Session:
    """The first deed is done; the next one is granted, or the waiting begins."""
    if not session.is_first(deed):
        return session
    if isinstance(deed, Leave):
        return ended(session)
    after = without_first(session, now)
    return granted(after, now) if after.deeds else settled(after, now)


def failed(session: Session, deed: Deed, problem: str, now: datetime, *, chance: float = 0.5) -> Session:
    """An attempt failed: again after a pause that doubles, with jitter (``chance`` from 0 to 1)."""
    if not session.is_first(deed):
        return session
    pause = min(FIRST_PAUSE * 2 ** min(session.attempts, 10), LONGEST_PAUSE) * (0.75 + chance / 2)
    after = session.model_copy(update={"attempts": session.attempts + 1, "problem": problem[:200]})
    return resting(after, now + pause)


def left(session: Session, why: Leaving, now: datetime, detail: str = "") -> Session:
    """Everything else is dropped: the conversation is let go."""
    if session.over or session.leaving:
        return session
    bare = session.model_copy(update={"deeds": (), "inbox": (), "asked": False, "attempts": 0})
    return granted(added(bare, leave_of(bare, why, detail), now), now)


def leave_of(session: Session, why: Leaving, detail: str = "", *, reason: str | None = None) -> Leave:
    """How it leaves for this reason, by its settings; escape words and failures always hand over (automation.md)."""
    plan = session.plan
    resolves = {
        Leaving.SCRIPT_ENDED: plan.at_end == "resolved",
        Leaving.CONTACT_TIMEOUT: plan.contact_timeout_then == "resolved",
        Leaving.AGENT_TIMEOUT: plan.agent_timeout_then == "resolved",
        Leaving.RESOLVED: True,
    }
    to: To = "resolved" if resolves.get(why, False) else plan.back
    wanted = (reason or plan.resolve_reason) if to == "resolved" else None
    return Leave(id=session.next_id(), to=to, why=why, reason=wanted, detail=detail)


def ended(session: Session) -> Session:
    """The conversation is no longer its own: nothing more is done."""
    nothing: dict[str, object] = {"deeds": (), "inbox": (), "asked": False, "resting": False}
    return session.model_copy(update={**nothing, "over": True, "retry_at": None, "wake_at": None})


def wake(session: Session, now: datetime) -> Session:
    """Time passed: give up on who is silent for too long, or grant another attempt."""
    if session.over:
        return session.model_copy(update={"wake_at": None})
    if not session.leaving:
        if (by := agent_deadline(session)) is not None and by <= now:
            if session.problem:
                return left(session, Leaving.FAILURE, now, session.problem)
            return left(session, Leaving.AGENT_TIMEOUT, now)
        if (by := contact_deadline(session)) is not None and by <= now:
            return left(session, Leaving.CONTACT_TIMEOUT, now)
    if session.deeds and session.retry_at is not None and session.retry_at <= now:
        return granted(session, now)
    return timed(session)


def settled(session: Session, now: datetime) -> Session:
    """Nothing is left to do: the next queued message is the answer, or somebody is waited for."""
    if session.inbox and session.asked:
        message, *rest = session.inbox
        reading = session.model_copy(update={"inbox": tuple(rest)})
        return granted(added(reading, Read(id=session.next_id(), message=message), now), now)
    for_whom = session.waits if session.plan.connected else Waits.CONTACT
    since = now if for_whom is Waits.CONTACT else session.since
    idle = {"waits": for_whom, "since": since, "resting": False, "retry_at": None, "attempts": 0}
    return timed(session.model_copy(update=idle))


def added(session: Session, deed: Deed, now: datetime) -> Session:
    """With one more deed at the end."""
    fresh = {"deeds": (*session.deeds, deed), "counted": session.counted + 1}
    return session.model_copy(update=fresh if session.deeds else {**fresh, "busy_since": now})


def without_first(session: Session, now: datetime) -> Session:
    """The first deed is off the queue; the next one has its own time."""
    rest: dict[str, object] = {"deeds": session.deeds[1:], "attempts": 0, "problem": "", "busy_since": now}
    return session.model_copy(update={**rest, "resting": False, "retry_at": None})


def granted(session: Session, now: datetime) -> Session:
    """The first deed may be attempted now."""
    return timed(session.model_copy(update={"resting": False, "retry_at": now + LEASE}))


def resting(session: Session, until: datetime) -> Session:
    """The first deed may be attempted from then on."""
    return timed(session.model_copy(update={"resting": True, "retry_at": until}))


def agent_deadline(session: Session) -> datetime | None:
    """When we give up on the virtual agent: it has something to do, or something to say."""
    since = session.busy_since if session.deeds else None
    if session.plan.connected and session.waits is Waits.AGENT:
        since = session.since
    return None if since is None else since + timedelta(seconds=session.plan.agent_timeout)


def contact_deadline(session: Session) -> datetime | None:
    """When we give up on the contact; it begins anew with each question (automation.md, Contact time-out)."""
    limit = session.plan.contact_timeout
    if session.deeds or session.waits is not Waits.CONTACT or limit is None:
        return None
    return session.since + timedelta(seconds=limit)


def timed(session: Session) -> Session:
    """With the instant at which it must be looked at next."""
    found = [session.retry_at] if session.deeds and session.retry_at is not None else []
    if not session.leaving:
        found += [at for at in (agent_deadline(session), contact_deadline(session)) if at is not None]
    return session.model_copy(update={"wake_at": min(found, default=None)})
