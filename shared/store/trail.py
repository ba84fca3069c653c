"""The trail of an aggregate: what was said of it, by whom and why, kept for good without any message text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import InsertOne

from shared.contracts.base import Actor
from shared.store.client import Database
from shared.store.collection import Document
from shared.store.entry import Entry, TrailBody
from shared.store.failures import LostRace
from shared.store.indexes import ASCENDING, Index
from shared.store.pages import Page, cursor, position
from shared.store.replies import Kept

LEFT_OUT = frozenset({"message", "contact", "conversation", "thread"})
ORDER = (("version", ASCENDING),)
"""A version is made by one change."""


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event as kept: its id, type, and what is left of its body (JSON)."""

    id: str
    type: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrailRecord:
    """One change of an aggregate: the version it made, its cause, when, by whom."""

    aggregate: str
    version: int
    cause: str
    at: datetime
    by: Actor
    by_rule: str | None
    events: tuple[TrailEvent, ...]


def trail_body(_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body without the snapshots of message, contact, conversation and thread, however deep they lie.

    Ids under these names stay.
    """
    return {name: _bare(value) for name, value in body.items() if name not in LEFT_OUT or not isinstance(value, dict)}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return trail_body("", value)
    return [_bare(part) for part in value] if isinstance(value, list) else value


class Trail:
    """``<name>_trail``: one line a change, inserted once; also the memory of causes older than the last 32."""

    def __init__(self, database: Database, name: str, body: TrailBody) -> None:
        self._collection = database.collection(f"{name}_trail")
        self._body = body

    async def start(self) -> None:
        """Make the index."""
        index = Index("aggregate_version", (("aggregate", ASCENDING), ("version", ASCENDING)))
        await self._collection.make_indexes([index])

    async def add(self, entries: Sequence[Entry]) -> None:
        """Insert those that are not there yet."""
        refused = await self._collection.bulk([InsertOne(entry.line(self._body)) for entry in entries])
        for problem in refused.values():
            if not isinstance(problem, LostRace):
                raise problem

    async def known(self, ids: Sequence[str]) -> dict[str, Kept | None]:
        """Which of these changes the trail has, with their replies."""
        found = await self._collection.find({"_id": {"$in": list(ids)}}, fields={"reply": 1})
        return {line["_id"]: line.get("reply") for line in found}

    async def page(self, aggregate: str, unsent: Sequence[Entry], after: str | None, limit: int) -> Page[TrailRecord]:
        """A page, oldest first; ``unsent`` are changes that may still lie in the outbox only."""
        passed = position(after, ORDER)[0] if after is not None else 0
        newer = {"aggregate": aggregate, "version": {"$gt": passed}}
        lines = await self._collection.find(newer, order=ORDER, limit=limit + 1)
        there = {line["_id"] for line in lines}
        lines += [each.line(self._body) for each in unsent if each.id not in there and each.version > passed]
        lines.sort(key=lambda line: line["version"])
        following = cursor(lines[limit - 1], ORDER) if len(lines) > limit else None
        return Page(tuple(map(record, lines[:limit])), following)


def record(line: Document) -> TrailRecord:
    """A line of the trail as read."""
    return TrailRecord(
        aggregate=line["aggregate"],
        version=line["version"],
        cause=line["cause"],
        at=line["at"],
        by=Actor.model_validate(line["by"]),
        by_rule=line.get("by_rule"),
        events=tuple(TrailEvent(event["id"], event["type"], event["body"]) for event in line["events"]),
    )
