"""How a clock stands: a pure function of what was heard of its turn, whatever order it came in (sla.md 5 to 15)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sla.domain.terms import Terms
from shared.contracts.base import Event
from shared.contracts.clocks import (
    BREACH_LEVEL,
    Alarm,
    ClockChanged,
    ClockSnapshot,
    SlaBreached,
    SlaCorrected,
    SlaLevelReached,
    SlaWarned,
)
from shared.contracts.facts import Span
from shared.contracts.words import ClockKind, ClockOutcome
from shared.ids import derived
from shared.schedule import Due, NeverOpen, Schedule, due, elapsed

TICK = timedelta(milliseconds=1)
"""The breach fires strictly after breach_at; instants are whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an event says about one clock's stretches of time.

    ``final``: None while it may go on, else how it ended (met stands for "answered": the formula decides between
    met and breached). Of two observations the one with the later ``revision`` counts. ``own``: said by an event of
    the clock's own episode, so that its snapshot tells which terms apply; ``starts``: and the clock has begun.
    """

    conversation: str
    channel: str
    episode: int
    turn: int | None
    kind: ClockKind
    spans: tuple[Span, ...]
    revision: int
    final: ClockOutcome | None = None
    own: bool = True
    starts: bool = True

    @property
    def begins(self) -> bool:
        """Whether most probably nothing was heard of the clock before: its first stretch of time has just begun."""
        return self.final is None and len(self.spans) == 1 and self.spans[0].end is None


def clock_id(conversation: str, episode: int, turn: int | None) -> str:
    """One clock per turn, and one resolution clock (no turn) per episode."""
    return derived("clock", conversation, episode, -1 if turn is None else turn)


def is_started(clock: ClockSnapshot) -> bool:
    """Whether it is a clock already, or only the memory of an end that was heard of before the beginning."""
    return clock.policy is not None


def observe(
    clock: ClockSnapshot | None, seen: Observation, terms: Terms | None, now: datetime
) -> tuple[ClockSnapshot, tuple[Event, ...]] | None:
    """The clock after an observation, and the alarms it raises; None when nothing changes.

    ``terms`` are what the event's snapshot gives, None where no clock applies. They are kept for the clock's life,
    as of the first event of its own episode that was heard with a span or an answer in it.
    """
    if clock is None and seen.own and terms is None:
        return None
    known = clock or _remembered(seen)
    starting = seen.starts and terms is not None and not is_started(known)
    if clock is not None and not starting and seen.revision <= clock.heard:
        return None
    if starting and terms is not None:
        known = _with_terms(known, seen.kind, terms)
    if seen.revision > known.heard:
        known = _heard(known, seen)
    if not is_started(known):
        return known, ()
    if known.outcome is ClockOutcome.RUNNING:
        return _going_on(known), ()
    return _ended(known, known.outcome, now)


def wake(clock: ClockSnapshot, now: datetime) -> tuple[ClockSnapshot, tuple[Event, ...]]:
    """The alarms that are due: one warning, one breach and each notification level once in a clock's life (SL-12)."""
    says: list[type[Alarm]] = []
    update: dict[str, object] = {}
    if clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= now:
        update["warned_at"] = now
        says.append(SlaWarned)
    if clock.breached_at is None and clock.breach_at is not None and clock.breach_at < now:
        update["breached_at"] = now
        says.append(SlaBreached)
    reached, level_at = _levels(clock, now)
    update |= {"told": (*clock.told, *reached), "level_at": level_at}
    woken = clock.model_copy(update=update)
    woken = woken.model_copy(update={"wake_at": _next_alarm(woken)})
    return woken, _alarms(woken, says, reached, now)


def changed(clock: ClockSnapshot, alarms: Sequence[Event]) -> tuple[Event, ...]:
    """What is said of a saved clock that heard something: its snapshot, and its alarms."""
    return (ClockChanged(clock=clock), *alarmed(clock, alarms)) if is_started(clock) else ()


def alarmed(clock: ClockSnapshot, alarms: Sequence[Event]) -> tuple[Event, ...]:
    """Alarms, carrying the saved clock. What rows show does not change with time alone: they count by themselves."""
    return tuple(alarm.model_copy(update={"clock": clock}) for alarm in alarms)


def _remembered(seen: Observation) -> ClockSnapshot:
    return ClockSnapshot(
        id=clock_id(seen.conversation, seen.episode, seen.turn),
        conversation=seen.conversation,
        episode=seen.episode,
        turn=seen.turn,
        kind=seen.kind,
        policy=None,
        channel=seen.channel,
        target_seconds=0,
        warn_seconds=0,
    )


def _with_terms(clock: ClockSnapshot, kind: ClockKind, terms: Terms) -> ClockSnapshot:
    return clock.model_copy(
        update={
            "kind": kind,
            "policy": terms.policy,
            "policy_name": terms.name,
            "target_seconds": terms.target.total_seconds(),
            "warn_seconds": terms.warn.total_seconds(),
            "schedule": terms.schedule,
            "levels": terms.levels,
        }
    )


