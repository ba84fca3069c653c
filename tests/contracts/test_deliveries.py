"""What every store of webhook deliveries keeps to: the real one and the one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TypeAlias

import pytest
from prometheus_client import CollectorRegistry

from services.automation.domain.deliveries import Delivery, Result, attempted, came_out, held, made, masked
from services.automation.domain.telling import Telling, of_test
from services.automation.repository.deliveries import Deliveries, indexed
from shared.bus import Envelope
from shared.contracts.base import SYSTEM
from shared.contracts.webhooks import DeliveryStatus
from shared.store import Decision, Store
from tests.support.clock import START, ManualClock
from tests.support.store_examples import cause
from tests.support.webhooks import MemoryDeliveries

Any: TypeAlias = Deliveries | MemoryDeliveries
SECOND = timedelta(seconds=1)


async def _nothing(_said: Envelope) -> None:
    raise AssertionError("deliveries say nothing")


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.integration)])
async def deliveries(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Any]:
    clock = ManualClock()
    if request.param == "memory":
        yield MemoryDeliveries(Delivery, clock=clock, name="deliveries", document=indexed)
        return
    url = request.getfixturevalue("mongo_url")
    store = await Store.connect(url, prefix, embedded=True, metrics=CollectorRegistry())
    found = Deliveries(store.database("automation"), publish=_nothing, clock=clock)
    await found.start()
    yield found
    await found.stop()
    await store.close()


def fresh(number: int, webhook: str = "crm", *, message: str | None = None, at: datetime | None = None) -> Delivery:
    """Delivery number so and so, a second after the one before."""
    test = of_test(f"e{number}", START, webhook, "CRM", SYSTEM)
    telling = Telling(test.id, test.type, test.at, test.data, "c1", message)
    return made(webhook, telling, at or START + number * SECOND)


async def test_the_log_is_by_webhook_and_status_newest_first_in_pages(deliveries: Any) -> None:
    for number in range(5):
        state = fresh(number)
        done = came_out(attempted(state, START, "me"), Result(200, 1), START, 0.5)
        assert await deliveries.insert(done if number % 2 else state, cause())
        assert not await deliveries.insert(state, cause())
    await deliveries.insert(fresh(9, "other"), cause())
    first = await deliveries.log("crm", None, None, 3)
    rest = await deliveries.log("crm", None, first.next, 3)
    assert [one.event for one in (*first.items, *rest.items)] == ["e4", "e3", "e2", "e1", "e0"]
    delivered = await deliveries.log("crm", DeliveryStatus.DELIVERED, None, 10)
    assert [one.event for one in delivered.items] == ["e3", "e1"]


async def test_what_is_held_in_a_lane_is_found_oldest_first_until_it_is_taken_up(deliveries: Any) -> None:
    for number in (2, 0, 1):
        await deliveries.insert(held(fresh(number), START), cause())
    await deliveries.insert(fresh(3), cause())
    await deliveries.insert(held(fresh(4, "other"), START), cause())
    found = await deliveries.held("crm", 2)
    assert [one.event for one in found] == ["e0", "e1"]
    await deliveries.change(found[0].id, cause(), lambda one: Decision(attempted(one, START, "me")) if one else None)
    assert [one.event for one in await deliveries.held("crm", 9)] == ["e1", "e2"]


async def test_payloads_with_a_messages_text_are_found_until_it_is_masked(deliveries: Any) -> None:
    for number, message in enumerate(("m1", "m1", "m2", None)):
        await deliveries.insert(fresh(number, message=message), cause())
    found = await deliveries.telling_of("m1", 10)
    assert sorted(one.event for one in found) == ["e0", "e1"]
    for one in found:
        await deliveries.change(one.id, cause(), lambda state: Decision(masked(state)) if state else None)
    assert await deliveries.telling_of("m1", 10) == []


async def test_whether_anything_reached_the_webhook_lately(deliveries: Any) -> None:
    later = START + timedelta(hours=2)
    failed = came_out(attempted(fresh(0), later, "me"), Result(500, 1), later, 0.5)
    await deliveries.insert(failed, cause())
    assert not await deliveries.any_delivered("crm", START)
    await deliveries.insert(came_out(attempted(fresh(1), later, "me"), Result(200, 1), later, 0.5), cause())
    assert await deliveries.any_delivered("crm", START)
    assert await deliveries.any_delivered("crm", later)
    assert not await deliveries.any_delivered("crm", later + SECOND)
    assert not await deliveries.any_delivered("other", START)


async def test_what_is_older_than_the_log_is_forgotten(deliveries: Any) -> None:
    for number in range(4):
        await deliveries.insert(fresh(number), cause())
    assert await deliveries.drop_before(START + 2 * SECOND) == 2
    assert [one.event for one in (await deliveries.log("crm", None, None, 10)).items] == ["e3", "e2"]
