"""Several processes on one collection, and a database that dies: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.envelope import Envelope
from shared.clock import SystemClock
from shared.errors import RetryLater
from shared.local.secantusdb import LocalSecantus
from shared.startup import StartupError
from shared.store import Aggregates, Projection, Store
from tests.support.store_examples import CLAIMS, Case, CaseChanged, cause, claims, count, paint

pytestmark = pytest.mark.integration


class Ears:
    """Hears what all processes publish."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def publish(self, entry: Envelope) -> None:
        await asyncio.sleep(0)
        self.envelopes.append(entry)


def aggregates(store: Store, ears: Ears, *, cache: int = 1000) -> Aggregates[Case]:
    return Aggregates(
        store.database("test"),
        "cases",
        Case,
        publish=ears.publish,
        clock=SystemClock(),
        trail=True,
        indexes=(CLAIMS,),
        document=claims,
        cache=cache,
    )


@pytest.fixture
async def stores(mongo_url: str, prefix: str) -> AsyncIterator[list[Store]]:
    """Three processes' connections."""
    made = [await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry()) for _ in range(3)]
    yield made
    for store in made:
        await store.close()


async def test_what_is_thought_new_and_is_not_changes_all_the_same_and_once(stores: list[Store]) -> None:
    ears = Ears()
    one, other = (aggregates(store, ears) for store in stores[:2])
    for each in (one, other):
        await each.start()
    assert (await one.change("a", cause("c1"), count("a"), likely_new=True)).changed
    repeated = await other.change("a", cause("c1"), count("a"), likely_new=True)
    again = await other.change("a", cause("c2"), count("a"), likely_new=True)
    assert (repeated.changed, again.changed) == (False, True)
    found = await one.get("a")
    assert found is not None
    assert (found.count, found.version) == (2, 2)
    for each in (one, other):
        await each.stop()


async def test_hundreds_of_changes_by_three_processes_are_all_kept(stores: list[Store]) -> None:
    ears = Ears()
    processes = [aggregates(store, ears, cache=cache) for store, cache in zip(stores, (1000, 4, 1), strict=True)]
    for each in processes:
        await each.start()
    ids = [f"k{n}" for n in range(6)]
    work = [(f"c{n}", ids[n % 6]) for n in range(300)]

    async def deliver(name: str, id: str) -> None:
        # Now and then it is thought to be new, which it is at most once.
        await random.choice(processes).change(id, cause(name), count(id), likely_new=random.random() < 0.3)

    twice = [*work, *random.sample(work, 100)]
    random.shuffle(twice)
    await asyncio.gather(*(deliver(name, id) for name, id in twice))
    states = await processes[0].get_many(ids)
    assert {id: (state.count, state.version) for id, state in states.items()} == dict.fromkeys(ids, (50, 50))
    for each in processes:
        await each.stop()
    said = Counter(each.meta.event_id for each in ears.envelopes)
    assert len(said) == 300
    for id in ids:
        versions = {
            event.case.version
            for event in (CaseChanged.model_validate_json(each.body) for each in ears.envelopes)
            if event.case.id == id
        }
        assert versions == set(range(1, 51))
        trail = await processes[0].trail(id, limit=100)
        assert [line.version for line in trail.items] == list(range(1, 51))


async def test_a_no_from_memory_is_asked_again_of_the_store(stores: list[Store]) -> None:
    ears = Ears()
    here, there = aggregates(stores[0], ears), aggregates(stores[1], ears)
    await here.change("a", cause(), count("a"))
    await there.change("a", cause(), paint("red"))

    def only_red(case: Case | None) -> None:
        if case is None or case.colour != "red":
            raise LookupError("not red")

    outcome = await here.change("a", cause(), only_red)
    assert outcome.state is not None
    assert outcome.state.colour == "red"


async def test_a_lost_race_is_not_mistaken_for_a_taken_claim(stores: list[Store]) -> None:
    ears = Ears()
    here, there = aggregates(stores[0], ears), aggregates(stores[1], ears)
    await here.start()
    await here.change("a", cause(), count("a"))
    await here.change("a", cause(), paint("red", "x"))
    await there.change("a", cause(), paint("blue", "x", "y"))
    assert (await here.change("a", cause(), paint("green", "x"))).changed
    assert not await there.insert(Case(id="a", claims=("x",)), cause())
    await here.stop()


async def test_two_processes_projecting_one_row_keep_the_newest_of_each_source(stores: list[Store]) -> None:
    rows = [Projection(store.database("test"), "rows", clock=SystemClock(), wait=0.001) for store in stores]
    changes = [(f"r{n % 5}", source, n) for n in range(100) for source in ("conversation", "message", "clock")]
    random.shuffle(changes)
    await asyncio.gather(*(random.choice(rows).project(id, source, n, {"n": n}) for id, source, n in changes))
    for n in range(5):
        row = await rows[0].get(f"r{n}")
        assert row is not None
        assert dict(row.versions) == dict.fromkeys(("conversation", "message", "clock"), 95 + n)
        assert all(part == {"n": 95 + n} for part in row.parts.values())


@pytest.fixture
def secantus(tmp_path: Path) -> Iterator[LocalSecantus]:
    server = LocalSecantus(tmp_path / "db")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def own_store(secantus: LocalSecantus) -> AsyncIterator[Store]:
    store = await Store.connect(secantus.url, "t", embedded=True, metrics=CollectorRegistry())
    yield store
    await store.close()


async def test_a_database_killed_in_a_burst_loses_and_doubles_nothing(
    secantus: LocalSecantus, own_store: Store
) -> None:
    ears = Ears()
    cases = aggregates(own_store, ears)
    await cases.start()
    ids = [f"k{n}" for n in range(20)]

    async def insist(number: int) -> None:
        """As the bus does: again and again, by the same cause, until it is done."""
        id = ids[number % len(ids)]
        while True:
            with contextlib.suppress(RetryLater):
                await cases.change(id, cause(f"c{number}"), count(id))
                if number % 3 == 0:
                    await cases.insert(Case(id=f"i{number}"), cause(f"c{number}"))
                return
            await asyncio.sleep(0.05)

    burst = [asyncio.create_task(insist(number)) for number in range(300)]
    for _ in range(2):
        await asyncio.sleep(0.15)
        await asyncio.to_thread(secantus.kill)
        secantus.start()
    async with asyncio.timeout(60):
        await asyncio.gather(*burst)
    await cases.outbox.sweep(timedelta(0))  # who insisted after a silence was told "repeated", and said nothing
    await cases.stop()

    states = await cases.get_many(ids)
    assert {id: (state.count, state.version) for id, state in states.items()} == dict.fromkeys(ids, (15, 15))
    assert await cases.count({"_id": {"$regex": "^i"}}) == 100
    assert len({each.meta.event_id for each in ears.envelopes}) == 300
    for id in ids:
        assert [line.version for line in (await cases.trail(id)).items] == list(range(1, 16))
    assert await cases.count({"unsent_since": {"$exists": True}}) == 0


async def test_a_database_that_is_away_is_named_in_one_line() -> None:
    with pytest.raises(StartupError, match=r"127\.0\.0\.1:1 gives no answer") as caught:
        await Store.connect("mongodb://user:secret@127.0.0.1:1", "t", embedded=True, metrics=CollectorRegistry())
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_health_says_what_fails(secantus: LocalSecantus, own_store: Store) -> None:
    assert await own_store.healthy() is None
    await asyncio.to_thread(secantus.kill)
    assert "no answer" in str(await own_store.healthy())
