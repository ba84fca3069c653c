"""Lists of rows: which ones and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from shared.contracts.words import Status, Substatus, Visibility
from shared.errors import InvalidInput

Order: TypeAlias = tuple[tuple[str, int], ...]
Query: TypeAlias = dict[str, Any]
Sort: TypeAlias = Literal["newest", "oldest"]

FIRST_IN_LINE: Order = (("conversation.score", -1), ("conversation.waiting_since", 1))
"""New: score, then longest waiting (RT-12)."""
SCORED_LAST_IN: Order = (("conversation.score", -1), ("conversation.waiting_since", -1))
LATEST: Order = (("conversation.last_message_at", -1),)
EARLIEST: Order = (("conversation.last_message_at", 1),)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list. ``owner`` is a user's id, ``""`` for nobody's, None for whoever's."""

    status: Status = Status.NEW
    substatus: Substatus | None = None
    channel: str | None = None
    team: str | None = None
    owner: str | None = None
    topic: str | None = None
    visibility: Visibility | None = None
    contact: str | None = None
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a list: rows that match ``query``, in ``order``."""

    query: Query
    order: Order


def stretches(wanted: Wanted) -> tuple[Stretch, ...]:
    """The list, cut where its order changes: what scores goes by waiting time, the rest as the reader likes."""
    query = _query(wanted)
    if wanted.status is not Status.NEW:
        return (Stretch(query, EARLIEST if wanted.sort == "oldest" else LATEST),)
    if wanted.sort != "newest":
        return (Stretch(query, FIRST_IN_LINE),)
    return (
        Stretch({**query, "conversation.score": {"$gt": 0}}, FIRST_IN_LINE),
        Stretch({**query, "conversation.score": {"$lte": 0}}, SCORED_LAST_IN),
    )


def fits(wanted: Wanted, conversation: Mapping[str, Any]) -> bool:
    """Whether a row's conversation is one of the list: what the query says, for rows that were read by time alone."""
    for name, value in _fields(wanted).items():
        held = conversation[name]
        if value not in held if isinstance(held, list) else value != held:
            return False
    return True


def _query(wanted: Wanted) -> Query:
    return {f"conversation.{name}": value for name, value in _fields(wanted).items()}


def _fields(wanted: Wanted) -> dict[str, str]:
    fields = {
        "status": wanted.status,
        "substatus": wanted.substatus,
        "channel": wanted.channel,
        "routes": wanted.team,
        "owner": wanted.owner,
        "topics": wanted.topic,
        "visibility": wanted.visibility,
        "contact": wanted.contact,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}


EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
WINDOWS = (timedelta(hours=6), timedelta(days=1), timedelta(days=4), timedelta(days=16))


def windows(until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of time back from ``until``, each longer than the one before, the last one all that is left.

    Whoever wants the latest of many reads them one after another until he has enough: a range bounded on both
    sides costs what is in it, also where a limit is applied only after everything was matched. [start, end).
    """
    for width in WINDOWS:
        start = max(until - width, EARLIEST_INSTANT)
        yield start, until
        until = start
    yield EARLIEST_INSTANT, until


def place(at: datetime, id: str) -> str:
    """Where a page of a list by time ended."""
    return f"{round(at.timestamp() * 1000)}~{id}"


def read_place(text: str) -> tuple[datetime, str]:
    """The instant and the id of ``place``; ``InvalidInput`` if it is none."""
    milliseconds, mark, id = text.partition("~")
    if not mark or not milliseconds.isascii() or not milliseconds.isdigit() or len(milliseconds) > 13:
        raise InvalidInput("This cursor is not one of this list; begin again without it.")
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC), id


def cursor(stretch: int, inner: str) -> str:
    """Where a page of a list of several stretches ended."""
    return f"{stretch}~{inner}"


def read_cursor(text: str | None, count: int) -> tuple[int, str | None]:
    """The stretch to go on with and the cursor in it; ``InvalidInput`` if it is not one of this list's."""
    if text is None:
        return 0, None
    number, mark, inner = text.partition("~")
    if not mark or not number.isascii() or not number.isdigit() or int(number[:3]) >= count:
        raise InvalidInput("This cursor is not one of this list; begin again without it.")
    return int(number), inner or None
