"""Random schedules and spans, quickly made, near the changes of clocks that break naive arithmetic.

Hypothesis looks for the smallest case that breaks a property (``schedules``); this makes very many cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from random import Random

from shared.schedule import PublicHolidays, Schedule, Shifts, Span
from tests.support.schedules import DAY, DAY_MINUTES, MINUTE, PLACES, WEEK_MINUTES, shift_of, week_of

AT_NIGHT = (0, 1, 15, 30, 60, 61, 90, 120, 135, 150, 180, 1380, 1410, 1439)
NEAR_DAYS = 3
COUNTRIES = {"Europe/Madrid": "ES", "America/New_York": "US", "America/Sao_Paulo": "BR", "Africa/Casablanca": "MA"}


@dataclass(frozen=True, slots=True)
class Case:
    """A schedule, the date near which its zone's clocks change, two instants in order, and spans of a clock."""

    schedule: Schedule
    middle: date
    start: datetime
    end: datetime
    spans: list[Span]

    def kinds(self) -> set[str]:
        """What is special about it."""
        schedule = self.schedule
        shifts = [shift for day in schedule.week for shift in day]
        found = {
            "holidays": bool(schedule.holidays),
            "special days": any(schedule.special_days.values()),
            "public holidays": schedule.imports is not None,
            "overnight": any(shift.end <= shift.start for shift in shifts),
            "several shifts a day": any(len(day) > 1 for day in schedule.week),
            "paused": len(self.spans) > 1,
            "spring" if self.middle.month < 7 else "autumn": True,
        }
        return {kind for kind, is_so in found.items() if is_so}


def random_case(chance: Random) -> Case:
    zone, middle = chance.choice(PLACES)
    start, end = sorted((_near(chance, middle), _near(chance, middle)))
    return Case(_schedule(chance, zone, middle), middle, start, end, _spans(chance, middle))


def _schedule(chance: Random, zone: str, middle: date) -> Schedule:
    week = week_of(_week_stretches(chance))
    dates = [middle + n * DAY for n in range(-4, 5)]
    holidays = frozenset(chance.sample(dates, chance.choice((0, 0, 1, 3))))
    special = {day: _day_shifts(chance) for day in chance.sample(dates, chance.choice((0, 0, 1, 2)))}
    country = COUNTRIES.get(zone)
    imports = PublicHolidays(country) if country is not None and chance.random() < 0.3 else None
    try:
        return Schedule(zone, week, holidays, special, imports)
    except ValueError:  # they overlap with a day beside them: close those days instead
        return Schedule(zone, week, holidays, dict.fromkeys(special, ()), imports)


def _minutes(chance: Random, days: int, most: int) -> list[int]:
    """Minutes since midnight over some days, half of them where clocks change."""

    def minute() -> int:
        return chance.choice(AT_NIGHT) if chance.random() < 0.5 else chance.randrange(DAY_MINUTES)

    return sorted({chance.randrange(days) * DAY_MINUTES + minute() for _ in range(chance.randint(0, most))})


def _week_stretches(chance: Random) -> list[tuple[int, int]]:
    """Disjoint stretches of a week, in minutes since Monday; some touch, the last may pass its end."""
    cuts = _minutes(chance, 7, 16)
    around = list(pairwise([*cuts, *(cut + WEEK_MINUTES for cut in cuts[:1])]))
    return chance.choice((around[::2], around[1::2], around)) if len(cuts) % 2 == 0 else around[:-1:2]


def _day_shifts(chance: Random) -> Shifts:
    """Shifts of one date; the last may run past midnight."""
    cuts = _minutes(chance, 1, 4)
    ends = [*cuts[1:], cuts[0] + DAY_MINUTES] if cuts else []
    return tuple(shift_of(start, end) for start, end in list(zip(cuts, ends, strict=True))[::2])


def _near(chance: Random, middle: date) -> datetime:
    minutes = chance.randint(-NEAR_DAYS * DAY_MINUTES, NEAR_DAYS * DAY_MINUTES)
    return datetime.combine(middle, time(), UTC) + minutes * MINUTE


def _spans(chance: Random, middle: date) -> list[Span]:
    """Disjoint spans in order; the last may be open."""
    ends = sorted({_near(chance, middle) for _ in range(chance.randint(1, 6))})
    spans: list[Span] = list(zip(ends[::2], ends[1::2], strict=False))
    return [*spans, (ends[-1], None)] if len(ends) % 2 else spans