def _heard(clock: ClockSnapshot, seen: Observation) -> ClockSnapshot:
    """The latest word; how it ended is kept as it was said, for the formula to decide."""
    void = seen.final is ClockOutcome.VOID
    return clock.model_copy(
        update={
            "spans": () if void else seen.spans,
            "heard": seen.revision,
            "outcome": seen.final or ClockOutcome.RUNNING,
            "elapsed_seconds": None,
        }
    )


def _going_on(clock: ClockSnapshot) -> ClockSnapshot:
    """A clock that has not ended: an alarm is set where the spans known so far, the last perhaps open, reach it."""
    whole = _reached(clock, clock.target_seconds)
    part = _reached(clock, clock.warn_seconds)
    fresh = clock.model_copy(
        update={
            "running": bool(clock.spans) and clock.spans[-1].end is None,
            "warn_at": None if part is None else part.due_at,
            "due_at": None if whole is None else whole.due_at,
            "breach_at": None if whole is None else whole.breach_at,
        }
    )
    fresh = fresh.model_copy(update={"level_at": next(_level_instants(fresh), (0, None))[1]})
    return fresh.model_copy(update={"wake_at": _next_alarm(fresh)})


def _level_instants(clock: ClockSnapshot) -> Iterator[tuple[int, datetime]]:
    """The levels nobody was told of yet, and from when on they are reached; the target's own strictly after it."""
    for level in clock.levels:
        if level in clock.told:
            continue
        if level == BREACH_LEVEL:
            at = None if clock.breach_at is None else clock.breach_at + TICK
        else:
            found = _reached(clock, clock.target_seconds * level / 100)
            at = None if found is None else found.due_at
        if at is None:
            return  # and none of the higher ones
        yield level, at


def _levels(clock: ClockSnapshot, now: datetime) -> tuple[tuple[int, ...], datetime | None]:
    """The levels reached by now, and the instant of the next one."""
    reached: list[int] = []
    for level, at in _level_instants(clock):
        if at > now:
            return tuple(reached), at
        reached.append(level)
    return tuple(reached), None


def _alarms(
    clock: ClockSnapshot, says: Sequence[type[Alarm]], reached: Sequence[int], now: datetime
) -> tuple[Event, ...]:
    """Levels travel with the warning or the breach said at the same instant, else in an event of their own."""
    below = tuple(level for level in reached if level < BREACH_LEVEL)
    above = tuple(level for level in reached if level >= BREACH_LEVEL)
    found: list[Event] = []
    for kind in says:
        levels, below, above = (above, below, ()) if kind is SlaBreached else (below, (), above)
        found.append(kind(clock=clock, at=now, levels=levels))
    if rest := (*below, *above):
        found.append(SlaLevelReached(clock=clock, at=now, levels=rest))
    return tuple(found)


def _ended(clock: ClockSnapshot, final: ClockOutcome, now: datetime) -> tuple[ClockSnapshot, tuple[Event, ...]]:
    """The outcome is the formula: met iff the time used is at most the target (sla.md 7, 9, 15)."""
    until = max((span.end for span in clock.spans if span.end is not None), default=now)  # another machine's clock
    used = elapsed(_hours(clock), _pairs(clock), until)
    over = used > timedelta(seconds=clock.target_seconds)
    outcome = ClockOutcome.BREACHED if over else final
    update: dict[str, object] = {
        "outcome": outcome,
        "elapsed_seconds": used.total_seconds(),
        "running": False,
        "warn_at": None,
        "due_at": None,
        "breach_at": None,
        "level_at": None,
        "wake_at": None,
    }
    if over and clock.breached_at is None:
        passed = tuple(level for level in clock.levels if level not in clock.told and _passed(clock, used, level))
        done = clock.model_copy(update={**update, "breached_at": now, "told": (*clock.told, *passed)})
        return done, _alarms(done, (SlaBreached,), passed, now)
    if not over and clock.breached_at is not None and clock.corrected_at is None:
        done = clock.model_copy(update={**update, "corrected_at": now})
        return done, (SlaCorrected(clock=done, at=now),)
    return clock.model_copy(update=update), ()


def _passed(clock: ClockSnapshot, used: timedelta, level: int) -> bool:
    """Whether a clock that ended breached had come to this level of the breach or beyond."""
    return level >= BREACH_LEVEL and used >= timedelta(seconds=clock.target_seconds * level / 100)


def _reached(clock: ClockSnapshot, seconds: float) -> Due | None:
    try:
        return due(_hours(clock), _pairs(clock), timedelta(seconds=seconds))
    except NeverOpen:
        return None


def _next_alarm(clock: ClockSnapshot) -> datetime | None:
    warning = clock.warn_at if clock.warned_at is None else None
    breach = clock.breach_at + TICK if clock.breached_at is None and clock.breach_at is not None else None
    return min((at for at in (warning, breach, clock.level_at) if at is not None), default=None)


def _hours(clock: ClockSnapshot) -> Schedule | None:
    return None if clock.schedule is None else clock.schedule.schedule()


def _pairs(clock: ClockSnapshot) -> list[tuple[datetime, datetime | None]]:
    return [(span.start, span.end) for span in clock.spans]
