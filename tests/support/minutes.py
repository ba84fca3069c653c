"""A slow, independent reading of the rules of schedules: asks the clock on the wall at every minute."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from shared.schedule import Schedule, Span

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DAYS_AROUND = 5
CLOSED = b"\0"
OPEN = b"\1"


@dataclass(frozen=True, slots=True)
class Wall:
    """What the clock of a zone shows at each minute of the ``DAYS_AROUND`` days before and after a date.

    ``reached`` is the latest time it has shown by then, ``ahead`` the earliest that it will still show.
    """

    first: datetime
    shown: list[datetime]
    reached: list[datetime]
    ahead: list[datetime]
    dates: list[date]


@lru_cache(maxsize=32)
def wall(zone: str, middle: date) -> Wall:
    first = datetime.combine(middle - DAYS_AROUND * DAY, time(), UTC)
    local = ZoneInfo(zone)
    minutes = range(2 * DAYS_AROUND * 24 * 60)
    shown = [(first + n * MINUTE).astimezone(local).replace(tzinfo=None) for n in minutes]
    ahead = list(accumulate(reversed(shown), min))[::-1]
    return Wall(first, shown, list(accumulate(shown, max)), ahead, [moment.date() for moment in shown])


class Minutes:
    """Which minutes are open.

    A minute is open for a shift iff the wall clock has shown the shift's start by then, or a later time; and
    will still show, then or later, a time before its end, or, later, its end (sla.md 3); and its own date is no
    holiday (sla.md 4).
    """

    def __init__(self, schedule: Schedule, middle: date) -> None:
        self.wall = wall(schedule.zone, middle)
        self.first = self.wall.first
        self.open = bytearray(len(self.wall.shown))
        for n in range(-DAYS_AROUND - 2, DAYS_AROUND + 3):
            day = middle + n * DAY
            for shift in schedule.special_days.get(day, schedule.week[day.weekday()]):
                end = datetime.combine(day + DAY if shift.end <= shift.start else day, shift.end)
                opens = bisect_left(self.wall.reached, datetime.combine(day, shift.start))
                closes = max(bisect_left(self.wall.ahead, end), bisect_right(self.wall.ahead, end) - 1)
                if opens < closes:
                    self.open[opens:closes] = OPEN * (closes - opens)
        closed = {day for day in set(self.wall.dates) if _is_holiday(schedule, day)}
        if closed:
            for minute, day in enumerate(self.wall.dates):
                if day in closed:
                    self.open[minute] = 0

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


def _is_holiday(schedule: Schedule, day: date) -> bool:
    return day in schedule.holidays or (schedule.imports is not None and day in _public(schedule.imports.country))


@lru_cache(maxsize=32)
def _public(country: str) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays(country, years=range(1980, 2030)))
