"""A slow, independent reading of the rules of schedules: asks the clock on the wall at every minute."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from shared.schedule import Schedule, Span

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DAYS_AROUND = 8


class Minutes:
    """Which minutes are open in the ``DAYS_AROUND`` days before and after a date.

    A minute is open for a shift iff the wall clock has shown the shift's start by then, or a later time; and
    will still show, then or later, a time before its end, or, later, its end (sla.md 3); and its own date is no
    holiday (sla.md 4).
    """

    def __init__(self, schedule: Schedule, middle: date) -> None:
        self.first = datetime.combine(middle - DAYS_AROUND * DAY, time(), UTC)
        wall = _wall(schedule.zone, middle)
        reached = list(accumulate(wall, max))
        ahead = list(accumulate(reversed(wall), min))[::-1]
        self.open = bytearray(len(wall))
        for n in range(-DAYS_AROUND - 2, DAYS_AROUND + 3):
            day = middle + n * DAY
            for shift in schedule.special_days.get(day, schedule.week[day.weekday()]):
                night = shift.end <= shift.start
                opens = bisect_left(reached, datetime.combine(day, shift.start))
                end = datetime.combine(day + DAY if night else day, shift.end)
                closes = max(bisect_left(ahead, end), bisect_right(ahead, end) - 1)
                for minute in range(opens, closes):
                    self.open[minute] = wall[minute].date() not in schedule.holidays

    def index(self, moment: datetime) -> int:
        return (moment - self.first) // MINUTE

    def working_minutes(self, start: datetime, end: datetime) -> int:
        return sum(self.open[self.index(start) : self.index(end)])

    def due(self, spans: Sequence[Span], target: int) -> tuple[datetime | None, datetime | None]:
        """Due and breach for a target in whole minutes, each None if not within these days."""
        used, due_at = 0, None
        for start, end in spans:
            for minute in range(self.index(start), len(self.open) if end is None else self.index(end)):
                if not self.open[minute]:
                    continue
                if used == target:
                    return due_at, self.first + minute * MINUTE
                used += 1
                if used == target:
                    due_at = self.first + (minute + 1) * MINUTE
        return due_at, None


@lru_cache(maxsize=64)
def _wall(zone: str, middle: date) -> list[datetime]:
    first = datetime.combine(middle - DAYS_AROUND * DAY, time(), UTC)
    minutes = range(2 * DAYS_AROUND * 24 * 60)
    return [(first + n * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for n in minutes]
