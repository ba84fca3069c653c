"""The rows collection: what is folded into it, and the only queries of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from services.gateway.domain import row as rows
from services.gateway.domain.access import Access, Action, Placed, may
from services.gateway.domain.counting import STANDING, Standing
from services.gateway.domain.listing import (
    LATEST,
    Stretch,
    Wanted,
    cursor,
    fits,
    place,
    read_cursor,
    read_place,
    stretches,
    windows,
)
from services.gateway.domain.visible import visible_filter
from shared.clock import Clock
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.surveys import AnswerSnapshot
from shared.contracts.words import Status
from shared.store import ASCENDING, DESCENDING, Database, Index, Page, Projection, Row

STATUS = "conversation.status"
LAST = "conversation.last_message_at"
VERSION = "v.conversation"
BATCH = 200
MOST_READ = 5_000
"""A page of a list by time reads no more rows than this."""
AHEAD = timedelta(minutes=5)
"""How far the clock of another process may run ahead of ours."""
TRIAGE_PATIENCE = 0.15
"""Seconds that a row in triage waits for the rules' answer, which most often comes first: one write, not two."""
MOST_CHANGED = 500
"""A reconnecting page that missed more rows than this is told to begin again."""
INDEXES = (
    Index(
        "in_line",
        (
            ("conversation.status", ASCENDING),
            ("conversation.score", DESCENDING),
            ("conversation.waiting_since", ASCENDING),
        ),
    ),
    Index("latest", (("conversation.status", ASCENDING), ("conversation.last_message_at", DESCENDING))),
    Index("at", (("at", ASCENDING),)),
)

Folded = tuple[str, str, int, Mapping[str, object]]


