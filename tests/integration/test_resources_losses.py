"""Copies of settings over a connection that breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import structlog

from services.sla.resources import declarations
from shared.clock import SystemClock
from shared.contracts.resources import CreateResource, ResourceChanged
from shared.contracts.settings import Policy
from shared.errors import RetryLater, TimedOut
from shared.resources import Replicas, ResourceOwner, settings_table
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises
from tests.support.wire import Wire

pytestmark = pytest.mark.integration


@pytest.fixture
async def place(rabbit_url: str, mongo_url: str, prefix: str) -> AsyncIterator[Premises]:
    services = ("sla", "routing", "gateway")
    async with premises(mongo_url, prefix, only(ResourceChanged, services=services), rabbit_url=rabbit_url) as place:
        yield place


@pytest.fixture
async def wire(rabbit_url: str) -> AsyncIterator[Wire]:
    wire = Wire(rabbit_url)
    yield wire
    await wire.close()


async def test_a_copy_catches_up_as_soon_as_its_broker_is_back(place: Premises, wire: Wire) -> None:
    owning, copying, asking = (
        await place.bus("sla"),
        await place.bus("routing", await wire.open()),
        await place.bus("gateway"),
    )
    owner = ResourceOwner(place.database("sla"), declarations(), bus=owning, vault=place.vault, clock=SystemClock())
    await owner.start()
    await owning.start(settings_table(owner, None))
    replicas = Replicas(place.database("routing"), (Policy,), bus=copying, log=structlog.get_logger())
    await copying.start(settings_table(None, replicas))
    await replicas.start()
    place.exits.push_async_callback(owner.stop)
    place.exits.push_async_callback(replicas.stop)

    wire.cut(down=True)
    await eventually(lambda: copying.healthy() is not None)
    value = {"name": "Care", "channels": ["ch-1"], "first_minutes": 10}
    made = await asking.ask(CreateResource(kind="policies", value=value), service="sla")
    assert replicas.book(Policy).all() == {}
    wire.down = False
    await eventually(lambda: made.id in replicas.book(Policy).all())


async def test_with_the_broker_away_settings_are_refused_with_try_again(place: Premises, wire: Wire) -> None:
    asking = await place.bus("gateway", await wire.open())
    wire.cut(down=True)
    await eventually(lambda: asking.healthy() is not None)
    with pytest.raises((RetryLater, TimedOut)):
        await asking.ask(CreateResource(kind="policies", value={}), service="sla")
