"""Working time used over the spans of a turn, and when a target is used up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from shared.errors import Unprocessable
from shared.schedule.open_time import stretches, utc, working_time
from shared.schedule.schedule import Schedule

Span = tuple[datetime, datetime | None]
"""A stretch in which a clock may run; no end: it still runs. In a sequence: in order, disjoint, only the
last may be open."""


class NeverOpen(Unprocessable):
    """The spans hold too little open time: the target is never used up, or never passed."""

    code = "never_open"


@dataclass(frozen=True, slots=True)
class Due:
    """Earliest and latest instant (UTC) at which the time used equals the target (sla.md 10).

    They differ only if the target is used up just as it closes or as a span ends. The breach fires strictly
    after ``breach_at``.
    """

    due_at: datetime
    breach_at: datetime


def elapsed(schedule: Schedule | None, spans: Sequence[Span], now: datetime) -> timedelta:
    """Working time used up to ``now`` (sla.md 7)."""
    used = (working_time(schedule, start, min(end or now, now)) for start, end in spans)
    return sum(used, timedelta())


def due(schedule: Schedule | None, spans: Sequence[Span], target: timedelta) -> Due:
    """When the time used reaches, and when it passes, ``target`` (sla.md 10).

    ``NeverOpen`` if it never does: no open time within thirty years, or closed spans only and too short.
    A target of nothing is due as the first span starts. ``ValueError`` for a negative target.
    """
    if target < timedelta():
        raise ValueError(f"a target is not negative: {target}")
    left = target
    due_at = None if target else next((utc(start) for start, _ in spans), None)
    running = chain.from_iterable(stretches(schedule, start, end) for start, end in spans)
    for opens, closes in running:
        if left < closes - opens:
            return Due(due_at or opens + left, opens + left)
        left -= closes - opens
        if not left:
            due_at = due_at or closes
    raise NeverOpen("The schedule holds too little open time; give it shifts, or a shorter target.")
