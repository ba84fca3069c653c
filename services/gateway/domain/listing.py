"""Lists of rows: which ones, in which order, and where the next page begins. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from shared.contracts.words import Status, Substatus, Visibility
from shared.errors import InvalidInput

Order: TypeAlias = tuple[tuple[str, Literal[1, -1]], ...]
Query: TypeAlias = dict[str, Any]
Sort: TypeAlias = Literal["newest", "oldest"]

FIRST_IN_LINE: Order = (("score", -1), ("waiting_since", 1), ("_id", 1))
"""New: score, then longest waiting (RT-12)."""
SCORED_LAST_IN: Order = (("score", -1), ("waiting_since", -1), ("_id", -1))
LATEST: Order = (("last_message_at", -1), ("_id", -1))
EARLIEST: Order = (("last_message_at", 1), ("_id", 1))


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
        Stretch({**query, "score": {"$gt": 0}}, FIRST_IN_LINE),
        Stretch({**query, "score": {"$lte": 0}}, SCORED_LAST_IN),
    )


def _query(wanted: Wanted) -> Query:
    query: Query = {"status": str(wanted.status)}
    if wanted.substatus is not None:
        query["substatus"] = str(wanted.substatus)
    if wanted.channel is not None:
        query["channel"] = wanted.channel
    if wanted.team is not None:
        query["routes"] = wanted.team
    if wanted.owner is not None:
        query["owner"] = wanted.owner
    if wanted.topic is not None:
        query["topics"] = wanted.topic
    if wanted.visibility is not None:
        query["visibility"] = str(wanted.visibility)
    if wanted.contact is not None:
        query["contact_id"] = wanted.contact
    return query


def beyond(order: Order, last: Sequence[Any]) -> Query:
    """What comes after a row with the sort values ``last`` in ``order``."""
    ways: list[Query] = []
    for position, (name, direction) in enumerate(order):
        same = {earlier: last[index] for index, (earlier, _) in enumerate(order[:position])}
        ways.append({**same, name: {"$gt" if direction == 1 else "$lt": last[position]}})
    return {"$or": ways}


def place_of(row: Mapping[str, Any], order: Order) -> list[Any]:
    """The sort values of a row."""
    return [row[name] for name, _ in order]


def cursor(stretch: int, place: Sequence[Any]) -> str:
    """Where a page ended, as an opaque word."""
    values = [{"t": value.timestamp()} if isinstance(value, datetime) else value for value in place]
    return base64.urlsafe_b64encode(json.dumps([stretch, values]).encode()).decode().rstrip("=")


def read_cursor(text: str, lists: Sequence[Stretch]) -> tuple[int, list[Any]]:
    """The stretch and the sort values of ``cursor``; ``InvalidInput`` if it is not one of this list's."""
    try:
        stretch, values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        place = [_sort_value(value) for value in values]
        fits = len(place) == len(lists[stretch].order) and stretch >= 0
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, OSError, binascii.Error) as error:
        raise InvalidInput("This cursor is not one of this list; begin again without it.") from error
    if not fits or any(type(v) is not _KINDS[name] for v, (name, _) in zip(place, lists[stretch].order, strict=True)):
        raise InvalidInput("This cursor is not one of this list; begin again without it.")
    return stretch, place


_KINDS: Mapping[str, type] = {"score": int, "waiting_since": datetime, "last_message_at": datetime, "_id": str}


def _sort_value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromtimestamp(value["t"], UTC)
    if isinstance(value, int) and abs(value) > 2**31:
        raise ValueError("not a score")
    return value
