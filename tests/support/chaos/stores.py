"""The services' databases as they lie there: read by their own repositories, written by nobody here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from pymongo import AsyncMongoClient

from services.csat.domain.invitations import Invitation
from services.csat.repository import Invitations
from services.ingest.domain.message import StoredMessage
from services.ingest.repository import IngestRepository
from services.routing.repository import Conversations
from services.sla.repository import Clocks
from shared.bus import Envelope
from shared.clock import SystemClock
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.topology import SERVICES
from shared.store import Store, TrailRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 100_000
SOON = timedelta(minutes=5)
PRESENCE = ("routing", "agents")
"""Leases end soon for ever: as long as somebody is signed in."""


class Stores:
    """What was stored, whole."""

    def __init__(self, store: Store, client: AsyncMongoClient[dict[str, Any]], prefix: str) -> None:
        clock = SystemClock()
        self._client = client
        self._prefix = prefix
        self._known: list[tuple[str, str]] = []
        self._ingest = IngestRepository(store.database("ingest"), publish=_mute, clock=clock)
        self._conversations = Conversations(store.database("routing"), publish=_mute, clock=clock)
        self._clocks = Clocks(store.database("sla"), publish=_mute, clock=clock)
        self._invitations = Invitations(store.database("csat"), publish=_mute, clock=clock)

    async def messages(self) -> list[StoredMessage]:
        return await self._ingest.messages.find({}, limit=MOST)

    async def mails(self) -> int:
        """How many mails of contacts there are."""
        messages = self._client[f"{self._prefix}_ingest"]["messages"]
        return await messages.count_documents({"state.medium": "email", "state.message.direction": "inbound"})

    async def conversations(self) -> list[ConversationSnapshot]:
        return await self._conversations.find({}, limit=MOST)

    async def invitations(self) -> list[Invitation]:
        return await self._invitations.find({}, limit=MOST)

    async def clocks(self) -> list[ClockSnapshot]:
        return await self._clocks.find({}, limit=MOST)

    async def trail(self, conversation: str) -> list[TrailRecord]:
        """Every change of a conversation, by version."""
        found: list[TrailRecord] = []
        after: str | None = None
        while True:
            page = await self._conversations.trail(conversation, after=after)
            found += page.items
            if (after := page.next) is None:
                return found

    async def unsent(self) -> dict[str, int]:
        """Documents with something in their outbox, by collection."""
        return await self._count({"unsent_since": {"$gte": EPOCH}})

    async def parked(self) -> dict[str, int]:
        """Documents whose timer was given up."""
        return await self._count({"parked_at": {"$gte": EPOCH}})

    async def due(self, *, but: tuple[str, ...] = ()) -> dict[str, int]:
        """Documents that time will change soon, by collection; not those of the services ``but``."""
        soon = {"wake_at": {"$gte": EPOCH, "$lte": datetime.now(UTC) + SOON}}
        found = await self._count(soon, but=but)
        found.pop(".".join(PRESENCE), None)
        return found

    async def _count(self, filter: dict[str, Any], *, but: tuple[str, ...] = ()) -> dict[str, int]:
        found: dict[str, int] = {}
        for service, collection in await self._aggregates():
            if service not in but:
                documents = self._client[f"{self._prefix}_{service}"][collection]
                if count := await documents.count_documents(filter):
                    found[f"{service}.{collection}"] = count
        return found

    async def _aggregates(self) -> list[tuple[str, str]]:
        """(service, collection) of everything that has an outbox or a timer."""
        if not self._known:
            for service in SERVICES:
                names = await self._client[f"{self._prefix}_{service}"].list_collection_names()
                self._known += [(service, name) for name in sorted(names) if not name.endswith("_trail")]
        return self._known


@asynccontextmanager
async def stores(url: str, prefix: str, *, embedded: bool) -> AsyncIterator[Stores]:
    """Connected while the block lasts."""
    store = await Store.connect(url, prefix, embedded=embedded, metrics=CollectorRegistry())
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True)
    try:
        yield Stores(store, client, prefix)
    finally:
        await client.close()
        await store.close()


async def _mute(_: Envelope) -> None:
    raise AssertionError("the test publishes nothing")
