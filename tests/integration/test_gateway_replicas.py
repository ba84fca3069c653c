"""Two gateways on one real broker and one real store are one gateway to whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest
import structlog
from prometheus_client import CollectorRegistry

from services.gateway.api.pages import Pages
from services.gateway.main import Gateway
from services.gateway.settings import GatewaySettings
from shared.bus import Bus, envelope
from shared.clock import SystemClock
from shared.contracts.conversations import ConversationChanged
from shared.ids import new_id
from shared.runtime import Runtime
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Store
from tests.support.eventually import eventually
from tests.support.gateway import Client, open_page, served
from tests.support.neighbours import a_conversation, a_message

pytestmark = pytest.mark.integration


@dataclass
class Replica:
    gateway: Gateway
    bus: Bus
    url: str
    http: httpx2.AsyncClient

    async def sign_in(self, email: str, password: str) -> Client:
        http = self.http
        answer = await http.post("/api/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Client(http, answer.json())


@asynccontextmanager
async def replica(rabbit_url: str, mongo_url: str, prefix: str) -> AsyncIterator[Replica]:
    registry = CollectorRegistry()
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=registry)
    bus = Bus(rabbit_url, prefix, service="gateway", metrics=registry, clock=SystemClock())
    await bus.connect()
    runtime = Runtime(
        settings=CommonSettings(),
        clock=SystemClock(),
        bus=bus,
        store=store,
        metrics=registry,
        vault=Vault(["k" * 32]),
        log=structlog.get_logger("test"),
        stopping=asyncio.Event(),
    )
    gateway = Gateway(runtime, GatewaySettings(ask_seconds=15, sign_ins_per_minute=1000), Pages())
    await gateway.start()
    try:
        async with served(gateway.app) as url, httpx2.AsyncClient(base_url=url, timeout=20) as http:
            try:
                yield Replica(gateway, bus, url, http)
            finally:
                runtime.stopping.set()
    finally:
        await gateway.stop()
        await bus.close()
        await store.close()


async def test_what_one_gateway_hears_or_does_shows_at_once_on_the_other(
    rabbit_url: str, mongo_url: str, prefix: str
) -> None:
    async with AsyncExitStack() as stack:
        starting = (stack.enter_async_context(replica(rabbit_url, mongo_url, prefix)) for _ in range(2))
        one, two = sorted(await asyncio.gather(*starting), key=lambda each: each.gateway.greeting() is None)
        once = (one.gateway.greeting() or "").split("one-time password ")[1].split("\n")[0]
        assert two.gateway.greeting() is None, "only one of them makes the first admin"
        first = await one.sign_in("admin@switchboard.local", once)
        changed = await first("POST", "/api/session/password", {"old": once, "new": "correct horse battery"})
        admin = Client(first.http, changed.json())
        made = (await admin("POST", "/api/settings/users", {"name": "Eva", "email": "eva@example.org"})).json()
        token = made["invite"]["link"].split("token=")[1]
        async with httpx2.AsyncClient(base_url=one.url, timeout=20) as http:
            set_up = await http.post("/api/password", json={"token": token, "password": "password of eva"})
        assert set_up.status_code == 200, set_up.text
        eva = await _signed_in(two)

        async with open_page(two.url, eva) as page:
            read = await admin("GET", f"/api/settings/users/{made['id']}")
            assert read.status_code == 200, read.text
            stored = read.json()
            value = {**stored["value"], "channels": [{"channel": "chat"}]}
            put = await admin("PUT", f"/api/settings/users/{made['id']}", value, {"If-Match": str(stored["version"])})
            assert put.status_code == 200, put.text
            assert (await page.until("resync"))["reason"] == "rights"
        async with open_page(two.url, eva) as page:
            for number in range(1, 11):
                conversation = a_conversation(number)
                event = ConversationChanged(
                    conversation=conversation, changes=(), message=a_message(conversation, id=f"m{number}")
                )
                await one.bus.publish(envelope(event, cause=None, event_id=new_id(), now=datetime.now(UTC)))
            await eventually(lambda: len({row["id"] for row in page.of("row")}) == 10, within=30)
            listed = (await eva("GET", "/api/conversations")).json()["items"]
            assert len(listed) == 10
            stored = (await admin("GET", f"/api/settings/users/{made['id']}")).json()
            gone = {**stored["value"], "active": False}
            await admin("PUT", f"/api/settings/users/{made['id']}", gone, {"If-Match": str(stored["version"])})
            await eventually(lambda: page.ended, within=30)
        assert (await eva("GET", "/api/session")).status_code == 401


async def _signed_in(two: Replica) -> Client:
    """Eva at the other gateway, as soon as it has heard of her."""
    http = two.http
    body = {"email": "eva@example.org", "password": "password of eva"}

    async def answer() -> httpx2.Response | None:
        found = await http.post("/api/session", json=body)
        return found if found.status_code == 200 else None

    found = await eventually(answer, within=30)
    assert found is not None
    return Client(http, found.json())
