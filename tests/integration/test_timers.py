"""Timers on a real store: on time, once, whoever runs them, whatever fails."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from pymongo import InsertOne

from shared.bus.envelope import Envelope
from shared.clock import SystemClock
from shared.store import Aggregates, Decision, Store
from shared.timers import Timers, Wake
from tests.support.eventually import eventually
from tests.support.store_examples import Case, CaseChanged, cause, count

pytestmark = pytest.mark.integration


def soon(seconds: float) -> datetime:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Bench:
    """Processes with timers on one collection, and what their wakes said."""

    def __init__(self, stores: list[Store]) -> None:
        self.stores = stores
        self.registries = [CollectorRegistry() for _ in stores]
        self.said: list[CaseChanged] = []
        self.all: list[Aggregates[Case]] = []
        self.timers: list[Timers[Case]] = []

    async def process(
        self, number: int, wake: Wake[Case], *, backoff: float = 0.01, poll: float = 1.5
    ) -> Aggregates[Case]:
        cases = Aggregates(
            self.stores[number].database("test"), "cases", Case, publish=self._hear, clock=SystemClock(), trail=False
        )
        await cases.start()
        timers = Timers(
            cases,
            wake,
            SystemClock(),
            metrics=self.registries[number],
            backoff=backoff,
            poll=poll,
            replica=f"r{number}",
        )
        self.all.append(cases)
        self.timers.append(timers)
        return cases

    async def stop(self) -> None:
        for timers in self.timers:
            await timers.stop()
        for cases in self.all:
            await cases.stop()

    def value(self, name: str, number: int = 0) -> float:
        return self.registries[number].get_sample_value(f"switchboard_timers_{name}", {"collection": "cases"}) or 0.0

    async def _hear(self, entry: Envelope) -> None:
        self.said.append(CaseChanged.model_validate_json(entry.body))

    @property
    def woken(self) -> Counter[str]:
        return Counter(event.case.id for event in self.said)


def ring(case: Case, now: datetime) -> Decision[Case]:
    """Counts, and is done."""
    rung = case.model_copy(update={"count": case.count + 1, "wake_at": None})
    return Decision(rung, says=(CaseChanged(case=rung),))


@pytest.fixture
async def bench(mongo_url: str, prefix: str) -> AsyncIterator[Bench]:
    stores = [await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry()) for _ in range(2)]
    made = Bench(stores)
    yield made
    await made.stop()
    for store in stores:
        await store.close()


async def test_what_this_process_saves_with_a_near_instant_rings_on_time_without_a_read(bench: Bench) -> None:
    cases = await bench.process(0, ring, poll=3600)
    await bench.timers[0].start()
    await asyncio.sleep(0.1)
    at = soon(0.4)
    await cases.insert(Case(id="a", wake_at=at), cause())
    await eventually(lambda: bench.woken["a"] == 1)
    late = bench.value("lag_seconds_sum")
    assert bench.value("lag_seconds_count") == 1
    assert 0 <= late < 1.0
    saved = await cases.get("a")
    assert saved is not None
    assert saved.wake_at is None


async def test_what_another_process_saved_rings_on_time(bench: Bench) -> None:
    cases = await bench.process(0, ring)
    other = await bench.process(1, ring)
    await bench.timers[0].start()
    for n in range(20):
        await other.insert(Case(id=f"k{n}", wake_at=soon(1.8)), cause())
    await eventually(lambda: len(bench.woken) == 20)
    assert bench.value("lag_seconds_sum") / 20 < 1.0
    assert await cases.count({"wake_at": {"$exists": True}}) == 0


async def test_every_instant_rings_once_with_two_processes(bench: Bench) -> None:
    first = await bench.process(0, ring)
    await bench.process(1, ring)
    for n in range(120):
        await first.insert(Case(id=f"k{n}", wake_at=soon(0.5 + n / 100)), cause())
    for timers in bench.timers:
        await timers.start()
    await eventually(lambda: len(bench.woken) == 120)
    await bench.stop()
    assert set(bench.woken.values()) == {1}
    assert bench.value("woken_total", 0) + bench.value("woken_total", 1) == 120


async def test_an_instant_that_is_moved_or_cancelled_does_not_ring(bench: Bench) -> None:
    cases = await bench.process(0, ring)
    await bench.timers[0].start()
    for id in ("moved", "cancelled", "kept"):
        await cases.insert(Case(id=id, wake_at=soon(0.6)), cause())

    def wake_at(id: str, at: datetime | None) -> Callable[[Case | None], Decision[Case]]:
        return lambda case: Decision((case or Case(id=id)).model_copy(update={"wake_at": at}))

    await cases.change("moved", cause(), wake_at("moved", soon(3600)))
    await cases.change("cancelled", cause(), wake_at("cancelled", None))
    await eventually(lambda: bench.woken["kept"] == 1)
    await asyncio.sleep(0.3)
    assert set(bench.woken) == {"kept"}
    assert bench.value("beaten_total") == 0


async def test_a_wake_may_set_the_next_instant_and_come_back_to_a_former_one(bench: Bench) -> None:
    def again(case: Case, now: datetime) -> Decision[Case]:
        after = soon(0.05) if case.count < 4 else None
        rung = case.model_copy(update={"count": case.count + 1, "wake_at": after})
        return Decision(rung, says=(CaseChanged(case=rung),))

    cases = await bench.process(0, again)
    await bench.timers[0].start()
    at = soon(0.05)
    await cases.insert(Case(id="a", wake_at=at), cause())
    await eventually(lambda: bench.woken["a"] == 5)

    await cases.change("a", cause(), lambda case: Decision(case.model_copy(update={"wake_at": at})) if case else None)
    await eventually(lambda: bench.woken["a"] == 6)


async def test_a_wake_that_fails_is_parked_after_eight_times_and_comes_back_with_the_next_change(bench: Bench) -> None:
    broken = True

    def wake(case: Case, now: datetime) -> Decision[Case] | None:
        if broken and case.id == "bad":
            raise LookupError("a bug")
        return ring(case, now)

    cases = await bench.process(0, wake, backoff=0.001)
    await bench.timers[0].start()
    await cases.insert(Case(id="bad", wake_at=soon(0)), cause())
    await cases.insert(Case(id="good", wake_at=soon(0.1)), cause())
    await eventually(lambda: bench.value("parked_total") == 1)
    assert bench.value("failed_total") == 8
    assert bench.woken["good"] == 1
    assert await cases.due(soon(10), after=None, limit=5) == []

    broken = False
    await cases.change("bad", cause(), count("bad"))
    await eventually(lambda: bench.woken["bad"] >= 2)


async def test_a_wake_that_moves_nothing_is_a_failure_not_a_loop(bench: Bench) -> None:
    wakes = 0

    def stuck(case: Case, now: datetime) -> Decision[Case] | None:
        nonlocal wakes
        wakes += 1
        return None if wakes % 2 else Decision(case.model_copy(update={"count": case.count + 1}))

    cases = await bench.process(0, stuck, backoff=0.001)
    await bench.timers[0].start()
    await cases.insert(Case(id="a", wake_at=soon(0)), cause())
    await eventually(lambda: bench.value("parked_total") == 1)
    assert bench.value("failed_total") == 8
    assert (await cases.get("a")) is not None


async def test_a_backlog_is_worked_off_and_later_ones_still_ring(bench: Bench) -> None:
    cases = await bench.process(0, ring)
    await fill(bench, "old", 700, wake_at=soon(-3600))
    await bench.timers[0].start()
    await cases.insert(Case(id="new", wake_at=soon(1)), cause())
    await eventually(lambda: len(bench.woken) == 701)
    assert set(bench.woken.values()) == {1}


async def test_what_is_due_now_does_not_wait_for_a_backlog(bench: Bench) -> None:
    await bench.process(0, ring)
    await fill(bench, "old", 600, wake_at=soon(-3600))
    await fill(bench, "new", 1, wake_at=soon(0.1))
    await bench.timers[0].start()
    await eventually(lambda: len(bench.woken) == 601, within=30)
    order = [event.case.id for event in bench.said]
    assert order.index("new0") < 300


@pytest.mark.bench
async def test_cost_grows_with_what_is_due_not_with_what_is_open(bench: Bench) -> None:
    """20,000 open documents, 200 due within two seconds: each rings within moments, reading costs milliseconds."""
    cases = await bench.process(0, ring)
    await fill(bench, "open", 20_000, wake_at=soon(86_400))
    began = time.perf_counter()
    for _ in range(20):
        await cases.due(soon(3), after=None, limit=200)
    read = (time.perf_counter() - began) / 20
    for n in range(200):
        await cases.insert(Case(id=f"due{n}", wake_at=soon(1 + n / 200)), cause())
    await bench.timers[0].start()
    await eventually(lambda: len(bench.woken) == 200)
    lag = bench.value("lag_seconds_sum") / 200
    print(f"\n20,000 open, embedded: an idle read takes {read * 1000:.1f} ms, mean lag of 200 due {lag * 1000:.0f} ms")
    assert read < 0.1
    assert lag < 1.0


async def fill(bench: Bench, name: str, number: int, *, wake_at: datetime) -> None:
    """Many at once, as they would lie there."""
    collection = bench.stores[0].database("test").collection("cases")
    for start in range(0, number, 1000):
        await collection.bulk(
            [
                InsertOne(
                    {
                        "_id": f"{name}{n}",
                        "version": 1,
                        "state": Case(id=f"{name}{n}", version=1, wake_at=wake_at).model_dump(),
                        "schema": 1,
                        "causes": [],
                        "wake_at": wake_at + timedelta(milliseconds=n),
                    }
                )
                for n in range(start, min(start + 1000, number))
            ]
        )
