"""Live updates: what changed goes to every open page that may see it (UI-07).

The hub of a process hears of touched rows, reads them once in batches, and puts them into the bounded queue of each
stream. A page that is too slow is told to begin again. The read model itself is the replay buffer: see ``resume``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from services.gateway.counts import Counts
from services.gateway.domain import row as rows
from services.gateway.domain.access import Access, Action, Placed, may
from services.gateway.metrics import GatewayMetrics
from services.gateway.rows import Rows
from shared.contracts.live import RowPlace, RowsTouched, TouchedRow
from shared.errors import SwitchboardError
from shared.ids import new_id
from shared.store import Row

log = structlog.get_logger(__name__)

QUEUE_LENGTH = 500
GATHER_SECONDS = 0.05
COUNT_SECONDS = 1.0
REMEMBERED_PLACES = 20_000


@dataclass(frozen=True, slots=True)
class Push:
    """One server-sent event: its name, its JSON, and the resume point it stands for."""

    event: str
    data: str
    id: str | None = None


def push(event: str, value: Any, at: datetime | None = None) -> Push:
    """An event with a JSON value; ``at`` makes it a resume point."""
    return Push(event, json.dumps(value, separators=(",", ":")), resume_point(at) if at is not None else None)


def resume_point(at: datetime) -> str:
    """Milliseconds since 1970, as text."""
    return str(round(at.timestamp() * 1000))


END = Push("", "")
"""Ends a stream."""


@dataclass(eq=False)
class Stream:
    """One open page of a person or an API key (``user``); ``current`` gives its access as it is now.

    ``still_open`` asks whether its session, or the key, has not ended meanwhile; ``lease`` keeps its person present.
    """

    access: Access
    current: Callable[[], Access]
    user: str
    still_open: Callable[[], Awaitable[bool]]
    session: str | None = None
    lease: str | None = None
    last_counts: str = ""
    ending: bool = False
    resynced: str | None = None
    queue: asyncio.Queue[Push] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def put(self, item: Push) -> None:
        """Queue it; when the page is too slow, all that waits gives way to one ``resync``."""
        if self.ending:
            return
        try:
            self.queue.put_nowait(item)
        except asyncio.QueueFull:
            self._empty()
            self._resync("slow")

    def end(self, reason: str) -> None:
        """Let the page come back (or not): its rights or its session changed."""
        if not self.ending:
            self._empty()
            self._resync(reason)
            self.queue.put_nowait(END)
            self.ending = True

    def _resync(self, reason: str) -> None:
        self.resynced = reason
        self.queue.put_nowait(push("resync", {"reason": reason}))

    def _empty(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Hub:
    """All streams of this process."""

    def __init__(self, rows: Rows, counts: Counts, metrics: GatewayMetrics) -> None:
        self.origin = new_id()
        self._rows = rows
        self._counts = counts
        self._streams: set[Stream] = set()
        self._places: OrderedDict[str, Placed] = OrderedDict()
        self._touched: dict[str, TouchedRow] = {}
        self._news = asyncio.Event()
        self._recount = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._metrics = metrics
        metrics.streams.set_function(lambda: len(self._streams))

    async def start(self) -> None:
        """Begin to push."""
        self._tasks = [
            asyncio.create_task(self._keep_pushing(), name="live rows"),
            asyncio.create_task(self._keep_counting(), name="live counts"),
        ]

    async def stop(self) -> None:
        """End every stream."""
        for stream in self._streams:
            stream.end("stopping")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def open(self, stream: Stream) -> None:
        """From now on it gets what changes."""
        self._streams.add(stream)
        self._recount.set()

    def close(self, stream: Stream) -> None:
        """It has gone."""
        self._streams.discard(stream)
        if stream.resynced is not None:
            self._metrics.resyncs.labels(stream.resynced).inc()

    @property
    def present(self) -> Sequence[Stream]:
        """The open streams."""
        return tuple(self._streams)

    def touch(self, touched: Iterable[TouchedRow]) -> None:
        """These rows changed: they are read and pushed in a moment."""
        for one in touched:
            former = self._touched.get(one.conversation)
            before = former.before if former is not None else one.before or self._remembered(one.conversation)
            message = one.message or (former.message if former is not None else None)
            self._touched[one.conversation] = one.model_copy(update={"before": before, "message": message})
            if one.placed is not None:
                self._remember(one.conversation, _placed(one.placed))
        self._news.set()

    def hear(self, event: RowsTouched) -> None:
        """Another process touched rows."""
        if event.origin != self.origin:
            self.touch(event.rows)

    def tell(self, item: Push, *, user: str | None = None) -> None:
        """To everybody, or to one person's pages."""
        for stream in self._streams:
            if user is None or stream.user == user:
                stream.put(item)

    async def tell_viewers(self, conversation: str, item: Push, *, but: str | None = None) -> None:
        """To those who may see a conversation, but for one person."""
        if not any(stream.user != but for stream in self._streams):
            return
        place = self._places.get(conversation) or await self._rows.placed(conversation)
        if place is None:
            return
        for stream in self._streams:
            if stream.user != but and may(stream.access, Action.VIEW, place):
                stream.put(item)

    def check_rights(self) -> None:
        """End the streams of those whose rights changed: they come back with what they may see now."""
        for stream in self._streams:
            if stream.current() != stream.access:
                stream.end("rights")

    def end_sessions(self, user: str, sessions: Sequence[str], keep: str | None) -> None:
        """End the streams of sessions that ended."""
        for stream in self._streams:
            if stream.user == user and stream.session != keep and (not sessions or stream.session in sessions):
                stream.end("signed_out")

    async def resume(self, stream: Stream, since: datetime | None, ids: Sequence[str]) -> Sequence[Push]:
        """What a page missed: every visible row changed since, and for each id its row or *gone*."""
        changed = await self._rows.changed_since(stream.access, since) if since is not None else ()
        if changed is None:
            return [push("resync", {"reason": "too_long"})]
        found = {row.id: row for row in changed}
        others = await self._rows.get_many([id for id in ids if id not in found]) if ids else {}
        here = {id: row for id, row in others.items() if self._rows.seen(stream.access, row)}
        gone = [push("gone", {"id": id}) for id in ids if id not in found and id not in here]
        return [*(self._row(row) for row in (*here.values(), *found.values())), *gone]

    def _row(self, row: Row) -> Push:
        return push("row", self._rows.shown(row), row.at)

    def _remembered(self, id: str) -> RowPlace | None:
        place = self._places.get(id)
        return None if place is None else _place(place)

    def _remember(self, id: str, place: Placed) -> None:
        self._places[id] = place
        self._places.move_to_end(id)
        while len(self._places) > REMEMBERED_PLACES:
            self._places.popitem(last=False)

    async def _keep_pushing(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            touched, self._touched = self._touched, {}
            if self._streams:
                await self._push_or_resync(touched)
                self._recount.set()
            else:
                self._counts.missed()

    async def _push_or_resync(self, touched: dict[str, TouchedRow]) -> None:
        try:
            await self._push_rows(touched)
        except Exception as error:  # noqa: BLE001 - whatever it is, pages must learn that they missed something
            log.warning("live.unread", rows=len(touched), error=type(error).__name__)
            self._counts.missed()
            for stream in self._streams:
                stream.put(push("resync", {"reason": "store"}))

    async def _push_rows(self, touched: dict[str, TouchedRow]) -> None:
        found = await self._rows.get_many(touched)
        self._metrics.rows.inc(len(found))
        self._counts.saw(found.values())
        for id, row in found.items():
            place = rows.placed(row.parts)
            if place is not None:
                self._push_row(self._row(row), touched[id], place)

    def _push_row(self, item: Push, touched: TouchedRow, place: Placed) -> None:
        id, before = touched.conversation, touched.before
        for stream in self._streams:
            if may(stream.access, Action.VIEW, place):
                stream.put(item)
                if touched.message is not None:
                    stream.put(push("timeline", {"conversation": id, "message_id": touched.message}))
            elif before is not None and may(stream.access, Action.VIEW, _placed(before)):
                stream.put(push("gone", {"id": id}))

    async def _keep_counting(self) -> None:
        while True:
            await self._recount.wait()
            self._recount.clear()
            if self._streams:
                with contextlib.suppress(SwitchboardError):
                    await self._push_counts()
            await asyncio.sleep(COUNT_SECONDS)
            if self._streams and self._counts.behind:
                self._recount.set()

    async def _push_counts(self) -> None:
        for stream in tuple(self._streams):
            data = json.dumps(await self._counts.of(stream.access), separators=(",", ":"))
            if data != stream.last_counts:
                stream.last_counts = data
                stream.put(Push("counts", data))


def _placed(place: RowPlace) -> Placed:
    return Placed(place.channel, place.owner, place.team, place.teams)


def _place(place: Placed) -> RowPlace:
    return RowPlace(channel=place.channel, owner=place.owner, team=place.team, teams=place.teams)
