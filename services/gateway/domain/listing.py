"""Lists of rows: which ones and in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass
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


def _query(wanted: Wanted) -> Query:
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
    return {f"conversation.{name}": str(value) for name, value in fields.items() if value is not None}


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
