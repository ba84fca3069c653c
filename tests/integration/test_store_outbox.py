"""What is saved is published, whatever dies in between; what is published is in the trail, and leaves the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.envelope import Envelope
from shared.clock import SystemClock
from shared.errors import RetryLater
from shared.store import Aggregates, Database, Store
from tests.support.eventually import eventually
from tests.support.store_examples import Case, CaseChanged, CaseReply, cause, count

pytestmark = pytest.mark.integration

AT_ONCE = timedelta(0)


@dataclass
class Broker:
    """Takes what is published; ``away`` refuses, ``hangs`` never answers."""

    heard: list[Envelope] = field(default_factory=list)
    away: bool = False
    hangs: bool = False

    async def publish(self, entry: Envelope) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise RetryLater("the broker is away")
        self.heard.append(entry)

    @property
    def versions(self) -> list[int]:
        return sorted(CaseChanged.model_validate_json(each.body).case.version for each in self.heard)


@pytest.fixture
async def database(mongo_url: str, prefix: str) -> AsyncIterator[Database]:
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    yield store.database("test")
    await store.close()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def process(database: Database, broker: Broker) -> AsyncIterator[Callable[..., Aggregates[Case]]]:
    """Makes what one process has of the collection; all share the broker unless given another."""
    made: list[Aggregates[Case]] = []

    def make(to: Broker = broker, *, trail: bool = True, cache: int = 1000) -> Aggregates[Case]:
        made.append(
            Aggregates(database, "cases", Case, publish=to.publish, clock=SystemClock(), trail=trail, cache=cache)
        )
        return made[-1]

    yield make
    for each in made:
        crash(each)
        await each.stop()


def crash(cases: Aggregates[Case]) -> None:
    """What is on its way to the broker never arrives."""
    for task in cases.outbox.flying:
        task.cancel()


Process = Callable[..., Aggregates[Case]]


async def outbox(database: Database) -> int:
    """How many changes lie in outboxes."""
    found = await database.collection("cases").find({})
    return sum(len(document.get("outbox", {})) for document in found)


async def marked(database: Database) -> int:
    """How many aggregates say that something is unsent."""
    return await database.collection("cases").count({"unsent_since": {"$exists": True}})


async def test_what_is_confirmed_goes_to_the_trail_and_leaves_the_outbox(
    database: Database, process: Process, broker: Broker
) -> None:
    cases = process()
    await cases.start()
    for n in range(3):
        await cases.change("a", cause(f"c{n}"), count("a"))
        await cases.insert(Case(id=f"i{n}"), cause(f"i{n}"))
    await eventually(lambda: database.collection("cases_trail").count({}))
    await eventually_empty(database)
    assert await database.collection("cases_trail").count({}) == 6
    assert broker.versions == [1, 2, 3]


async def eventually_empty(database: Database) -> None:
    async def empty() -> bool:
        return await outbox(database) == 0 and await marked(database) == 0

    await eventually(empty)


async def test_an_amendment_takes_what_is_confirmed_out_of_the_outbox_and_leaves_the_rest(
    database: Database, process: Process, broker: Broker
) -> None:
    cases, away = process(trail=False), process(Broker(away=True), trail=False)
    assert await cases.insert(Case(id="a"), cause(), lambda saved: (CaseChanged(case=saved),))
    await eventually(lambda: broker.heard and not cases.outbox.flying)
    await away.insert(Case(id="b"), cause(), lambda saved: (CaseChanged(case=saved),))
    assert await cases.amend(["a", "b"], 1, {"count": 3}, {}) == 2
    assert (await outbox(database), await marked(database)) == (1, 1)
    await cases.outbox.sweep(AT_ONCE)
    await cases.outbox.tidy()
    await cases.outbox.tidy()
    assert (await outbox(database), await marked(database)) == (0, 0)
    assert broker.versions == [1, 1]


async def test_stopping_leaves_nothing_behind(database: Database, process: Process) -> None:
    cases = process()
    await cases.start()
    await asyncio.gather(*(cases.change(f"k{n % 5}", cause(), count(f"k{n % 5}")) for n in range(40)))
    await cases.stop()
    assert (await outbox(database), await marked(database)) == (0, 0)
    assert await database.collection("cases_trail").count({}) == 40


async def test_what_a_crash_left_unsent_the_next_process_publishes(
    database: Database, process: Process, broker: Broker
) -> None:
    dead = process(Broker(hangs=True))
    await asyncio.gather(*(dead.change(f"k{n}", cause(f"c{n}"), count(f"k{n}")) for n in range(50)))
    assert (await outbox(database), await marked(database)) == (50, 50)

    heir = process()
    await heir.outbox.sweep(AT_ONCE)
    assert len(broker.heard) == 50
    assert {each.meta.causation_id for each in broker.heard} == {f"c{n}" for n in range(50)}
    assert all(each.meta.redelivered for each in broker.heard)
    assert {each.about for each in broker.heard} == {("counts",)}
    await heir.stop()
    assert await outbox(database) == 0
    assert await database.collection("cases_trail").count({}) == 50


async def test_the_sweeper_needs_no_help(database: Database, process: Process, broker: Broker) -> None:
    dead = process(Broker(hangs=True))
    await dead.change("a", cause(), count("a"))
    old = datetime.now(UTC) - timedelta(minutes=1)
    found = (await database.collection("cases").find({"_id": "a"}))[0]
    entry = next(iter(found["outbox"]))
    await database.collection("cases").update({"_id": "a"}, {"$set": {"unsent_since": old, f"outbox.{entry}.at": old}})
    heir = process()
    await heir.start()
    await eventually(lambda: broker.heard)
    await eventually_empty(database)


async def test_a_broker_that_comes_back_gets_everything(database: Database, process: Process, broker: Broker) -> None:
    cases = process()
    broker.away = True
    for _ in range(3):
        await cases.change("a", cause(), count("a"))
    await eventually(lambda: not cases.outbox.flying)
    assert await cases.outbox.sweep(AT_ONCE) is False
    broker.away = False
    assert await cases.outbox.sweep(AT_ONCE) is True
    assert broker.versions == [1, 2, 3]
    await cases.stop()
    assert (await outbox(database), await marked(database)) == (0, 0)


async def test_the_sweeper_leaves_alone_what_is_on_its_way(process: Process, broker: Broker) -> None:
    broker.hangs = True
    cases = process()
    await cases.change("a", cause(), count("a"))
    async with asyncio.timeout(5):
        assert await cases.outbox.sweep(AT_ONCE) is True
    assert len(cases.outbox.flying) == 1


async def test_a_confirmed_change_is_not_published_again_by_a_late_sweep(process: Process, broker: Broker) -> None:
    cases = process()
    await cases.change("a", cause(), count("a"))
    await eventually(lambda: broker.heard)
    await cases.outbox.sweep(AT_ONCE)
    await cases.outbox.tidy()
    await cases.outbox.sweep(AT_ONCE)
    assert len(broker.heard) == 1


async def test_a_poisoned_entry_does_not_hold_up_the_others(process: Process, database: Database) -> None:
    sent: list[str] = []

    class Picky(Broker):
        async def publish(self, entry: Envelope) -> None:
            if entry.meta.causation_id == "poison":
                raise ValueError("too large")
            sent.append(entry.meta.causation_id or "")

    dead = process(Broker(hangs=True))
    for name in ("poison", "fine", "good"):
        await dead.change(name, cause(name), count(name))
    heir = process(Picky())
    await heir.outbox.sweep(AT_ONCE)
    assert sorted(sent) == ["fine", "good"]


async def test_a_hundred_unsent_changes_refuse_more_until_they_are_sent(process: Process, broker: Broker) -> None:
    broker.hangs = True
    cases = process()
    for n in range(100):
        await cases.change("a", cause(f"c{n}"), count("a"))
    with pytest.raises(RetryLater):
        await cases.change("a", cause(), count("a"))
    assert (await cases.change("a", cause("c7"), count("a"))).repeated
    assert (await cases.change("b", cause(), count("b"))).changed

    heir = process(Broker())
    with pytest.raises(RetryLater):
        await heir.change("a", cause(), count("a"))
    await heir.outbox.sweep(AT_ONCE)
    assert (await heir.change("a", cause(), count("a"))).changed


async def test_causes_that_fell_out_of_the_document_are_found_in_the_trail(process: Process) -> None:
    first = process()
    await first.change("a", cause("old"), count("a"))
    for n in range(40):
        await first.change("a", cause(f"c{n}"), count("a"))
    await first.stop()

    second = process()
    redelivered = await second.change("a", cause("old", redelivered=True), count("a"))
    ancient = await second.change("a", cause("old", at=datetime.now(UTC) - timedelta(minutes=2)), count("a"))
    assert redelivered.repeated
    assert ancient.repeated
    assert redelivered.reply == CaseReply(case=Case(id="a", version=41, count=41), note="count 1")
    assert (await second.change("a", cause("new", redelivered=True), count("a"))).changed


async def test_a_cause_still_in_the_outbox_is_known_without_the_trail(process: Process) -> None:
    first = process(Broker(hangs=True))
    for n in range(60):
        await first.change("a", cause(f"c{n}"), count("a"))
    second = process()
    again = await second.change("a", cause("c3", redelivered=True), count("a"))
    assert again.repeated
    assert again.reply == CaseReply(case=Case(id="a", version=60, count=60), note="count 4")


async def test_an_outbox_entry_is_never_brought_back_by_a_remembered_snapshot(
    database: Database, process: Process, broker: Broker
) -> None:
    here, there = process(), process()
    await here.change("a", cause(), count("a"))
    await there.change("a", cause(), count("a"))
    await eventually(lambda: len(broker.heard) == 2)
    for each in (here, there):
        await each.outbox.tidy()
        await each.outbox.tidy()
        await each.outbox.sweep(AT_ONCE)
    for each in (here, there, here):
        await each.change("a", cause(), count("a"))
    for each in (here, there):
        await each.stop()
        await each.outbox.sweep(AT_ONCE)
    assert (await outbox(database), await marked(database)) == (0, 0)
    assert await here.get("a") == Case(id="a", version=5, count=5)


async def test_without_a_trail_confirmed_changes_are_simply_dropped(database: Database, process: Process) -> None:
    cases = process(trail=False)
    await cases.change("a", cause(), count("a"))
    await cases.change("a", cause(), count("a"))
    await cases.stop()
    assert await outbox(database) == 0
    assert await database.collection("cases_trail").count({}) == 0
    assert (await cases.trail("a")).items == ()
