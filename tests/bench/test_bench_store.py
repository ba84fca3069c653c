"""Measures the store: round trips and CPU per change, changes a second, alone and in bursts. ``pytest -m bench -s``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.envelope import Envelope
from shared.clock import SystemClock
from shared.store import Aggregates, Projection, Store
from tests.support.store_examples import Case, cause, count

pytestmark = [pytest.mark.bench, pytest.mark.integration]


class Measured:
    """A store whose round trips are counted."""

    def __init__(self, store: Store, registry: CollectorRegistry) -> None:
        self.store = store
        self._registry = registry
        self.said = 0

    async def hear(self, _: Envelope) -> None:
        self.said += 1

    def aggregates(self, name: str) -> Aggregates[Case]:
        return Aggregates(self.store.database("bench"), name, Case, publish=self.hear, clock=SystemClock(), trail=True)

    def round_trips(self) -> float:
        return sum(
            sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == "switchboard_store_operations_total"
        )

    async def measure(self, what: str, number: int, work: Callable[[], Coroutine[Any, Any, object]]) -> float:
        """Prints and returns how many a second."""
        trips, cpu, began = self.round_trips(), time.process_time(), time.perf_counter()
        await work()
        took = time.perf_counter() - began
        cpu, trips = time.process_time() - cpu, self.round_trips() - trips
        print(
            f"\n{what}: {number / took:.0f}/s, {trips / number:.2f} round trips and "
            f"{cpu / number * 1000:.2f} ms of our CPU each (embedded server, {number} of them)"
        )
        return number / took


@pytest.fixture
async def measured(mongo_url: str, prefix: str) -> AsyncIterator[Measured]:
    registry = CollectorRegistry()
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=registry)
    yield Measured(store, registry)
    await store.close()


async def test_changes_alone(measured: Measured) -> None:
    cases = measured.aggregates("alone")
    await cases.start()

    async def work() -> None:
        for n in range(300):
            await cases.change(f"k{n % 30}", cause(), count(f"k{n % 30}"))
        await cases.stop()

    assert await measured.measure("one change after another, 30 aggregates", 300, work) > 5
    assert measured.said == 300


async def test_changes_in_bursts(measured: Measured) -> None:
    cases = measured.aggregates("bursts")
    await cases.start()

    async def work() -> None:
        for burst in range(20):
            ids = [f"k{(burst * 50 + n) % 200}" for n in range(50)]
            await asyncio.gather(*(cases.change(id, cause(), count(id)) for id in ids))
        await cases.stop()

    assert await measured.measure("50 changes at once, 200 aggregates", 1000, work) > 20
    assert measured.said == 1000


async def test_a_steady_twenty_a_second(measured: Measured) -> None:
    cases = measured.aggregates("steady")
    await cases.start()

    async def work() -> None:
        tasks = []
        for n in range(100):
            tasks.append(asyncio.create_task(cases.change(f"k{n % 40}", cause(), count(f"k{n % 40}"))))
            await asyncio.sleep(0.05)
        await asyncio.gather(*tasks)
        await cases.stop()

    await measured.measure("20 a second, tidying and sweeping included", 100, work)
    assert measured.said == 100


async def test_insertions(measured: Measured) -> None:
    cases = measured.aggregates("inserted")
    await cases.start()

    async def work() -> None:
        for burst in range(20):
            await asyncio.gather(*(cases.insert(Case(id=f"i{burst}-{n}"), cause()) for n in range(50)))
        await cases.stop()

    assert await measured.measure("50 insertions at once", 1000, work) > 20


async def test_projections(measured: Measured) -> None:
    rows = Projection(measured.store.database("bench"), "rows", clock=SystemClock())
    await rows.start()

    async def work() -> None:
        for version in range(10):
            sources = ("conversation", "message") if version % 2 else ("conversation",)
            await asyncio.gather(
                *(rows.project(f"r{n}", source, version, {"n": n}) for n in range(100) for source in sources)
            )

    assert await measured.measure("rows projected, 100 at once", 1500, work) > 20
