"""Ingest on a real store and a real broker, which goes away and comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus import Bus, consumes
from shared.clock import SystemClock
from shared.contracts.messages import MessageReceived, ReadTimeline
from shared.store import Store
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_house, message
from tests.support.listener import Listener
from tests.support.servers import LocalRabbit

pytestmark = pytest.mark.integration


@pytest.fixture
def own_rabbit(tmp_path: Path) -> Iterator[LocalRabbit]:
    broker = LocalRabbit(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def routing() -> Listener:
    """Stands where routing would."""
    return Listener()


async def connected(url: str, prefix: str, service: str) -> Bus:
    bus = Bus(url, prefix, service=service, metrics=CollectorRegistry(), clock=SystemClock())
    await bus.connect()
    return bus


@pytest.fixture
async def house(mongo_url: str, own_rabbit: LocalRabbit, prefix: str, routing: Listener) -> AsyncIterator[House]:
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    bus = await connected(own_rabbit.url, prefix, "ingest")
    other = await connected(own_rabbit.url, prefix, "routing")
    await other.start([consumes(MessageReceived, routing)])
    async with ingest_house(store, bus) as house:
        yield house
        await other.stop_consuming()
    await other.close()
    await bus.close()
    await store.close()


async def test_what_is_accepted_while_the_broker_is_dead_is_said_once_it_is_back(
    house: House, own_rabbit: LocalRabbit, routing: Listener
) -> None:
    channel = await house.webhook()
    await house.deliver(channel, {"messages": [message("before")]})
    await routing.times(1)
    own_rabbit.kill()
    for _ in range(3):
        answer = await house.deliver(channel, {"messages": [message("during", "kept")]})
        assert answer.status_code == 200
    own_rabbit.spawn()

    def heard() -> set[str | None]:
        return {event.message.external_id for event, _ in routing.heard if isinstance(event, MessageReceived)}

    # The first may come again: a broker that dies at once has not seen that it was taken.
    await eventually(lambda: heard() == {"before", "during"}, within=90)
    assert len({meta.event_id for _, meta in routing.heard}) == 2
    (event, _), *_ = routing.heard
    assert isinstance(event, MessageReceived)

    async def readable() -> bool:
        timeline = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))
        return len(timeline.messages) == 2

    await eventually(readable)
