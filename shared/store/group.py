"""Group commit: one bulk in flight per collection, and whatever came meanwhile goes next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Generic, TypeVar

from shared.store.collection import Collection, Document, Write
from shared.store.metrics import StoreMetrics

K = TypeVar("K")

MOST_WRITES = 200
MOST_READS = 500


class GroupCommit:
    """Writes of many callers as few bulks. No two writes of one document may wait at once."""

    def __init__(
        self, collection: Collection, metrics: StoreMetrics, service: str, *, wait: float = 0.0, most: int = MOST_WRITES
    ) -> None:
        """``wait`` is how long (seconds) a write waits for company."""
        self._collection = collection
        self._waited = metrics.waited.labels(service, collection.name)
        self._wait = wait
        self._most = most
        self._queue: list[tuple[Write, asyncio.Future[None], float]] = []
        self._flushing: asyncio.Task[None] | None = None

    @property
    def age(self) -> float:
        """Seconds the oldest waiting write has waited."""
        return time.monotonic() - self._queue[0][2] if self._queue else 0.0

    def write(self, write: Write) -> asyncio.Future[None]:
        """Done when it is durable; else ``LostRace``, ``Taken``, ``Refused``, or ``StoreAway`` (may have happened)."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((write, done, time.monotonic()))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return done

    async def idle(self) -> None:
        """Return once nothing waits."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            await asyncio.sleep(self._wait)
            while self._queue:
                batch, self._queue = self._queue[: self._most], self._queue[self._most :]
                self._waited.observe(time.monotonic() - batch[0][2])
                await self._send(batch)
                await asyncio.sleep(0)  # let those who were answered hand in their next
        finally:
            self._flushing = None
            for _, done, _ in self._queue:
                done.cancel()

    async def _send(self, batch: list[tuple[Write, asyncio.Future[None], float]]) -> None:
        try:
            refused = await self._collection.bulk([write for write, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - every caller is told
            refused = dict.fromkeys(range(len(batch)), error)
        for position, (_, done, _) in enumerate(batch):
            if done.done():
                continue
            if problem := refused.get(position):
                done.set_exception(problem)
            else:
                done.set_result(None)


class GroupRead(Generic[K]):
    """Reads by id of many callers as few finds. A read begins after it was asked for, so it is never stale."""

    def __init__(self, collection: Collection, *, wait: float = 0.0) -> None:
        """``wait`` is how long (seconds) a read waits for company."""
        self._collection = collection
        self._wait = wait
        self._queue: dict[K, list[asyncio.Future[Document | None]]] = {}
        self._reading: asyncio.Task[None] | None = None

    def read(self, id: K) -> asyncio.Future[Document | None]:
        """The document, None when there is none; ``StoreAway`` when nobody answers."""
        found: asyncio.Future[Document | None] = asyncio.get_running_loop().create_future()
        self._queue.setdefault(id, []).append(found)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return found

    async def _read(self) -> None:
        try:
            await asyncio.sleep(self._wait)
            while self._queue:
                ids = list(self._queue)[:MOST_READS]
                asked = {id: self._queue.pop(id) for id in ids}
                await self._answer(asked)
        finally:
            self._reading = None
            for waiting in self._queue.values():
                for found in waiting:
                    found.cancel()

    async def _answer(self, asked: dict[K, list[asyncio.Future[Document | None]]]) -> None:
        ids = list(asked)
        try:
            documents = await self._collection.find({"_id": ids[0] if len(ids) == 1 else {"$in": ids}})
        except Exception as error:  # noqa: BLE001 - every caller is told
            for found in _open(asked.values()):
                found.set_exception(error)
            return
        by_id = {document["_id"]: document for document in documents}
        for id, waiting in asked.items():
            for found in _open([waiting]):
                found.set_result(by_id.get(id))


def _open(waiting: Iterable[list[asyncio.Future[Document | None]]]) -> list[asyncio.Future[Document | None]]:
    return [found for group in waiting for found in group if not found.done()]
