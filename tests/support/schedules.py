"""Hypothesis strategies for schedules and instants, near the changes of clocks that break naive arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from shared.schedule import Schedule, Shift, Shifts, Span

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES

Place = tuple[str, date]
"""A zone, and a date near which its clocks change."""

PLACES: tuple[Place, ...] = (
    ("Europe/Madrid", date(2026, 3, 29)),
    ("Europe/Madrid", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 2, 18)),  # midnight goes back to 23:00
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight does not exist
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour, at midnight
    ("Asia/Kathmandu", date(2026, 2, 10)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan begins
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that does not exist
    ("America/St_Johns", date(2009, 3, 8)),  # at one minute past midnight
    ("America/St_Johns", date(2009, 11, 1)),  # the date goes back for an hour
    ("America/Havana", date(2026, 11, 1)),  # midnight happens twice
)


def places() -> st.SearchStrategy[Place]:
    return st.sampled_from(PLACES)


def near(place: Place, days: int = 3) -> st.SearchStrategy[datetime]:
    """Whole minutes (UTC) within some days of the change."""
    middle = datetime.combine(place[1], time(), UTC)
    return st.integers(-days * DAY_MINUTES, days * DAY_MINUTES).map(lambda minutes: middle + minutes * MINUTE)


def instants(place: Place, days: int = 3) -> st.SearchStrategy[datetime]:
    """Any instant (UTC) within some days of the change."""
    middle = datetime.combine(place[1], time(), UTC)
    return st.timedeltas(-days * DAY, days * DAY).map(lambda distance: middle + distance)


def wall_minutes(days: int) -> st.SearchStrategy[int]:
    """Minutes since midnight over some days, mostly where clocks change."""
    at_night = st.sampled_from([0, 0, 1, 15, 30, 60, 61, 90, 120, 135, 150, 180, 1380, 1410, 1439])
    return st.builds(
        lambda day, minute: day * DAY_MINUTES + minute,
        st.integers(0, days - 1),
        at_night | st.integers(0, DAY_MINUTES - 1),
    )


def shift_of(start: int, end: int) -> Shift:
    """From minutes since midnight; at most a day long."""

    def clock(minutes: int) -> time:
        return time(minutes % DAY_MINUTES // 60, minutes % 60)

    return Shift(clock(start), clock(min(end, start + DAY_MINUTES)))


def week_of(stretches: list[tuple[int, int]]) -> tuple[Shifts, ...]:
    """Shifts by weekday from stretches in minutes since Monday, which may run on into the next week."""
    return tuple(
        tuple(shift_of(start, end) for start, end in stretches if start // DAY_MINUTES % 7 == day) for day in range(7)
    )


@st.composite
def week_stretches(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Disjoint stretches of a week, in minutes since Monday; some touch, the last may pass its end."""
    cuts = sorted(draw(st.sets(wall_minutes(7), max_size=16)))
    around = list(pairwise([*cuts, *(cut + WEEK_MINUTES for cut in cuts[:1])]))
    return draw(st.sampled_from([around[::2], around[1::2], around] if len(cuts) % 2 == 0 else [around[:-1:2]]))


@st.composite
def day_shifts(draw: st.DrawFn) -> Shifts:
    """Shifts of one date; the last may run past midnight."""
    cuts = sorted(draw(st.sets(wall_minutes(1), max_size=4)))
    ends = [*cuts[1:], cuts[0] + DAY_MINUTES] if cuts else []
    return tuple(shift_of(start, end) for start, end in list(zip(cuts, ends, strict=True))[::2])


@st.composite
def schedules(draw: st.DrawFn, place: Place) -> Schedule:
    """A schedule with holidays and special days around the change."""
    zone, middle = place
    dates = st.integers(-4, 4).map(lambda n: middle + n * DAY)
    week = week_of(draw(week_stretches()))
    holidays = draw(st.frozensets(dates, max_size=3))
    special = draw(st.dictionaries(dates, day_shifts(), max_size=2))
    try:
        return Schedule(zone, week, holidays, special)
    except ValueError:  # they overlap with a day beside them: close those days instead
        return Schedule(zone, week, holidays, dict.fromkeys(special, ()))


@st.composite
def span_lists(draw: st.DrawFn, moments: st.SearchStrategy[datetime]) -> list[Span]:
    """Disjoint spans in order; the last may be open."""
    ends = sorted(draw(st.sets(moments, min_size=1, max_size=6)))
    spans: list[Span] = list(zip(ends[::2], ends[1::2], strict=False))
    return [*spans, (ends[-1], None)] if len(ends) % 2 else spans