class Rows:
    """One row per conversation, as any replica may read and any replica may fold."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = Projection(database, "rows", clock=clock, indexes=INDEXES)
        self._clock = clock

    async def start(self) -> None:
        await self._rows.start()

    async def stop(self) -> None:
        await self._rows.stop()

    async def fold(
        self,
        *,
        conversation: ConversationSnapshot | None = None,
        message: MessageSnapshot | None = None,
        contact: tuple[ContactSnapshot, Sequence[str]] | None = None,
        clock: ClockSnapshot | None = None,
        answer: AnswerSnapshot | None = None,
    ) -> frozenset[str]:
        """Take in snapshots, each iff newer, in one write; the ids of rows that changed."""
        parts: list[Folded] = []
        if conversation is not None:
            fields = rows.conversation_fields(conversation)
            parts.append((conversation.id, "conversation", conversation.version, fields))
        if message is not None:
            fields = rows.message_fields(message)
            parts.append((message.conversation, "message", rows.message_version(message), fields))
        if contact is not None:
            snapshot, ids = contact
            parts.extend((id, "contact", snapshot.version, rows.contact_fields(snapshot)) for id in ids)
        if clock is not None:
            version, fields = rows.clock_version(clock), rows.clock_fields(clock)
            parts.append((clock.conversation, rows.clock_source(clock), version, fields))
        if answer is not None:
            version = round(answer.answered_at.timestamp() * 1000)
            parts.append((answer.conversation, "survey", version, rows.answer_fields(answer)))
        if not parts:
            return frozenset()
        in_triage = conversation is not None and conversation.status is Status.TRIAGE
        landed = await self._rows.upsert_newer(parts, patience=TRIAGE_PATIENCE if in_triage else None)
        return frozenset(part[0] for part, new in zip(parts, landed, strict=True) if new)

    async def visible(self, access: Access, id: str) -> Row | None:
        """The row, if there is one that this access may see."""
        row = await self._rows.get(id)
        return row if row is not None and self.seen(access, row) else None

    async def placed(self, id: str) -> Placed | None:
        """Where a conversation stands; None when there is no row of it."""
        row = await self._rows.get(id)
        return self.place(row) if row is not None else None

    async def get_among(self, id: str) -> Row | None:
        """The row, whoever may see it, read with those that others ask for meanwhile; None when it is unheard of."""
        row = await self._rows.get_among(id)
        return row if row is not None and "conversation" in row.parts else None

    def place(self, row: Row) -> Placed | None:
        """Where the conversation of a row stands."""
        return rows.placed(row.parts)

    async def get_many(self, ids: Iterable[str]) -> dict[str, Row]:
        """Whole rows by id, whoever may see them; those of unheard-of conversations are left out."""
        found = await self._rows.get_many(ids)
        return {id: row for id, row in found.items() if "conversation" in row.parts}

    def seen(self, access: Access, row: Row) -> bool:
        """Whether this access may see the row."""
        place = self.place(row)
        return place is not None and may(access, Action.VIEW, place)

    def shown(self, row: Row) -> rows.Document:
        """The row as the API gives it, now."""
        return rows.shown(row.id, row.parts, row.at, self._clock.now())

    async def page(self, access: Access, wanted: Wanted, after: str | None, limit: int) -> Page[Row]:
        """A page of what this access may see; ``InvalidInput`` for a strange cursor."""
        lists = stretches(wanted)
        number, inner = read_cursor(after, len(lists))
        found: list[Row] = []
        while True:
            page = await self._stretch(access, wanted, lists[number], inner, limit - len(found))
            found.extend(page.items)
            if page.next is not None:
                return Page(tuple(found), cursor(number, page.next))
            number, inner = number + 1, None
            if number == len(lists):
                return Page(tuple(found))
            if len(found) == limit:
                return Page(tuple(found), cursor(number, ""))

    async def _stretch(
        self, access: Access, wanted: Wanted, stretch: Stretch, after: str | None, limit: int
    ) -> Page[Row]:
        if stretch.order == LATEST:
            until = (self._clock.now() + AHEAD, None) if after is None else read_place(after)
            return await self._latest(access, wanted, until, limit)
        query = {**stretch.query, **visible_filter(access)}
        return await self._rows.page(query, order=stretch.order, after=after, limit=limit)

    async def _latest(
        self, access: Access, wanted: Wanted, until: tuple[datetime, str | None], limit: int
    ) -> Page[Row]:
        """The latest first, read by status and time alone and sifted here.

        The embedded server uses the index for exactly these two conditions and scans everything with any other; so
        a page reads a bounded number of rows, and may be short where few of them are wanted.
        """
        found: list[Row] = []
        read = 0
        async for row in self._by_time(str(wanted.status), until):
            read += 1
            if fits(wanted, row.parts["conversation"]) and self.seen(access, row):
                found.append(row)
            if len(found) > limit:
                return Page(tuple(found[:limit]), _place(found[limit - 1]))
            if read == MOST_READ:
                return Page(tuple(found), _place(row))
        return Page(tuple(found))

    async def _by_time(self, status: str, until: tuple[datetime, str | None]) -> AsyncIterator[Row]:
        at, id = until
        if id is not None:
            for row in await self._at(status, at):
                if row.id < id:
                    yield row
        for start, end in windows(at):
            while True:
                query = {STATUS: status, LAST: {"$gte": start, "$lt": end}}
                batch = await self._rows.find(query, order=LATEST, limit=BATCH)
                full = len(batch) == BATCH
                end = _last(batch[-1]) if full else start
                # Rows of one instant may lie on both sides of the batch's end: they are read together, after it.
                for row in sorted(batch, key=_key, reverse=True):
                    if not full or _last(row) != end:
                        yield row
                if not full:
                    break
                for row in await self._at(status, end):
                    yield row

    async def _at(self, status: str, instant: datetime) -> list[Row]:
        """Rows of one instant, highest id first."""
        found = await self._rows.find({STATUS: status, LAST: instant}, limit=MOST_READ)
        return sorted(found, key=_key, reverse=True)

    async def changed_since(self, access: Access, since: datetime) -> Sequence[Row] | None:
        """Visible rows that changed since, oldest change first; None when they are too many to send."""
        now = self._clock.now() + timedelta(minutes=1)
        query = {"at": {"$gte": since, "$lte": now}}
        found = await self._rows.find(query, order=(("at", ASCENDING),), limit=MOST_CHANGED + 1)
        return None if len(found) > MOST_CHANGED else [row for row in found if self.seen(access, row)]

    async def standing(self) -> dict[str, tuple[int, Standing]]:
        """Every open conversation: the version of its part of the row, and where it stands."""
        query = {STATUS: {"$in": [str(status) for status in rows.OPEN]}}
        paths = [f"conversation.{name}" for name in STANDING]
        found: dict[str, tuple[int, Standing]] = {}
        for id, values in await self._rows.select(query, (VERSION, *paths), limit=0):
            status, channel, owner, routed = (str(values[path]) for path in paths)
            found[id] = values[VERSION], (status, channel, owner, routed)
        return found


def _last(row: Row) -> datetime:
    at: datetime = row.parts["conversation"]["last_message_at"]
    return at


def _key(row: Row) -> tuple[datetime, str]:
    return _last(row), row.id


def _place(row: Row) -> str:
    return place(_last(row), row.id)
