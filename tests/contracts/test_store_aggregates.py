"""What every ``Aggregates`` keeps to: the real one on a real store, and the one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.envelope import Envelope
from shared.clock import SystemClock
from shared.contracts.base import Event
from shared.errors import Conflict, InvalidInput, Unprocessable
from shared.ids import event_id
from shared.store import Aggregates, Decision, Store
from tests.support.eventually import eventually
from tests.support.store import MemoryAggregates
from tests.support.store_examples import (
    ANN,
    CLAIMS,
    COLOURS,
    Case,
    CaseChanged,
    CaseCounted,
    CaseReply,
    cause,
    claims,
    count,
    paint,
)

Cases: TypeAlias = Aggregates[Case] | MemoryAggregates[Case]


@dataclass
class Heard:
    """What was published."""

    envelopes: list[Envelope] = field(default_factory=list)

    async def publish(self, entry: Envelope) -> None:
        self.envelopes.append(entry)

    def of(self, kind: type[Event]) -> list[Event]:
        return [kind.model_validate_json(each.body) for each in self.envelopes if each.meta.type == kind.type]

    async def reaches(self, number: int) -> None:
        await eventually(lambda: len(self.envelopes) >= number)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.integration)])
async def cases(request: pytest.FixtureRequest, heard: Heard, prefix: str) -> AsyncIterator[Cases]:
    clock, indexes = SystemClock(), (CLAIMS, COLOURS)
    if request.param == "memory":
        yield MemoryAggregates(Case, clock=clock, publish=heard.publish, name="cases", indexes=indexes, document=claims)
        return
    url: str = request.getfixturevalue("mongo_url")
    store = await Store.connect(url, prefix, embedded=True, metrics=CollectorRegistry())
    real = Aggregates(
        store.database("test"),
        "cases",
        Case,
        publish=heard.publish,
        clock=clock,
        trail=True,
        indexes=indexes,
        document=claims,
    )
    await real.start()
    yield real
    await real.stop()
    await store.close()


async def test_a_change_is_saved_with_the_next_version(cases: Cases) -> None:
    first = await cases.change("a", cause(), count("a"))
    second = await cases.change("a", cause(), count("a"))
    assert (first.changed, first.state) == (True, Case(id="a", version=1, count=1))
    assert second.state == Case(id="a", version=2, count=2) == await cases.get("a")


async def test_events_carry_the_saved_state_and_are_named_by_their_cause(cases: Cases, heard: Heard) -> None:
    by = cause("c1")
    await cases.change("a", by, count("a"))
    await heard.reaches(1)
    event = heard.of(CaseChanged)[0]
    meta = heard.envelopes[0].meta
    assert isinstance(event, CaseChanged)
    assert event.case == Case(id="a", version=1, count=1)
    assert meta.event_id == event_id("c1", "a", "case.changed.v1")
    assert (meta.causation_id, meta.correlation_id, meta.actor) == ("c1", "story", ANN)


async def test_a_known_cause_changes_nothing_and_is_answered_as_before(cases: Cases, heard: Heard) -> None:
    first = await cases.change("a", cause("c1"), count("a"))
    await cases.change("a", cause("c2"), count("a"))
    again = await cases.change("a", cause("c1"), count("a"))
    assert first.reply == CaseReply(case=Case(id="a", version=1, count=1), note="count 1")
    assert (again.changed, again.repeated) == (False, True)
    assert again.reply == CaseReply(case=Case(id="a", version=2, count=2), note="count 1")
    await heard.reaches(2)
    assert len(heard.envelopes) == 2


async def test_deciding_none_or_the_same_state_writes_nothing(cases: Cases, heard: Heard) -> None:
    await cases.change("a", cause(), count("a"))
    same = await cases.change("a", cause("c2"), paint("grey"))
    nothing = await cases.change("a", cause(), lambda _: None)
    nobody = await cases.change("b", cause(), lambda _: None)
    assert [same.changed, nothing.changed, nobody.changed] == [False] * 3
    assert nothing.state == Case(id="a", version=1, count=1) == await cases.get("a")
    assert nobody.state is None
    assert not (await cases.change("a", cause("c2"), paint("grey"))).repeated


async def test_a_decision_to_remember_makes_the_cause_known(cases: Cases) -> None:
    await cases.change("a", cause(), count("a"))

    def refuse(case: Case | None) -> Decision[Case]:
        assert case is not None
        return Decision(case, remember=True, reply=CaseReply(case=case, note="too late"))

    first = await cases.change("a", cause("c2"), refuse)
    again = await cases.change("a", cause("c2"), count("a"))
    assert (first.changed, again.repeated) == (True, True)
    assert again.reply == CaseReply(case=Case(id="a", version=2, count=1), note="too late")


async def test_what_a_decision_raises_is_raised_and_nothing_is_kept(cases: Cases, heard: Heard) -> None:
    await cases.change("a", cause(), count("a"))

    def refuse(_: Case | None) -> Decision[Case]:
        raise Unprocessable("not now")

    with pytest.raises(Unprocessable):
        await cases.change("a", cause("c2"), refuse)
    assert await cases.get("a") == Case(id="a", version=1, count=1)
    assert (await cases.change("a", cause("c2"), count("a"))).changed


async def test_events_and_reply_may_be_functions_of_the_saved_state(cases: Cases, heard: Heard) -> None:
    def decide(case: Case | None) -> Decision[Case]:
        return Decision(
            Case(id="a"),
            says=lambda saved: (CaseCounted(count=saved.version), CaseCounted(count=-1), CaseChanged(case=saved)),
            reply=lambda saved: CaseReply(case=saved),
        )

    outcome = await cases.change("a", cause("c1"), decide)
    assert outcome.reply == CaseReply(case=Case(id="a", version=1))
    await heard.reaches(3)
    assert heard.of(CaseCounted) == [CaseCounted(count=1), CaseCounted(count=-1)]
    assert len({each.meta.event_id for each in heard.envelopes}) == 3


async def test_who_changes_one_aggregate_at_once_loses_nothing(cases: Cases, heard: Heard) -> None:
    outcomes = await asyncio.gather(*(cases.change("a", cause(), count("a")) for _ in range(60)))
    assert await cases.get("a") == Case(id="a", version=60, count=60)
    assert sorted(each.state.version for each in outcomes if each.state) == list(range(1, 61))
    await heard.reaches(60)
    said = [event.case.version for event in heard.of(CaseChanged) if isinstance(event, CaseChanged)]
    assert sorted(said) == list(range(1, 61))


async def test_one_who_raises_does_not_hinder_those_who_wait_with_him(cases: Cases) -> None:
    def refuse(_: Case | None) -> Decision[Case]:
        raise Unprocessable("not now")

    turns = [cases.change("a", cause(), refuse if n == 2 else count("a")) for n in range(5)]
    told = await asyncio.gather(*turns, return_exceptions=True)
    assert [isinstance(each, Unprocessable) for each in told] == [False, False, True, False, False]
    assert await cases.get("a") == Case(id="a", version=4, count=4)


async def test_what_cannot_be_stored_is_refused_alone(cases: Cases) -> None:
    def broken(case: Case | None) -> Decision[Case]:
        return Decision(Case(id="b", colour="\ud800"))

    told = await asyncio.gather(
        cases.change("b", cause(), broken), cases.change("a", cause(), count("a")), return_exceptions=True
    )
    assert isinstance(told[0], InvalidInput)
    assert await cases.get("a") is not None
    assert await cases.get("b") is None


async def test_an_insertion_happens_once(cases: Cases, heard: Heard) -> None:
    case = Case(id="a", count=7)
    inserted = [await cases.insert(case, cause(), says=(CaseChanged(case=case),)) for _ in range(3)]
    assert inserted == [True, False, False]
    assert await cases.get("a") == Case(id="a", version=1, count=7)
    await heard.reaches(1)
    assert heard.of(CaseChanged) == [CaseChanged(case=Case(id="a", version=1, count=7))]
    assert (await cases.change("a", cause(), count("a"))).state == Case(id="a", version=2, count=8)


async def test_insertions_at_once_happen_once(cases: Cases) -> None:
    inserted = await asyncio.gather(*(cases.insert(Case(id=f"i{n % 10}"), cause()) for n in range(40)))
    assert sum(inserted) == 10


async def test_a_claim_has_one_holder(cases: Cases) -> None:
    for id in ("a", "b"):
        await cases.change(id, cause(), count(id))
    await cases.change("a", cause(), paint("red", "x", "y"))
    with pytest.raises(Conflict):
        await cases.change("b", cause(), paint("blue", "y", "z"))
    await cases.change("b", cause(), paint("blue", "z"))
    await cases.change("a", cause(), paint("red"))
    assert (await cases.change("b", cause(), paint("blue", "x", "y"))).changed


async def test_finding_counting_and_pages_by_key(cases: Cases) -> None:
    for n in range(7):
        colour = "red" if n % 2 else "blue"
        await cases.insert(Case(id=f"k{n}", count=n // 2, colour=colour), cause())
    query = {"state.colour": {"$in": ["red", "blue"]}}
    order = [("state.count", -1)]
    seen: list[str] = []
    after = None
    while True:
        page = await cases.page(query, order=order, after=after, limit=2)
        seen += [case.id for case in page.items]
        after = page.next
        if after is None:
            break
    assert seen == ["k6", "k5", "k4", "k3", "k2", "k1", "k0"]
    assert await cases.count({"state.colour": "blue"}) == 4
    assert await cases.count({"state.colour": "blue"}, limit=3) == 3
    found = await cases.find({"state.colour": "red"}, order=[("state.count", 1)], limit=2)
    assert [case.id for case in found] == ["k1", "k3"]
    assert set(await cases.get_many(["k1", "k2", "nobody"])) == {"k1", "k2"}


@pytest.mark.parametrize("text", ["", "x", "!!!", "AAAA", "{}", "ÿ", "a" * 5000])
async def test_a_strange_cursor_is_invalid(cases: Cases, text: str) -> None:
    with pytest.raises(InvalidInput):
        await cases.page({}, order=[("state.count", 1)], after=text)


async def test_a_cursor_of_another_order_is_invalid(cases: Cases) -> None:
    for n in range(3):
        await cases.insert(Case(id=f"k{n}"), cause())
    page = await cases.page({}, order=[("state.count", 1)], limit=1)
    with pytest.raises(InvalidInput):
        await cases.page({}, order=[("state.count", -1)], after=page.next)


async def test_the_trail_keeps_every_change_in_order_without_snapshots(cases: Cases) -> None:
    for n in range(5):
        await cases.change("a", cause(f"c{n}"), count("a"))
    await cases.change("a", cause("silent"), paint("red"))
    first = await cases.trail("a", limit=4)
    rest = await cases.trail("a", after=first.next, limit=4)
    lines = [*first.items, *rest.items]
    assert [line.version for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line.cause for line in lines] == ["c0", "c1", "c2", "c3", "c4", "silent"]
    assert rest.next is None
    assert lines[0].by == ANN
    body = lines[0].events[0].body
    assert "message" not in body
    assert body["note"] == "n"
    assert lines[5].events == ()


async def test_what_is_due_comes_earliest_first_until_it_is_parked(cases: Cases) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for n in range(4):
        await cases.insert(Case(id=f"w{n}", wake_at=now - timedelta(seconds=n)), cause())
    await cases.insert(Case(id="later", wake_at=now + timedelta(hours=1)), cause())
    await cases.insert(Case(id="never"), cause())
    assert [id for id, _ in await cases.due(now, after=None, limit=10)] == ["w3", "w2", "w1", "w0"]
    assert [id for id, _ in await cases.due(now, after=now - timedelta(seconds=1), limit=10)] == ["w1", "w0"]
    assert await cases.park("w3", now - timedelta(seconds=3))
    assert not await cases.park("w2", now)
    assert [id for id, _ in await cases.due(now, after=None, limit=2)] == ["w2", "w1"]
    await cases.change("w3", cause(), count("w3"))
    assert [id for id, _ in await cases.due(now, after=None, limit=1)] == ["w3"]


async def test_listeners_hear_every_saved_state(cases: Cases) -> None:
    saved: list[Case] = []
    cases.on_saved(saved.append)
    await cases.insert(Case(id="a"), cause())
    await cases.change("a", cause(), count("a"))
    await cases.change("a", cause(), lambda _: None)
    assert [(case.id, case.version) for case in saved] == [("a", 1), ("a", 2)]


async def test_several_at_one_version_are_amended_alike_and_change_on_from_there(cases: Cases) -> None:
    for id in ("a", "b", "c"):
        await cases.change(id, cause(), count(id))
    await cases.change("c", cause(), count("c"))
    await cases.insert(Case(id="d", count=3), cause())
    assert await cases.amend(["a", "b", "c", "d", "nobody"], 1, {"count": 7, "wake_at": None}, {"count": 1}) == 2
    assert await cases.get("a") == Case(id="a", version=2, count=7)
    assert await cases.get("c") == Case(id="c", version=2, count=2)
    assert (await cases.change("a", cause(), count("a"))).state == Case(id="a", version=3, count=8)
    assert await cases.amend(["a", "b"], 1, {"count": 7}, {}) == 0
