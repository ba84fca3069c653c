"""Wall-clock times of a zone as instants: repeated hours, skipped hours and the moments a date changes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name. ``ValueError`` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        raise ValueError(f"{name!r} is not a time zone; give an IANA name such as Europe/Madrid") from None


def earliest(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the clocks of ``zone`` show ``wall`` or, if they skip it, jump past it."""
    return _bounds(wall, zone)[0]


def latest(wall: datetime, zone: ZoneInfo) -> datetime:
    """The last instant (UTC) at which the clocks of ``zone`` show ``wall`` or, if they skip it, jump past it."""
    return _bounds(wall, zone)[1]


def date_changes(day: date, zone: ZoneInfo) -> set[datetime]:
    """Every instant (UTC) at which a local date may become ``day`` or go back to the date before.

    Usually one. Clocks put back just after midnight (America/St_Johns until 2011) make it three.
    """
    first, last = _bounds(datetime.combine(day, time.min), zone)
    return {first} if first == last else {first, _change(first, last, zone), last}


def _bounds(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first > last:  # PEP 495: only a skipped wall time has its folds the wrong way round
        first = last = _change(last, first, zone)
    return first, last


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two instants at which the zone changes its offset, to the second."""
    offset = before.astimezone(zone).utcoffset()

    def changed(seconds: int) -> bool:
        return (before + seconds * SECOND).astimezone(zone).utcoffset() != offset

    return before + SECOND * bisect_left(range((after - before) // SECOND), True, key=changed)
