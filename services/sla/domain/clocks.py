"""How a clock stands: a pure function of its turn's spans, whatever order the facts come in (sla.md 5 to 15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sla.domain.terms import Terms
from shared.contracts.base import Event
from shared.contracts.clocks import ClockChanged, ClockSnapshot, SlaBreached, SlaCorrected, SlaWarned
from shared.contracts.facts import Span
from shared.contracts.words import ClockKind, ClockOutcome
from shared.ids import derived
from shared.schedule import NeverOpen, Schedule, due, elapsed

TICK = timedelta(milliseconds=1)
"""The breach fires strictly after breach_at; instants are whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an event says about one clock's stretch of time.

    ``final``: None while it may go on, else how it ended (met stands for "answered": the formula decides between
    met and breached). ``version`` is the conversation's, which orders what is not final.
    """

    conversation: str
    channel: str
    episode: int
    turn: int | None
    kind: ClockKind
    spans: tuple[Span, ...]
    version: int
    owner: str | None
    final: ClockOutcome | None = None


def clock_id(conversation: str, episode: int, turn: int | None, kind: ClockKind) -> str:
    """One clock per turn, and one resolution clock per episode."""
    return derived("clock", conversation, episode, -1 if turn is None else turn, kind.value)


def observe(
    clock: ClockSnapshot | None, seen: Observation, terms: Terms | None, now: datetime
) -> tuple[ClockSnapshot, tuple[Event, ...]] | None:
    """The clock after an observation, and the alarms it raises; None when nothing changes.

    A new clock starts with ``terms`` as soon as a span exists. An older snapshot than the one last heard changes
    nothing; an end counts whenever it comes, and only an answer overrules another end.
    """
    if clock is None:
        if terms is None or not seen.spans:
            return None
        clock = _started(seen, terms)
    elif not _news(clock, seen):
        return None
    heard = clock.model_copy(
        update={
            "spans": seen.spans,
            "heard": max(clock.heard, seen.version),
            "outcome": ClockOutcome.RUNNING,
            "elapsed_seconds": None,
            "running": False,
            "wake_at": None,
        }
    )
    if seen.final is None:
        return _going_on(heard), ()
    return _ended(heard, seen.final, seen.owner, now)


def wake(clock: ClockSnapshot, now: datetime, owner: str | None = None) -> tuple[ClockSnapshot, tuple[Event, ...]]:
    """The alarms that are due: one warning and one breach in a clock's life (SL-12)."""
    says: list[Event] = []
    update: dict[str, object] = {}
    if clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= now:
        update["warned_at"] = now
    if clock.breached_at is None and clock.breach_at is not None and clock.breach_at < now:
        update["breached_at"] = now
    woken = clock.model_copy(update=update)
    woken = woken.model_copy(update={"wake_at": _next_alarm(woken)})
    if "warned_at" in update and "breached_at" not in update:
        says.append(SlaWarned(clock=woken, at=now, owner=owner))
    if "breached_at" in update:
        says.append(SlaBreached(clock=woken, at=now, owner=owner))
    return woken, tuple(says)


def changed(clock: ClockSnapshot, alarms: Sequence[Event]) -> tuple[Event, ...]:
    """What is said of a saved clock: its snapshot, and its alarms carrying the saved one."""
    return (
        ClockChanged(clock=clock),
        *(alarm.model_copy(update={"clock": clock}) for alarm in alarms),
    )


def _news(clock: ClockSnapshot, seen: Observation) -> bool:
    """Whether the observation can change the clock.

    A response clock ends once, whatever the order; a resolution clock follows the newest version, because a
    conversation set back to New by hand resumes it (T16). Spans only grow and close, so equal spans are no news.
    """
    ended = clock.outcome is not ClockOutcome.RUNNING
    if seen.kind is ClockKind.RESOLUTION:
        return seen.version > clock.heard and (seen.spans != clock.spans or (seen.final is not None) != ended)
    if ended:
        return clock.outcome is ClockOutcome.WAIVED and seen.final is ClockOutcome.MET
    return seen.final is not None or (seen.version > clock.heard and seen.spans != clock.spans)


def _started(seen: Observation, terms: Terms) -> ClockSnapshot:
    return ClockSnapshot(
        id=clock_id(seen.conversation, seen.episode, seen.turn, seen.kind),
        conversation=seen.conversation,
        episode=seen.episode,
        turn=seen.turn,
        kind=seen.kind,
        policy=terms.policy,
        policy_name=terms.name,
        channel=seen.channel,
        target_seconds=terms.target.total_seconds(),
        warn_seconds=terms.warn.total_seconds(),
        schedule=terms.schedule,
    )


def _going_on(clock: ClockSnapshot) -> ClockSnapshot:
    """A clock that has not ended: alarms are set while its last span is open, and none while it is paused."""
    running = bool(clock.spans) and clock.spans[-1].end is None
    times = {"warn_at": None, "due_at": None, "breach_at": None}
    fresh = clock.model_copy(update={**times, "running": running})
    if not running:
        return fresh
    target, warn = timedelta(seconds=clock.target_seconds), timedelta(seconds=clock.warn_seconds)
    try:
        whole, part = due(_hours(clock), _pairs(clock), target), due(_hours(clock), _pairs(clock), warn)
    except NeverOpen:
        return fresh
    fresh = fresh.model_copy(update={"warn_at": part.due_at, "due_at": whole.due_at, "breach_at": whole.breach_at})
    return fresh.model_copy(update={"wake_at": _next_alarm(fresh)})


def _ended(
    clock: ClockSnapshot, final: ClockOutcome, owner: str | None, now: datetime
) -> tuple[ClockSnapshot, tuple[Event, ...]]:
    """The outcome is the formula: met iff the time used is at most the target (sla.md 7, 9, 15)."""
    used = elapsed(_hours(clock), _pairs(clock), now)
    over = used > timedelta(seconds=clock.target_seconds)
    outcome = ClockOutcome.BREACHED if over and final is not ClockOutcome.VOID else final
    update: dict[str, object] = {
        "outcome": outcome,
        "elapsed_seconds": used.total_seconds(),
        "warn_at": None,
        "due_at": None,
        "breach_at": None,
    }
    says: list[type[SlaBreached] | type[SlaCorrected]] = []
    if outcome is ClockOutcome.BREACHED and clock.breached_at is None:
        update["breached_at"] = now
        says.append(SlaBreached)
    if outcome is not ClockOutcome.BREACHED and clock.breached_at is not None and clock.corrected_at is None:
        update["corrected_at"] = now
        says.append(SlaCorrected)
    done = clock.model_copy(update=update)
    return done, tuple(kind(clock=done, at=now, owner=owner) for kind in says)


def _next_alarm(clock: ClockSnapshot) -> datetime | None:
    if not clock.running or clock.breached_at is not None or clock.breach_at is None:
        return None
    if clock.warned_at is None and clock.warn_at is not None:
        return clock.warn_at
    return clock.breach_at + TICK


def _hours(clock: ClockSnapshot) -> Schedule | None:
    return None if clock.schedule is None else clock.schedule.schedule()


def _pairs(clock: ClockSnapshot) -> list[tuple[datetime, datetime | None]]:
    return [(span.start, span.end) for span in clock.spans]
