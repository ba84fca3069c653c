"""Read models: rows folded from snapshots of several sources, each applied iff newer, written in bulk.

A write is a compare-and-set on the versions of the sources it touches: ``{_id, v.<source>: not ≥ n}``, upserted.
Where the row is newer already the upsert meets the row's own id (11000) and nothing changes; the same comes back
when two processes create one row at once, so what was refused is read and compared before it is called old.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne

from shared.clock import Clock
from shared.errors import RetryLater
from shared.store.client import Database
from shared.store.collection import Document
from shared.store.documents import encoded
from shared.store.failures import LostRace
from shared.store.group import GroupCommit, GroupRead
from shared.store.indexes import Index
from shared.store.queries import Queries

MOST_RACES = 20
REMEMBERED_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``parts[source]`` are the fields of a source as of ``versions[source]``; ``at`` is its last change.

    In the store: ``{_id, v: {<source>: version}, at, <source>: {fields}}``, so filters and indexes say
    ``conversation.status``, ``at``.
    """

    id: str
    versions: Mapping[str, int]
    parts: Mapping[str, Mapping[str, Any]]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Part:
    version: int
    fields: RawBSONDocument


@dataclass(slots=True)
class _Change:
    """What waits to be written to one row, until when (of the loop's clock), and who waits for it."""

    due: float
    parts: dict[str, _Part] = field(default_factory=dict)
    landed: dict[str, asyncio.Future[bool]] = field(default_factory=dict)


