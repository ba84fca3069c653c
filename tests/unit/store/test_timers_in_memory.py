"""Timers over aggregates in memory: replicas that meet give way."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry

from shared.clock import SystemClock
from shared.store import Decision
from shared.timers import Timers
from tests.support.eventually import eventually
from tests.support.store import MemoryAggregates
from tests.support.store_examples import Case, CaseChanged, cause


async def test_two_replicas_ring_each_instant_once_and_notice_one_another() -> None:
    clock = SystemClock()
    cases = MemoryAggregates(Case, clock=clock, name="cases")

    def ring(case: Case, _: object) -> Decision[Case]:
        rung = case.model_copy(update={"wake_at": None, "count": case.count + 1})
        return Decision(rung, says=(CaseChanged(case=rung),))

    registries = [CollectorRegistry(), CollectorRegistry()]
    replicas = [Timers(cases, ring, clock, metrics=registry, replica=f"r{n}") for n, registry in enumerate(registries)]
    for n in range(50):
        await cases.insert(Case(id=f"k{n}", wake_at=clock.now() + timedelta(milliseconds=4 * n)), cause())
    for replica in replicas:
        await replica.start()
    await eventually(lambda: len(cases.said(CaseChanged)) == 50)
    for replica in replicas:
        await replica.stop()

    def value(name: str) -> list[float]:
        label = {"collection": "cases"}
        return [each.get_sample_value(f"switchboard_timers_{name}", label) or 0.0 for each in registries]

    assert sorted(event.case.count for event in cases.said(CaseChanged)) == [1] * 50
    assert sum(value("woken_total")) == 50
    assert sum(value("lag_seconds_count")) == 50
