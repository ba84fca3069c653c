"""Pages by key: the cursor names the last row seen, so a page costs the same however deep it lies."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from shared.errors import InvalidInput
from shared.store.indexes import ASCENDING

T = TypeVar("T")

_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
LONGEST_CURSOR = 2048


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next`` is the opaque cursor of the following page, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


Key = Sequence[tuple[str, int]]


def whole(order: Key) -> list[tuple[str, int]]:
    """The order with ties settled by id, in the direction of its last key."""
    if any(path == "_id" for path, _ in order):
        return list(order)
    return [*order, ("_id", order[-1][1] if order else ASCENDING)]


def cursor(document: Mapping[str, Any], order: Key) -> str:
    """Names ``document`` as the last one seen in this order."""
    values = [_at(document, path) for path, _ in order]
    raw = bson.encode({"o": _name(order), "k": values})
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def beyond(text: str, order: Key) -> list[dict[str, Any]]:
    """What comes after a cursor, as queries to ask one after another until the page is full.

    The nearest first: the same first keys and the last one beyond, …, the first key beyond. One query with
    ``$or`` would do on MongoDB; the embedded server scans the whole collection for any ``$or`` or ``$and``.
    InvalidInput when it is not a cursor of this order.
    """
    values = position(text, order)
    queries = []
    for place in reversed(range(len(order))):
        path, direction = order[place]
        same = {order[before][0]: values[before] for before in range(place)}
        queries.append({**same, path: {"$gt" if direction == ASCENDING else "$lt": values[place]}})
    return queries


def both(filter: Mapping[str, Any], bound: Mapping[str, Any]) -> dict[str, Any]:
    """What matches both, without ``$and`` wherever two conditions on one path can stand side by side."""
    merged = dict(filter)
    for path, condition in bound.items():
        if path not in merged:
            merged[path] = condition
            continue
        here, there = _operators(merged[path]), _operators(condition)
        if here.keys() & there.keys():
            merged["$and"] = [*merged.get("$and", ()), {path: condition}]
        else:
            merged[path] = {**here, **there}
    return merged


def flat(filter: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same question without ``$and``, where that is possible."""
    if "$and" not in filter:
        return filter
    merged: dict[str, Any] = {path: condition for path, condition in filter.items() if path != "$and"}
    for part in filter["$and"]:
        merged = both(merged, flat(part))
    return merged


def _operators(condition: Any) -> dict[str, Any]:
    if isinstance(condition, Mapping) and any(key.startswith("$") for key in condition):
        return dict(condition)
    return {"$eq": condition}


def position(text: str, order: Key) -> list[Any]:
    """The keys that a cursor holds. InvalidInput when it is not a cursor of this order."""
    if len(text) > LONGEST_CURSOR:
        raise InvalidInput("this is not a cursor of ours")
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        held = bson.decode(raw, codec_options=_OPTIONS)
    except (BSONError, UnicodeError, binascii.Error) as error:
        raise InvalidInput("this is not a cursor of ours") from error
    values = held.get("k")
    if held.get("o") != _name(order) or not isinstance(values, list) or len(values) != len(order):
        raise InvalidInput("this cursor belongs to another list: begin again without it")
    if not all(isinstance(value, str | int | float | bool | datetime) for value in values):
        raise InvalidInput("this is not a cursor of ours")  # an object would be read as an operator
    return values


def _name(order: Key) -> str:
    return " ".join(f"{path}{direction:+d}" for path, direction in order)


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
