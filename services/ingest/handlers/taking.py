"""Marking messages as taken by their conversation, many by one write."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from services.ingest.domain.message import NOTHING_ELSE, TAKEN, UNTOUCHED, StoredMessage, taken
from services.ingest.repository import IngestRepository
from shared.contracts.base import Meta
from shared.contracts.words import Direction
from shared.store import Decision

GATHER_SECONDS = 0.2


class Taking:
    """Gathers ids for a moment. Most messages have nothing else to do and change alike; the rest change alone."""

    def __init__(self, repository: IngestRepository) -> None:
        self._messages = repository.messages
        self._gathered: set[str] = set()
        self._marking: asyncio.Task[bool] | None = None

    async def take(self, ids: Collection[str], meta: Meta) -> None:
        """They need not be announced again. Returns once that is written."""
        if ids and not await self._alike(ids):
            await asyncio.gather(*(self._alone(id, meta) for id in ids))

    async def _alike(self, ids: Collection[str]) -> bool:
        self._gathered.update(ids)
        if self._marking is None:
            self._marking = asyncio.create_task(self._mark())
        return await asyncio.shield(self._marking)

    async def _mark(self) -> bool:
        await asyncio.sleep(GATHER_SECONDS)
        ids, self._gathered, self._marking = self._gathered, set(), None
        return await self._messages.amend(ids, UNTOUCHED, TAKEN, NOTHING_ELSE) == len(ids)

    async def _alone(self, id: str, meta: Meta) -> None:
        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            if current is None or current.message.direction is not Direction.INBOUND:
                return None
            after = taken(current)
            return None if after is current else Decision(after)

        await self._messages.change(id, meta, decide)
