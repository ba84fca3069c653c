"""What end-to-end tests stand on: one product for all that is bad to it, with a shop and whoever calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.demo.client import Client
from tests.support.product import Caller, Product, caller, keyed, running
from tests.support.receiver import listening
from tests.support.shop import Network, Replies, Shop, open_shop

GENEROUS = {
    f"ingest_{name}": "1000000/minute"
    for name in ("visitor_messages", "address_messages", "address_sessions", "address_reads")
} | {"gateway_requests_per_minute": "1000000"}


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    """One that may be abused; modules that need their own make their own."""
    with running(Path(tmp_path_factory.mktemp("abused")), rabbit_url, mongo_url, **GENEROUS) as found:
        yield found


@pytest.fixture(scope="package")
async def replies() -> AsyncIterator[Replies]:
    async with listening(Replies()) as found:
        yield found


@pytest.fixture(scope="package")
async def shop(product: Product, replies: Replies) -> Shop:
    with Client(product.url, product.key) as client:
        return await asyncio.to_thread(open_shop, client, replies.url)


@pytest.fixture(scope="package")
async def machine(product: Product) -> AsyncIterator[Caller]:
    async with keyed(product) as found:
        yield found


@pytest.fixture(scope="package")
async def stranger(product: Product) -> AsyncIterator[Caller]:
    """Whoever can reach the port."""
    async with caller(product.url) as found:
        yield found


@pytest.fixture(scope="package")
async def network(stranger: Caller, shop: Shop) -> Network:
    return Network(stranger.http, shop.channel, shop.inbound)


@pytest.fixture(scope="package")
async def conversation(machine: Caller, network: Network) -> str:
    """One to be bad to."""
    found = await network.says("a good customer", "Hello, how do I send this back?")
    await machine.becomes(found, status="new")
    return found
