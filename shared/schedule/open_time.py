"""Working time between instants, and when a schedule next opens or closes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shared.errors import Unprocessable
from shared.schedule.schedule import YEARS, Schedule, Stretch
from shared.schedule.shift import DAY

HORIZON = timedelta(days=366 * 30)
"""The longest time that anything here looks ahead or adds up over."""
A_YEAR = timedelta(days=366)


class OutOfReach(Unprocessable):
    """An instant or a length of time that no schedule is kept for."""

    code = "out_of_reach"


def utc(moment: datetime) -> datetime:
    """The instant in UTC. ``ValueError`` if naive, ``OutOfReach`` if not within ``YEARS``."""
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs an offset: {moment}")
    if moment.year not in YEARS:
        raise OutOfReach(f"Give a time between {YEARS[0]} and {YEARS[-1]}.")
    return moment.astimezone(UTC)


def stretches(schedule: Schedule | None, start: datetime, end: datetime | None) -> Iterator[Stretch]:
    """The open time between two instants, in order, disjoint. No schedule: always open (sla.md 1).

    Stretches of two UTC dates may touch. No end: as far as ``HORIZON``. ``OutOfReach`` if the end is further.
    """
    start, end = utc(start), utc(start) + HORIZON if end is None else utc(end)
    if end - start > HORIZON:
        raise OutOfReach(f"Give times at most {HORIZON // A_YEAR} years apart.")
    if end <= start:
        return
    if schedule is None:
        yield start, end
        return
    day, last = start.date(), end.date()
    if schedule.opens_until is not None:
        last = min(last, schedule.opens_until)
    while day <= last:
        for opens, closes in schedule.open_on(day):
            if start < closes and opens < end:
                yield max(opens, start), min(closes, end)
        day += DAY


def working_time(schedule: Schedule | None, start: datetime, end: datetime) -> timedelta:
    """W(start, end): the open time between two instants, real seconds (sla.md 1); none if they are reversed."""
    return sum((closes - opens for opens, closes in stretches(schedule, start, end)), timedelta())


def is_open(schedule: Schedule | None, moment: datetime) -> bool:
    """Whether ``moment`` is open time."""
    at = utc(moment)
    return schedule is None or any(opens <= at < closes for opens, closes in schedule.open_on(at.date()))


def next_change(schedule: Schedule | None, moment: datetime) -> datetime | None:
    """When it next closes, if open at ``moment``, else when it next opens; None if not within a year."""
    change = at = utc(moment)
    for opens, closes in stretches(schedule, at, at + A_YEAR):
        if opens > change:
            return opens if change == at else change
        change = closes
    return change if at < change < at + A_YEAR else None
