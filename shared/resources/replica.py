"""Copies of other services' settings objects, in memory and in one's own database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from structlog.typing import FilteringBoundLogger

from shared.bus import Asks
from shared.contracts.base import Contract, Meta
from shared.contracts.resources import CompareResources, ListResources, ResourceChanged, Stored
from shared.contracts.settings import ResourceModel
from shared.resources.book import Book
from shared.store import Database, Repository

M = TypeVar("M", bound=ResourceModel)

COMPARE_SECONDS = 30.0
FIRST_ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0
PAGE = 500


class Link(Asks, Protocol):
    """What replicas ask of the bus."""

    def on_connect(self, callback: Callable[[], None]) -> None: ...


class Copy(Contract):
    """All objects of a kind as last heard from their owner."""

    id: str
    items: tuple[Stored, ...]


class Replicas:
    """The copies that one service keeps.

    Refreshed at once by the live fanout, and by comparing revisions with each owner on start, whenever the bus is up
    again, and every 30 s. A start waits a few seconds for the owners' first answers, because events decided by
    yesterday's settings are decided for good; with an owner down it goes on with the copy from the database, or
    empty, and catches up when the owner comes.
    """

    def __init__(
        self, database: Database, models: Sequence[type[ResourceModel]], *, bus: Link, log: FilteringBoundLogger
    ) -> None:
        self._books: Mapping[str, Book[Any]] = {model.kind: Book(model) for model in models}
        self._items: Mapping[str, dict[str, Stored]] = {model.kind: {} for model in models}
        self._owners: Mapping[str, tuple[str, ...]] = {
            owner: tuple(model.kind for model in models if model.owner == owner)
            for owner in sorted({model.owner for model in models})
        }
        self._kept: dict[str, str] = {}
        self._copies = Repository(database, "settings_copies", Copy)
        self._bus = bus
        self._log = log
        self._tasks: list[asyncio.Task[None]] = []
        self._looks = {owner: asyncio.Event() for owner in self._owners}
        bus.on_connect(self._look)

    def book(self, model: type[M]) -> Book[M]:
        """The live copy of a kind."""
        return self._books[model.kind]

    async def start(self, within: float = FIRST_ANSWER_SECONDS) -> None:
        """Load the stored copies, follow every owner, and wait so many seconds for their first answers.

        Services that start together and copy from one another must answer before they wait here: own verbs first.
        """
        await self._copies.start()
        for copy in await self._copies.find({}, limit=len(self._books) + 100):
            if copy.id in self._books:
                self._fill(copy.id, copy.items, mark=0)
                self._kept[copy.id] = self._books[copy.id].revision
        heard = {owner: asyncio.Event() for owner in self._owners}
        for owner, first in heard.items():
            self._tasks.append(asyncio.create_task(self._follow(owner, first), name=f"settings of {owner}"))
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*(first.wait() for first in heard.values()))
        except TimeoutError:
            silent = [owner for owner, first in heard.items() if not first.is_set()]
            self._log.warning("settings.owners_silent", owners=silent)

    async def stop(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def on_changed(self, event: ResourceChanged, _meta: Meta) -> None:
        """An owner saved something."""
        stored = event.stored
        book = self._books.get(stored.kind)
        if book is None or book.knows(stored.id, stored.version):
            return
        value = None if stored.deleted else self._read(stored)
        if stored.deleted:
            self._items[stored.kind].pop(stored.id, None)
        elif value is not None:
            self._items[stored.kind][stored.id] = stored
        book.put(stored.id, stored.version, value)
        await self._keep(stored.kind)

    def _look(self) -> None:
        for look in self._looks.values():
            look.set()

    async def _follow(self, owner: str, first: asyncio.Event) -> None:
        look = self._looks[owner]
        while True:
            look.clear()
            try:
                await self._compare(owner)
                for kind in self._owners[owner]:
                    await self._keep(kind)
                first.set()
                pause = COMPARE_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever it is, the copy stands and the next look may mend it
                self._log.info("settings.owner_away", owner=owner, error=type(error).__name__)
                pause = RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(look.wait(), pause)

    async def _compare(self, owner: str) -> None:
        answer = await self._bus.ask(CompareResources(), service=owner)
        for kind in self._owners[owner]:
            if answer.revisions.get(kind) != self._books[kind].revision:
                await self._fetch(owner, kind)

    async def _fetch(self, owner: str, kind: str) -> None:
        mark = self._books[kind].mark
        items: list[Stored] = []
        after: str | None = None
        while True:
            page = await self._bus.ask(ListResources(kind=kind, after=after, limit=PAGE), service=owner)
            items.extend(page.items)
            after = page.next
            if after is None:
                break
        self._fill(kind, [item for item in items if item.version > 0], mark)

    async def _keep(self, kind: str) -> None:
        """Write what changed since it was last written into the own database."""
        revision = self._books[kind].revision
        if self._kept.get(kind) != revision:
            await self._copies.put(Copy(id=kind, items=tuple(self._items[kind].values())))
            self._kept[kind] = revision

    def _fill(self, kind: str, items: Sequence[Stored], mark: int) -> None:
        book, mine = self._books[kind], self._items[kind]
        mine |= {item.id: item for item in items if not book.knows(item.id, item.version)}
        values = [(item.id, item.version, value) for item in items if (value := self._read(item)) is not None]
        book.fill(values, mark)
        for id in mine.keys() - book.all().keys():
            del mine[id]

    def _read(self, stored: Stored) -> ResourceModel | None:
        """The object; None when it is of a form that this release cannot read (its owner is newer)."""
        try:
            model: ResourceModel = self._books[stored.kind].model.model_validate(stored.value, extra="ignore")
        except ValidationError as error:
            self._log.error("settings.unreadable", kind=stored.kind, id=stored.id, problems=error.error_count())
            return None
        return model
