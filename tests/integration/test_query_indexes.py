"""Every query begins with an index, and every index answers one: each costs something with every write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from prometheus_client import CollectorRegistry
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.csat.repository import Invitations
from services.gateway.domain.access import Access, Membership
from services.gateway.domain.listing import Wanted as Listed
from services.gateway.records import SetupLink
from services.gateway.repository import Kept
from services.gateway.rows import Rows
from services.routing.repository import Conversations
from shared.bus import Envelope
from shared.clock import SystemClock
from shared.contracts.surveys import Wanted
from shared.contracts.words import Right, Role, Status
from shared.store.client import Pools, Store
from shared.store.metrics import StoreMetrics

pytestmark = pytest.mark.integration
CLOCK = SystemClock()
NOW = CLOCK.now()
SINCE, UNTIL = NOW - timedelta(days=1), NOW


@dataclass(frozen=True)
class Query:
    """The document paths that a query has conditions on, and those it sorts by."""

    conditions: frozenset[str]
    order: tuple[str, ...] = ()

    def is_answered_by(self, keys: Sequence[str]) -> bool:
        """Whether an index with these keys is the one meant for it: its second key is asked for or sorted by, too."""
        return self.begins_with(keys) and all(key in self.conditions or key in self.order for key in keys[1:2])

    def begins_with(self, keys: Sequence[str]) -> bool:
        """Whether an index with these keys spares reading the whole collection."""
        return keys[0] in self.conditions


class Asked(CommandListener):
    """What is asked of each collection."""

    def __init__(self) -> None:
        self.of: dict[str, list[Query]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        command = event.command
        match event.command_name:
            case "find":
                found = [(command["filter"], command.get("sort", {}))]
            case "aggregate":
                stages = command["pipeline"]
                found = [(stages[0]["$match"], next((each["$sort"] for each in stages if "$sort" in each), {}))]
            case "update":
                found = [(one["q"], {}) for one in command["updates"]]
            case "delete":
                found = [(one["q"], {}) for one in command["deletes"]]
            case _:
                return
        queries = [Query(frozenset(conditions), tuple(order)) for conditions, order in found]
        self.of.setdefault(command[event.command_name], []).extend(queries)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


class Desk:
    """A database whose queries are noted."""

    def __init__(self, client: AsyncIOMotorClient, asked: Asked, prefix: str) -> None:
        self._asked = asked
        self._store = Store(Pools(client, client), prefix, StoreMetrics.of(CollectorRegistry()))
        self.database = self._store.database("queries")

    async def check(self, collection: str) -> None:
        """The embedded server's own explanations do not say what it does, so queries are held against the keys."""
        indexes = await self.database.driver[collection].index_information()
        keys = {name: [path for path, _ in index["key"]] for name, index in indexes.items()}
        queries = self._asked.of[collection]
        unused = [name for name, key in keys.items() if not any(query.is_answered_by(key) for query in queries)]
        scanning = [query for query in queries if not any(query.begins_with(key) for key in keys.values())]
        assert (unused, scanning) == ([], [])

    async def close(self) -> None:
        await self._store.close()


@pytest.fixture
async def desk(mongo_url: str, prefix: str) -> AsyncIterator[Desk]:
    asked = Asked()
    client: AsyncIOMotorClient = AsyncIOMotorClient(
        mongo_url, event_listeners=[asked], tz_aware=True, retryWrites=False
    )
    desk = Desk(client, asked, prefix)
    yield desk
    await desk.close()


async def nowhere(_entry: Envelope) -> None:
    """Nobody listens."""


async def test_routing_s_conversations(desk: Desk) -> None:
    conversations = Conversations(desk.database, publish=nowhere, clock=CLOCK)
    await conversations.start()
    await conversations.outbox.sweep()
    await conversations.due(UNTIL, after=SINCE, limit=10)
    await conversations.waiting(after=None, limit=10)
    await conversations.held(["ana", "ben"])
    await conversations.owned_open("ana")
    await conversations.open(after=None, limit=10)
    await conversations.get("c1")
    await desk.check("conversations")
    await conversations.stop()


async def test_csat_s_invitations(desk: Desk) -> None:
    invitations = Invitations(desk.database, publish=nowhere, clock=CLOCK)
    await invitations.start()
    await invitations.outbox.sweep()
    await invitations.due(UNTIL, after=SINCE, limit=10)
    for answered in (True, False):
        wanted = Wanted(start=SINCE, end=UNTIL, agent="ana", topic="t")
        await invitations.sent_page(wanted, answered=answered, after=None, limit=10)
    await invitations.get("i1")
    await desk.check("invitations")
    await invitations.stop()


async def test_the_gateway_s_rows(desk: Desk) -> None:
    rows = Rows(desk.database, CLOCK)
    await rows.start()
    admin = Access("root", role=Role.ADMIN)
    agent = Access("ana", channels={"chat": Right.CONTRIBUTOR}, memberships=(Membership("t", Right.VIEWER),))
    for access in (admin, agent):
        for wanted in (Listed(), Listed(sort="newest", channel="chat"), Listed(status=Status.PENDING, owner="ana")):
            await rows.page(access, wanted, None, 10)
        await rows.page(access, Listed(status=Status.RESOLVED, sort="oldest"), None, 10)
        await rows.changed_since(access, SINCE)
    await rows.standing()
    await rows.placed("c1")
    await desk.check("rows")
    await rows.stop()


async def test_what_else_the_gateway_keeps(desk: Desk) -> None:
    kept = Kept.of(desk.database)
    await kept.start()
    await kept.accounts.sessions_of("ana")
    await kept.accounts.end_sessions("ana", "s1")
    await kept.accounts.ended_sessions(SINCE, UNTIL, 10)
    await kept.accounts.session("s1")
    await kept.accounts.key_by_hash("h")
    await kept.accounts.has_key("k1")
    await kept.accounts.take_link("l1", NOW)
    await kept.notifications.about("clock")
    await kept.notifications.page("ana", None, 10)
    await kept.notifications.unread("ana")
    await kept.notifications.read("ana", None)
    await kept.notifications.read("ana", ["n1"])
    await kept.admin_log.page("word", None, None, 10)
    assert [entry async for entry in kept.admin_log.between(SINCE, UNTIL)] == []
    await kept.accounts.add_link(SetupLink(id="l2", user="ana", ends_at=UNTIL))
    for collection in ("sessions", "api_keys", "setup_links", "notifications"):
        await desk.check(collection)
