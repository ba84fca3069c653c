"""A process killed while it calls a webhook: the next one delivers, under the same event id, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.demo.client import Client
from services.automation.domain.deliveries import LEASE
from tests.support.eventually import eventually
from tests.support.product import Product, caller, keyed, running
from tests.support.receiver import Receiver, listening, receiver
from tests.support.shop import Network, Replies, open_shop

pytestmark = [pytest.mark.integration, pytest.mark.long]
MESSAGES = 20


@pytest.fixture
def product(tmp_path: Path, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    with running(tmp_path, rabbit_url, mongo_url) as found:
        yield found


@pytest.fixture
async def endpoint() -> AsyncIterator[Receiver]:
    async with receiver() as found:
        yield found


async def test_nothing_is_lost_by_a_kill_and_ids_stay(product: Product, endpoint: Receiver) -> None:
    async with keyed(product) as machine, caller(product.url) as stranger, listening(Replies()) as replies:
        with Client(product.url, product.key) as client:
            shop = await asyncio.to_thread(open_shop, client, replies.url)
        network = Network(stranger.http, shop.channel, shop.inbound)
        value = {"name": "CRM", "url": endpoint.url, "events": ["message.received"]}
        await machine.post("/api/settings/webhooks", value)
        endpoint.usual = None  # it hangs
        for number in range(MESSAGES):
            await network.says(f"customer {number}", "Hello?")
        await endpoint.got(4)
        product.process.kill()
        hung = {one.headers["webhook-id"]: one.body for one in endpoint.requests}
        endpoint.requests.clear()
        endpoint.usual = (200, {}, b"")
        product.process.start()
        await eventually(lambda: len({one.headers["webhook-id"] for one in endpoint.requests}) == MESSAGES, 240)
    again = {one.headers["webhook-id"]: one.body for one in endpoint.requests}
    assert hung.items() <= again.items()
    assert len({one.json()["data"]["conversation_id"] for one in endpoint.requests}) == MESSAGES
    print(f"\n{len(hung)} calls were cut off; all {MESSAGES} arrived within {LEASE.total_seconds():.0f} s of lease")
