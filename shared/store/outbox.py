"""Publishes what aggregates say right after it is saved, and makes sure of it when a process dies in between."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from shared.bus.envelope import Envelope
from shared.clock import Clock
from shared.store.collection import Collection, Document
from shared.store.documents import EPOCH
from shared.store.entry import Entry
from shared.store.failures import StoreAway
from shared.store.saving import dropping
from shared.store.trail import Trail

log = structlog.get_logger(__name__)

Publish = Callable[[Envelope], Awaitable[None]]
Drop = Callable[[str, set[str]], bool]
"""Whether entries of an aggregate's outbox may be dropped now; not during a turn, which drops them itself."""

TIDY_SECONDS = 1.0
SWEEP_SECONDS = 4.0
SWEEP_BACKOFF_SECONDS = 5.0
GRACE = timedelta(seconds=5)
WINDOW = 100
"""Aggregates read at once by a sweep. The embedded server matches everything before it limits: not too few."""
AT_ONCE = 64
REMEMBERED = 20_000
DROPPED_AT_ONCE = 25
"""Aggregates dropped from by one statement, which names the entries of all of them."""


class Outbox:
    """The unsent entries of one collection: in flight, confirmed, in the trail, dropped."""

    def __init__(
        self,
        collection: Collection,
        *,
        publish: Publish,
        trail: Trail | None,
        drop: Drop,
        clock: Clock,
        metrics: tuple[Any, Any],
    ) -> None:
        self._collection = collection
        self._publish = publish
        self._trail = trail
        self._drop = drop
        self._clock = clock
        self._failed, self._republished = metrics
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._confirmed: dict[str, Entry] = {}
        self._fresh: dict[str, set[str]] = {}
        self._droppable: dict[str, set[str]] = {}
        self._dropping: dict[str, set[str]] = {}
        self._settled: OrderedDict[str, None] = OrderedDict()
        self._untidy = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to tidy and to sweep."""
        self._loops = [asyncio.create_task(self._tidy_often()), asyncio.create_task(self._sweep_often())]

    async def stop(self, within: float) -> None:
        """Wait for what is being published, tidy for the last time."""
        if flying := self.flying:
            await asyncio.wait(flying, timeout=within)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for task in self.flying:
            task.cancel()
        try:
            await self.tidy()
            await self.tidy()  # the first gives to the trail, the second drops
        except StoreAway:
            log.warning("outbox.left", collection=self._collection.name)

    def send(self, entry: Entry, *, republished: bool = False) -> asyncio.Task[None] | None:
        """Publish its events now, without waiting. None when that is under way or done."""
        if entry.id in self._flying or self.settled(entry.id):
            return None
        task = asyncio.create_task(self._send(entry, republished=republished))
        self._flying[entry.id] = task
        task.add_done_callback(lambda _: self._flying.pop(entry.id, None))
        return task

    @property
    def flying(self) -> list[asyncio.Task[None]]:
        """What is being published now."""
        return list(self._flying.values())

    def settled(self, entry: str) -> bool:
        """Whether this process knows it to be published."""
        return entry in self._settled or entry in self._confirmed

    def take_droppable(self, aggregate: str) -> set[str]:
        """Entries that the next write of this aggregate drops, those included that are being dropped now."""
        ready = self._droppable.pop(aggregate, set()) | self._fresh.pop(aggregate, set())
        return ready | self._dropping.get(aggregate, set())

    def give_back(self, aggregate: str, entries: Iterable[str]) -> None:
        """They were not dropped after all."""
        if found := set(entries):
            self._droppable.setdefault(aggregate, set()).update(found)
            self._untidy.set()

    async def _send(self, entry: Entry, *, republished: bool) -> None:
        try:
            async with self._gate:
                for each in entry.envelopes:
                    await self._publish(_marked(each) if republished else each)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sweeper tries again
            self._failed.inc()
            log.warning("outbox.unpublished", collection=self._collection.name, error=type(error).__name__)
            return
        if self._trail is None:
            self._settle(entry.id)
            self._fresh.setdefault(entry.aggregate, set()).add(entry.id)
        else:
            self._confirmed[entry.id] = entry
        self._untidy.set()

    async def _tidy_often(self) -> None:
        while True:
            await self._untidy.wait()
            await asyncio.sleep(TIDY_SECONDS)
            try:
                await self.tidy()
            except StoreAway:
                log.warning("outbox.untidy", collection=self._collection.name)
            except Exception:
                log.exception("outbox.untidy", collection=self._collection.name)

    async def tidy(self) -> None:
        """Drop what was droppable the last time already, and no write of its aggregate has dropped since.

        What the trail has not is given to it.
        """
        self._untidy.clear()
        droppable, self._droppable, self._fresh = self._droppable, self._fresh, {}
        confirmed = list(self._confirmed.values())
        try:
            await asyncio.gather(self._remember(confirmed), self._drop_all(droppable))
        finally:
            if self._confirmed or self._droppable or self._fresh:
                self._untidy.set()

    async def _remember(self, entries: list[Entry]) -> None:
        if not entries or self._trail is None:
            return
        await self._trail.add(entries)
        for entry in entries:
            self._settle(entry.id)
            self._confirmed.pop(entry.id, None)
            self._droppable.setdefault(entry.aggregate, set()).add(entry.id)

    async def _drop_all(self, droppable: dict[str, set[str]]) -> None:
        waiting = list(droppable.items())
        while waiting:
            group, waiting = waiting[:DROPPED_AT_ONCE], waiting[DROPPED_AT_ONCE:]
            free = {}
            for aggregate, entries in group:
                if self._drop(aggregate, entries):
                    free[aggregate] = entries
                else:
                    self.give_back(aggregate, entries)
            if free:
                await self._drop_group(free, waiting)

    async def _drop_group(self, group: dict[str, set[str]], waiting: list[tuple[str, set[str]]]) -> None:
        self._dropping |= group
        try:
            await self._collection.update_many({"_id": {"$in": list(group)}}, dropping(set().union(*group.values())))
        except BaseException:
            for aggregate, entries in (*group.items(), *waiting):
                self.give_back(aggregate, entries)
            raise
        finally:
            for aggregate in group:
                self._dropping.pop(aggregate, None)

    def _settle(self, entry: str) -> None:
        self._settled[entry] = None
        if len(self._settled) > REMEMBERED:
            self._settled.popitem(last=False)

    async def _sweep_often(self) -> None:
        pause = SWEEP_SECONDS
        while True:
            try:
                pause = SWEEP_SECONDS if await self.sweep() else SWEEP_BACKOFF_SECONDS
            except StoreAway:
                pause = SWEEP_BACKOFF_SECONDS
            except Exception:
                log.exception("outbox.sweep", collection=self._collection.name)
                pause = SWEEP_BACKOFF_SECONDS
            await asyncio.sleep(pause)

    async def sweep(self, grace: timedelta = GRACE) -> bool:
        """Publish what has been unsent for longer than ``grace``. False when nothing could be published."""
        until = self._clock.now() - grace
        since = EPOCH
        seen: set[str] = set()
        while True:
            window = await self._collection.find(
                {"unsent_since": {"$gte": since, "$lte": until}},
                fields={"outbox": 1, "unsent_since": 1, "version": 1},
                order=[("unsent_since", 1)],
                limit=WINDOW,
            )
            fresh = [document for document in window if document["_id"] not in seen]
            if not await self._sweep_window(fresh, until):
                return False
            if len(window) < WINDOW or not fresh:
                return True
            seen |= {document["_id"] for document in fresh}
            since = window[-1]["unsent_since"]

    async def _sweep_window(self, documents: list[Document], until: datetime) -> bool:
        tasks: dict[str, asyncio.Task[None]] = {}
        leftovers: dict[str, set[str]] = {}
        for document in documents:
            kept = document.get("outbox", {})
            if not kept or any(id in self._settled for id in kept):
                leftovers[document["_id"]] = {id for id in kept if id in self._settled}
            for id, value in kept.items():
                if value["at"] > until or self.settled(id) or id in self._flying:
                    continue
                if (task := self.send(Entry.of(id, document["_id"], value), republished=True)) is not None:
                    self._republished.inc()
                    tasks[id] = task
        await self._drop_all(leftovers)
        if not tasks:
            return True
        await asyncio.wait(tasks.values())
        return any(self.settled(id) for id in tasks)


def _marked(entry: Envelope) -> Envelope:
    """Says that this may be a repeat, so that consumers look into their trail."""
    return replace(entry, meta=entry.meta.model_copy(update={"redelivered": True}))
