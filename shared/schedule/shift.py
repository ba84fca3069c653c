"""Shifts: stretches of opening time of one date, by the local wall clock. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

DAY = timedelta(days=1)
PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of opening time, local wall clock; ``end`` not included (sla.md 3).

    An end at or before the start lies on the next date, so ``24:00`` is ``time(0)``.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment.tzinfo or moment.second or moment.microsecond:
                raise ValueError(f"a shift is in whole minutes of the local wall clock, not {moment}")

    @classmethod
    def parse(cls, text: str) -> Shift:
        """The shift written ``HH:MM-HH:MM``. ``ValueError`` if it is written in another way."""
        if not re.fullmatch(PATTERN, text):
            raise ValueError(f"{text!r} is not a shift; write it as 09:00-17:00, the end at most 24:00")
        start, end = text.split("-")
        return cls(time.fromisoformat(start), time.fromisoformat("00:00" if end == "24:00" else end))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}" if self.end != time.min else f"{self.start:%H:%M}-24:00"

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Start and end, wall clock, of the shift that starts on ``day``."""
        end_day = day if self.start < self.end else day + DAY
        return datetime.combine(day, self.start), datetime.combine(end_day, self.end)


Shifts = tuple[Shift, ...]


def refuse_overlaps(days: Iterable[tuple[str, date, Shifts]]) -> None:
    """``ValueError`` if any two shifts overlap, also past midnight. ``days``: what to call it, date, shifts."""
    placed = sorted((*shift.on(day), f"{name} {shift}") for name, day, shifts in days for shift in shifts)
    for (_, end, former), (start, _, latter) in pairwise(placed):
        if start < end:
            raise ValueError(f"shifts overlap: {former} and {latter}")
