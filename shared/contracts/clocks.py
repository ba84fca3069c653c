"""SLA clocks: the snapshot and what sla says (sla.md)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Command, Contract, Event, Instant
from shared.contracts.facts import Span
from shared.contracts.words import ClockKind, ClockOutcome
from shared.schedule import ScheduleForm


class ClockSnapshot(Contract):
    """One clock. ``schedule`` and ``target_seconds`` are what was in force at its start (SL-13).

    ``heard`` is the version of the conversation that last changed what it counts; ``running`` says that its last
    span is open (the conversation waits in ``new``, or for a resolution clock is not resolved). ``policy`` is a
    policy's id, a distribution's, or ``agreed``; the snapshots that sla says always have it.

    ``levels`` are the percentages of the target at which people are told, ``told`` those that were reached and
    ``level_at`` when the next one will be (sla.md 15).
    """

    id: str
    version: int = 0
    conversation: str
    episode: int
    turn: int | None
    kind: ClockKind
    policy: str | None
    policy_name: str = ""
    channel: str
    target_seconds: float
    warn_seconds: float
    schedule: ScheduleForm | None = None
    spans: tuple[Span, ...] = ()
    outcome: ClockOutcome = ClockOutcome.RUNNING
    elapsed_seconds: float | None = None
    warn_at: Instant | None = None
    due_at: Instant | None = None
    breach_at: Instant | None = None
    warned_at: Instant | None = None
    breached_at: Instant | None = None
    corrected_at: Instant | None = None
    levels: tuple[int, ...] = ()
    told: tuple[int, ...] = ()
    level_at: Instant | None = None
    running: bool = False
    heard: int = 0
    wake_at: Instant | None = None


class ClockChanged(Event):
    """A clock's snapshot: the row's colour comes from it."""

    type: ClassVar[str] = "clock.changed.v1"

    clock: ClockSnapshot


WARNING_LEVEL = 75
BREACH_LEVEL = 100
"""The level at the target itself: it is passed, not reached (sla.md 10)."""


class Alarm(Event):
    """``levels``: the notification levels reached at this very instant; whoever is concerned is told once each."""

    clock: ClockSnapshot
    at: Instant
    levels: tuple[int, ...] = ()


class SlaWarned(Alarm):
    """Once per clock, at the instant it turns orange."""

    type: ClassVar[str] = "sla.warned.v1"

    levels: tuple[int, ...] = (WARNING_LEVEL,)


class SlaBreached(Alarm):
    """Once per clock, strictly after breach_at."""

    type: ClassVar[str] = "sla.breached.v1"

    levels: tuple[int, ...] = (BREACH_LEVEL,)


class SlaLevelReached(Alarm):
    """A notification level that coincides with neither the warning nor the breach; once per clock and level."""

    type: ClassVar[str] = "sla.level_reached.v1"


class SlaCorrected(Event):
    """A fact heard later shows that the clock was met; once per clock."""

    type: ClassVar[str] = "sla.corrected.v1"

    clock: ClockSnapshot
    at: Instant


class Preview(Contract):
    """sla.md item 17."""

    due_at: Instant | None
    breach_at: Instant | None
    working_seconds: float | None = None
    open_now: bool


class PreviewSchedule(Command[Preview]):
    """When a message at ``start`` would be due; stores nothing. 422 when the schedule never opens."""

    type: ClassVar[str] = "sla.preview_schedule"
    service: ClassVar[str] = "sla"

    schedule: str | ScheduleForm | None
    start: Instant
    target_seconds: float
    until: Instant | None = None


class ClocksRead(Contract):
    """The clocks of a conversation, oldest first."""

    clocks: tuple[ClockSnapshot, ...]


class ReadClocks(Command[ClocksRead]):
    """The clocks of a conversation."""

    type: ClassVar[str] = "sla.read_clocks"
    service: ClassVar[str] = "sla"

    conversation: str