class Projection(Queries[Row]):
    """Rows by id. A source's fields are replaced whole by a newer version and never by an older or equal one."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        clock: Clock,
        indexes: Sequence[Index] = (),
        wait: float = 0.03,
    ) -> None:
        """``wait`` is how long (seconds) a write waits for more changes of the same rows, and ``get_among`` for more
        rows to read."""
        super().__init__(database.collection(name))
        self._commit = GroupCommit(self._collection, database.metrics, database.service)
        self._reads: GroupRead[str] = GroupRead(self._collection, wait=wait)
        self._lost = database.metrics.lost.labels(database.service, name)
        self._clock = clock
        self._indexes = indexes
        self._wait = wait
        self._waiting: dict[str, _Change] = {}
        self._known: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._flushing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Make the indexes."""
        await self._collection.make_indexes(self._indexes)

    async def stop(self) -> None:
        """Write what waits."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def project(self, id: str, source: str, version: int, fields: Mapping[str, Any]) -> bool:
        """Apply iff newer; True when it landed. Returns once it is written; ``RetryLater`` when the store is away.

        ``version`` must order everything this source ever says of the row. Where the source is "the last
        message", make it of instant and version (milliseconds × 1024 + version), so that masking, the next
        version of the same message, replaces the text and no later arrival of the text replaces the shell.
        """
        return await asyncio.shield(self._add(id, source, _Part(version, encoded(fields)), self._wait))

    async def upsert_newer(
        self, rows: Iterable[tuple[str, str, int, Mapping[str, Any]]], *, patience: float | None = None
    ) -> list[bool]:
        """``project`` for several (id, source, version, fields), written together.

        ``patience`` is how long (seconds) they may wait for company instead, where the next change is sure to come.
        """
        parts = [(id, source, _Part(version, encoded(fields))) for id, source, version, fields in rows]
        wait = self._wait if patience is None else patience
        return list(await asyncio.gather(*(self._add(*part, wait) for part in parts)))

    async def get_among(self, id: str) -> Row | None:
        """As ``get``, but in one find with those that others ask for a moment later: where nobody waits for it."""
        document = await self._reads.read(id)
        return None if document is None else self._read(document)

    async def remove(self, id: str) -> None:
        """Drop the row."""
        self._known.pop(id, None)
        await self._collection.delete({"_id": id})

    def _add(self, id: str, source: str, part: _Part, wait: float) -> asyncio.Future[bool]:
        due = asyncio.get_running_loop().time() + wait
        change = self._waiting.setdefault(id, _Change(due))
        change.due = min(change.due, due)
        before = change.parts.get(source)
        if before is not None and before.version >= part.version:
            old: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            change.landed[source].add_done_callback(lambda newer: _follow(newer, old))
            return old
        landed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if before is not None:
            overtaken = change.landed[source]
            landed.add_done_callback(lambda newer: _follow(newer, overtaken))
        change.parts[source] = part
        change.landed[source] = landed
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return landed

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._wait)
                until = asyncio.get_running_loop().time() + self._wait  # what is due before the next look
                changes = {id: change for id, change in self._waiting.items() if change.due <= until}
                self._waiting = {id: change for id, change in self._waiting.items() if id not in changes}
                await asyncio.gather(*(self._write_or_tell(id, change) for id, change in changes.items()))
        finally:
            self._flushing = None
            for change in self._waiting.values():
                for landed in change.landed.values():
                    landed.cancel()

    async def _write_or_tell(self, id: str, change: _Change) -> None:
        try:
            await self._write(id, change)
        except Exception as error:  # noqa: BLE001 - everybody who waits is told
            for landed in change.landed.values():
                if not landed.done():
                    landed.set_exception(error)

    async def _write(self, id: str, change: _Change) -> None:
        parts = self._beyond_known(id, change.parts)
        for race in range(MOST_RACES):
            if not parts:
                break
            try:
                await self._commit.write(self._update(id, parts))
            except LostRace:
                self._lost.inc()
                parts = await self._newer(id, parts)
                await asyncio.sleep(random.random() * 0.002 * min(race, 5))
            else:
                self._know(id, {source: part.version for source, part in parts.items()})
                break
        else:
            raise RetryLater("too many others are changing it: try again")
        for source, landed in change.landed.items():
            if not landed.done():
                landed.set_result(source in parts)

    def _update(self, id: str, parts: Mapping[str, _Part]) -> UpdateOne:
        guard = {f"v.{source}": {"$not": {"$gte": part.version}} for source, part in parts.items()}
        sets: dict[str, Any] = {f"v.{source}": part.version for source, part in parts.items()}
        sets |= {source: part.fields for source, part in parts.items()}
        return UpdateOne({"_id": id, **guard}, {"$set": {**sets, "at": self._clock.now()}}, upsert=True)

    async def _newer(self, id: str, parts: Mapping[str, _Part]) -> dict[str, _Part]:
        found = await self._collection.find({"_id": id}, fields={"v": 1}, limit=1)
        if not found:
            self._known.pop(id, None)
            return dict(parts)
        self._know(id, found[0]["v"])
        return self._beyond_known(id, parts)

    def _beyond_known(self, id: str, parts: Mapping[str, _Part]) -> dict[str, _Part]:
        """Without what this process knows to be there: most changes repeat a contact that has not changed."""
        there = self._known.get(id, {})
        return {source: part for source, part in parts.items() if there.get(source, -1) < part.version}

    def _know(self, id: str, versions: Mapping[str, int]) -> None:
        """Versions only grow, so what was there once is never needed again."""
        there = self._known.setdefault(id, {})
        for source, version in versions.items():
            there[source] = max(version, there.get(source, -1))
        self._known.move_to_end(id)
        if len(self._known) > REMEMBERED_ROWS:
            self._known.popitem(last=False)

    def _read(self, document: Document) -> Row:
        parts = {name: part for name, part in document.items() if name not in ("_id", "v", "at")}
        return Row(id=document["_id"], versions=document["v"], parts=parts, at=document["at"])


def _follow(newer: asyncio.Future[bool], older: asyncio.Future[bool]) -> None:
    """Who was overtaken while waiting is told once the newer one is safe: it did not land."""
    if older.done():
        return
    if newer.cancelled():
        older.cancel()
    elif problem := newer.exception():
        older.set_exception(problem)
    else:
        older.set_result(False)
