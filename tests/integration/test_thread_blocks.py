"""Blocked public threads (CH-10): what answers them is dropped at ingest's door until an admin undoes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.contracts.messages import MessageReceived
from shared.contracts.resources import CreateResource, DeleteResource
from shared.errors import Conflict
from tests.support.ingest import House, ingest_at, message

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix) as house:
        yield house


async def test_CH_10_replies_to_a_blocked_thread_do_not_enter_until_it_is_undone(house: House) -> None:
    channel, other = await house.webhook(), await house.webhook()

    async def deliver(id: str, where: str = channel, root: str = "post-1", **fields: str) -> int:
        kind = {"visibility": "public", "kind": "comment", "root": root, **fields}
        answer = await house.deliver(where, {"messages": [message(id, address=f"author of {id}", **kind)]})
        assert answer.status_code == 200
        stored: int = answer.json()["stored"]
        return stored

    assert await deliver("m1") == 1
    value = {"name": "A quarrel", "channel": channel, "root": "post-1"}
    block = await house.bus.ask(CreateResource(kind="thread-blocks", value=value), service="ingest")
    with pytest.raises(Conflict):
        await house.bus.ask(CreateResource(kind="thread-blocks", value=value), service="ingest")
    assert await deliver("m2") == await deliver("m3") == 0
    assert await deliver("m4", root="post-2") == await deliver("m5", where=other) == 1
    private = {"messages": [message("m6", address="author of m2")]}
    assert (await house.deliver(channel, private)).json()["stored"] == 1
    await house.bus.ask(DeleteResource(kind="thread-blocks", id=block.id, version=block.version), service="ingest")
    assert await deliver("m7") == 1
    assert [one.message.external_id for one in house.said(MessageReceived)] == ["m1", "m4", "m5", "m6", "m7"]
