"""Copies of other services' settings objects, in memory and in one's own database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from structlog.typing import FilteringBoundLogger

from shared.bus import Asks
from shared.contracts.base import Contract, Meta
from shared.contracts.resources import CompareResources, ListResources, ResourceChanged, Stored
from shared.contracts.settings import ResourceModel
from shared.errors import SwitchboardError
from shared.resources.book import Book
from shared.store import Database, Repository

M = TypeVar("M", bound=ResourceModel)

COMPARE_SECONDS = 30.0
FIRST_ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0


class Copy(Contract):
    """All objects of a kind as last heard from their owner."""

    id: str
    items: tuple[Stored, ...]


class Replicas:
    """The copies that one service keeps.

    Refreshed at once by the live fanout, and by comparing revisions with each owner on start and every 30 s. A
    start with an owner down uses the copy from the database; with no copy yet it waits a few seconds for the
    owner's first answer and then goes on empty, catching up when the owner comes.
    """

    def __init__(
        self, database: Database, models: Sequence[type[ResourceModel]], *, bus: Asks, log: FilteringBoundLogger
    ) -> None:
        self._books: Mapping[str, Book[Any]] = {model.kind: Book(model) for model in models}
        self._owners: Mapping[str, tuple[str, ...]] = {
            owner: tuple(model.kind for model in models if model.owner == owner)
            for owner in sorted({model.owner for model in models})
        }
        self._copies = Repository(database, "settings_copies", Copy)
        self._bus = bus
        self._log = log
        self._tasks: list[asyncio.Task[None]] = []

    def book(self, model: type[M]) -> Book[M]:
        """The live copy of a kind."""
        return self._books[model.kind]

    async def start(self) -> None:
        """Load the stored copies, then follow every owner."""
        await self._copies.start()
        stored = {copy.id: copy for copy in await self._copies.find({}, limit=len(self._books) + 100)}
        for kind, copy in stored.items():
            if kind in self._books:
                self._fill(kind, copy.items)
        first_answers = []
        for owner, kinds in self._owners.items():
            heard = asyncio.Event()
            self._tasks.append(asyncio.create_task(self._follow(owner, heard), name=f"settings of {owner}"))
            if not all(kind in stored for kind in kinds):
                first_answers.append(heard.wait())
        if first_answers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*first_answers), FIRST_ANSWER_SECONDS)

    async def stop(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _follow(self, owner: str, heard: asyncio.Event) -> None:
        while True:
            try:
                await self._compare(owner)
                heard.set()
                pause = COMPARE_SECONDS
            except SwitchboardError as error:
                self._log.info("settings.owner_away", owner=owner, code=error.code)
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _compare(self, owner: str) -> None:
        answer = await self._bus.ask(CompareResources(), service=owner)
        for kind in self._owners[owner]:
            if answer.revisions.get(kind) != self._books[kind].revision:
                await self._fetch(owner, kind)

    async def _fetch(self, owner: str, kind: str) -> None:
        items: list[Stored] = []
        after: str | None = None
        while True:
            page = await self._bus.ask(ListResources(kind=kind, after=after, limit=500), service=owner)
            items.extend(page.items)
            after = page.next
            if after is None:
                break
        kept = tuple(item for item in items if item.version > 0)
        self._fill(kind, kept)
        await self._copies.put(Copy(id=kind, items=kept))

    async def on_changed(self, event: ResourceChanged, _meta: Meta) -> None:
        """An owner saved something."""
        stored = event.stored
        book = self._books.get(stored.kind)
        if book is not None:
            book.put(stored.id, stored.version, None if stored.deleted else self._read(stored))

    def _fill(self, kind: str, items: Sequence[Stored]) -> None:
        self._books[kind].fill((item.id, item.version, self._read(item)) for item in items)

    def _read(self, stored: Stored) -> ResourceModel:
        model: ResourceModel = self._books[stored.kind].model.model_validate(stored.value)
        return model
