"""Files in the database: once, bounded, readable in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from shared.errors import NotFound, TooLarge
from shared.store import Blob, Blobs, Store

pytestmark = pytest.mark.integration


@pytest.fixture
async def blobs(mongo_url: str, prefix: str) -> AsyncIterator[Blobs]:
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    yield Blobs(store.database("test"))
    await store.close()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_bytes_come_back_whole_and_in_pieces(blobs: Blobs) -> None:
    data = bytes(range(256)) * 3000
    stored = await blobs.put(
        "a", pieces(data[:5], data[5:700_000], data[700_000:]), name="x.png", type="image/png", limit=10**6
    )
    assert stored == Blob("a", "x.png", "image/png", len(data)) == await blobs.about("a")
    assert await blobs.read("a", 0, 10**6) == data
    assert await blobs.read("a", 300_000, 100) == data[300_000:300_100]
    assert await blobs.read("a", len(data) + 5) == b""


async def test_an_id_keeps_its_first_bytes(blobs: Blobs) -> None:
    await blobs.put("a", b"first", type="text/plain", limit=10)
    assert (await blobs.put("a", b"second one", type="text/plain", limit=10)).size == 5
    assert await blobs.read("a") == b"first"


async def test_what_is_over_the_limit_leaves_nothing(blobs: Blobs) -> None:
    with pytest.raises(TooLarge):
        await blobs.put("a", pieces(b"x" * 300_000, b"x" * 300_000), type="text/plain", limit=500_000)
    assert await blobs.about("a") is None
    assert (await blobs.put("a", b"ok", type="text/plain", limit=5)).size == 2


async def test_what_is_not_there_is_not_found_and_may_be_deleted(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        await blobs.read("a")
    await blobs.delete("a")
    await blobs.put("a", b"", type="text/plain", limit=5)
    assert await blobs.read("a") == b""
    await blobs.delete("a")
    assert await blobs.about("a") is None
