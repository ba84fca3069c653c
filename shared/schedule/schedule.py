"""A schedule: weekly shifts in a zone, holidays and special days, and what they open in UTC. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.schedule.public_holidays import PublicHolidays
from shared.schedule.shift import DAY, Shifts, refuse_overlaps
from shared.schedule.wall import date_changes, earliest, latest, zone_named

Stretch = tuple[datetime, datetime]
"""Start and end of a stretch of time, UTC; the end is not included."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = range(1970, 2200)
CACHED_DAYS = 1024
A_MONDAY = date(2001, 1, 1)


@dataclass(frozen=True)
class Schedule:
    """Opening hours (sla.md 3, 4). ``ValueError`` for a bad zone, a bad date or overlapping shifts.

    ``week`` has seven entries, Monday first. A special day replaces the shifts that start on its date;
    a shift of the evening before still runs on into it. A holiday closes its whole local date, whatever
    shift or special day covers it; what starts on it and runs past midnight is open after midnight.
    """

    zone: str
    week: tuple[Shifts, ...]
    holidays: frozenset[date] = frozenset()
    special_days: Mapping[date, Shifts] = field(default_factory=dict, hash=False)
    imports: PublicHolidays | None = None

    def __post_init__(self) -> None:
        if len(self.week) != len(WEEKDAYS):
            raise ValueError(f"a week has seven days, not {len(self.week)}")
        if strange := [day for day in self.special_days if day.year not in YEARS]:
            raise ValueError(f"special days lie between {YEARS[0]} and {YEARS[-1]}, not on {strange[0]}")
        zone_named(self.zone)
        refuse_overlaps((WEEKDAYS[n % 7], A_MONDAY + n * DAY, self.week[n % 7]) for n in range(8))
        for day in self.special_days:
            near = (day - DAY, day, day + DAY)
            refuse_overlaps((each.isoformat(), each, self.shifts_on(each)) for each in near)

    def shifts_on(self, day: date) -> Shifts:
        """The shifts that start on a local date, holiday or not."""
        return self.special_days.get(day, self.week[day.weekday()])

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays or (self.imports is not None and day in self.imports)

    @cached_property
    def opens_until(self) -> date | None:
        """A UTC date after which it never opens again; None while there are weekly shifts."""
        return None if any(self.week) else max(self.special_days, default=date(YEARS[0], 1, 1)) + 3 * DAY

    @cached_property
    def open_on(self) -> Callable[[date], tuple[Stretch, ...]]:
        """``open_on(day)``: the open time of a UTC date, in order, disjoint. Keeps the latest days."""
        return lru_cache(maxsize=CACHED_DAYS)(self._open_on)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return zone_named(self.zone)

    @cached_property
    def _opened_by(self) -> Callable[[date], tuple[Stretch, ...]]:
        return lru_cache(maxsize=8)(lambda day: tuple(self._opened_by_shifts_on(day)))

    def _open_on(self, day: date) -> tuple[Stretch, ...]:
        midnight = datetime.combine(day, time.min, UTC)
        merged: list[Stretch] = []
        # Shifts end on the next local date at the latest, and no zone is a whole day from UTC.
        for opens, closes in sorted(each for n in (-2, -1, 0, 1) for each in self._opened_by(day + n * DAY)):
            opens, closes = max(opens, midnight), min(closes, midnight + DAY)
            if merged and opens <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
            elif opens < closes:
                merged.append((opens, closes))
        return tuple(merged)

    def _opened_by_shifts_on(self, day: date) -> Iterator[Stretch]:
        for shift in self.shifts_on(day):
            start, end = shift.on(day)
            yield from self._without_holidays(earliest(start, self._zone), latest(end, self._zone))

    def _without_holidays(self, opens: datetime, closes: datetime) -> Iterator[Stretch]:
        first, last = (moment.astimezone(self._zone).date() for moment in (opens, closes))
        dates = [first + n * DAY for n in range(-1, (last - first).days + 2)]
        cuts = [opens, closes]
        if any(map(self.is_holiday, dates)):
            changes = set[datetime]().union(*(date_changes(day, self._zone) for day in dates))
            cuts[1:1] = sorted(moment for moment in changes if opens < moment < closes)
        for start, end in pairwise(cuts):
            if start < end and not self.is_holiday(start.astimezone(self._zone).date()):
                yield start, end
