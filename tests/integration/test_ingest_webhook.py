"""The generic webhook on a real store: stored before acknowledged, once, whatever arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from shared.contracts.messages import MessageReceived, ReadTimeline
from shared.store import Store
from tests.support.bus import FakeBus
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_house, message

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    try:
        async with ingest_house(store, FakeBus("ingest")) as house:
            yield house
    finally:
        await store.close()


def said(house: House) -> list[MessageReceived]:
    assert isinstance(house.bus, FakeBus)
    return house.bus.said(MessageReceived)


async def test_CH_04_a_delivery_repeated_three_times_is_stored_once_with_one_event(house: House) -> None:
    channel = await house.webhook()
    body = {"messages": [message("m-1", "hola", name="Ana", attributes={"city": "Vigo"})]}
    answers = [await house.deliver(channel, body) for _ in range(3)]
    assert [answer.json() for answer in answers] == [
        {"stored": 1, "known": 0, "receipts": 0, "rejected": []},
        {"stored": 0, "known": 1, "receipts": 0, "rejected": []},
        {"stored": 0, "known": 1, "receipts": 0, "rejected": []},
    ]
    await eventually(lambda: said(house))
    (event,) = said(house)
    assert (event.message.text, event.contact.name, event.contact.attributes) == ("hola", "Ana", {"city": "Vigo"})
    timeline = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))
    assert [one.id for one in timeline.messages] == [event.message.id]
