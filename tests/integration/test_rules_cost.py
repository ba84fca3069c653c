"""What a run of a rule costs in round trips, counted on a real store: one for the budget, one for its record."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.automation.domain.records import Conclusion, Noted
from services.automation.repository.budgets import StoredBudgets
from services.automation.repository.runs import Runs
from shared.bus.envelope import Envelope
from shared.contracts.base import Meta
from shared.contracts.conversations import AutomationHalted
from shared.contracts.rules import Run, RunOutcome
from shared.store import Store
from tests.support.clock import START, ManualClock
from tests.support.eventually import eventually
from tests.support.meters import counted

pytestmark = pytest.mark.integration
APPLIED = Conclusion("run 1", RunOutcome.APPLIED)
REFUSED = Conclusion("run 1", RunOutcome.FAILED, ("tag_message: No message.",))
RUN = Run(id="run 1", rule="r1", name="Errors", conversation="c1", at=START, milliseconds=1.0, actions=("tag_message",))


@dataclass
class Shelf:
    """A store whose round trips are counted; what is made on it is not started, so nothing looks by itself."""

    store: Store
    registry: CollectorRegistry
    said: list[Envelope] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)

    def budgets(self, limit: int = 50) -> StoredBudgets:
        """As of one process."""
        database = self.store.database("automation")
        return StoredBudgets(database, publish=self._publish, clock=self.clock, limit=lambda: limit)

    def runs(self) -> Runs:
        """As of one process."""
        return Runs(self.store.database("automation"), clock=self.clock)

    def trips(self) -> int:
        """Round trips so far, as the bench counts them."""
        found: Counter[tuple[str, str]] = counted(generate_latest(self.registry).decode())
        return found["round trips", "automation"]

    async def _publish(self, entry: Envelope) -> None:
        self.said.append(entry)


@pytest.fixture
async def shelf(mongo_url: str, prefix: str) -> AsyncIterator[Shelf]:
    registry = CollectorRegistry()
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=registry)
    yield Shelf(store, registry)
    await store.close()


def cause(number: int) -> Meta:
    return Meta(event_id=f"event {number}", type="test", occurred_at=START, correlation_id=f"event {number}")


async def outcome(runs: Runs) -> list[tuple[RunOutcome, tuple[str, ...]]]:
    found = await runs.of_rule("r1", after=None, limit=10)
    return [(run.outcome, run.failed) for run in found.items]


async def test_a_budget_is_spent_by_one_write_each_time_and_never_read(shelf: Shelf) -> None:
    budgets = shelf.budgets()
    for number in range(5):
        assert await budgets.spend("c1", [f"run {number}"], cause(number)) == {f"run {number}"}
        assert shelf.trips() == number + 1


async def test_AU_07_two_processes_and_repeats_share_one_budget(shelf: Shelf) -> None:
    here, there = shelf.budgets(3), shelf.budgets(3)
    for number, budgets in enumerate((here, there, here, there)):
        going = await budgets.spend("c1", [f"run {number}"], cause(number))
        assert going == ({f"run {number}"} if number < 3 else frozenset())
    for budgets in (here, there, shelf.budgets(3)):  # the last is a process that has just started
        assert await budgets.spend("c1", ["run 1"], cause(1)) == {"run 1"}
        assert await budgets.spend("c1", ["run 3"], cause(3)) == frozenset()
    await eventually(lambda: AutomationHalted.type in [entry.meta.type for entry in shelf.said])
    assert [entry.meta.type for entry in shelf.said].count(AutomationHalted.type) == 1


async def test_a_run_and_what_became_of_it_are_one_write(shelf: Shelf) -> None:
    runs = shelf.runs()
    await asyncio.gather(runs.keep(Noted(runs=(RUN,))), runs.keep(Noted(conclusions=(APPLIED,))))
    assert shelf.trips() == 1
    await asyncio.gather(runs.keep(Noted(runs=(RUN,))), runs.keep(Noted(conclusions=(APPLIED,))))
    assert shelf.trips() == 1, "a repeated delivery writes nothing"
    assert await outcome(runs) == [(RunOutcome.APPLIED, ())]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_AU_08_records_come_together_in_any_order_and_from_any_process(
    shelf: Shelf, order: tuple[int, ...]
) -> None:
    notes = (Noted(runs=(RUN,)), Noted(conclusions=(APPLIED,)), Noted(conclusions=(REFUSED,)))
    for place in (*order, *order):
        await shelf.runs().keep(notes[place])
    again = Noted(runs=(RUN.model_copy(update={"milliseconds": 9.0}),))
    await shelf.runs().keep(again)
    assert await outcome(shelf.runs()) == [(RunOutcome.FAILED, REFUSED.failed)]
    (kept,) = (await shelf.runs().of_rule("r1", after=None, limit=10)).items
    assert kept.milliseconds == RUN.milliseconds
