"""What every ``Repository`` and ``Projection`` keeps to: on a real store and in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import pytest
from prometheus_client import CollectorRegistry

from shared.errors import Conflict, InvalidInput
from shared.store import Projection, Repository, Store
from tests.support.clock import START, ManualClock
from tests.support.store import MemoryProjection, MemoryRepository
from tests.support.store_examples import NAMES, Record

Records: TypeAlias = Repository[Record] | MemoryRepository[Record]
Rows: TypeAlias = Projection | MemoryProjection


@dataclass
class Both:
    records: Records
    rows: Rows
    clock: ManualClock


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.integration)])
async def both(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Both]:
    clock = ManualClock()
    if request.param == "memory":
        yield Both(MemoryRepository(Record, indexes=(NAMES,)), MemoryProjection(clock=clock), clock)
        return
    store = await Store.connect(
        request.getfixturevalue("mongo_url"), prefix, embedded=True, metrics=CollectorRegistry()
    )
    database = store.database("test")
    records = Repository(database, "records", Record, indexes=(NAMES,))
    rows = Projection(database, "rows", clock=clock)
    await records.start()
    await rows.start()
    yield Both(records, rows, clock)
    await rows.stop()
    await store.close()


@pytest.fixture
def records(both: Both) -> Records:
    return both.records


@pytest.fixture
def rows(both: Both) -> Rows:
    return both.rows


async def test_a_record_is_inserted_once_and_read_as_it_was(records: Records) -> None:
    record = Record(id="a", name="n", tags=("x", "y"), at=START + timedelta(milliseconds=1))
    assert await records.insert(record)
    assert not await records.insert(record.model_copy(update={"rank": 9}))
    assert await records.get("a") == record
    assert await records.get("b") is None


async def test_many_are_inserted_once_each(records: Records) -> None:
    await records.insert(Record(id="a", name="a"))
    new = await records.insert_many(Record(id=id, name=id) for id in "abc")
    assert new == {"b", "c"}
    assert await records.insert_many([]) == frozenset()


async def test_what_several_insert_at_once_is_new_to_one_of_them(records: Records) -> None:
    await records.insert(Record(id="a", name="a"))
    groups = ("ab", "bc", "cd", "")
    new = await asyncio.gather(*(records.insert_among(Record(id=id, name=id) for id in group) for group in groups))
    assert sorted(id for found in new for id in found) == ["b", "c", "d"]
    assert new[-1] == frozenset()
    other = asyncio.create_task(records.insert_among([Record(id="f", name="f")]))
    with pytest.raises(Conflict):
        await records.insert_among([Record(id="e", name="a")])
    assert await other == {"f"}


async def test_a_unique_index_refuses_the_second_and_keeps_the_rest(records: Records) -> None:
    await records.insert(Record(id="a", name="taken"))
    with pytest.raises(Conflict):
        await records.insert_many([Record(id="b", name="taken"), Record(id="c", name="free")])
    with pytest.raises(Conflict):
        await records.compare_and_set(Record(id="c", name="taken", version=2), 1)
    assert await records.get("b") is None
    assert await records.get("c") == Record(id="c", name="free")


async def test_compare_and_set_replaces_only_the_version_it_expects(records: Records) -> None:
    assert await records.compare_and_set(Record(id="a", version=1, name="n"), 0)
    assert not await records.compare_and_set(Record(id="a", version=1, name="other"), 0)
    assert await records.compare_and_set(Record(id="a", version=2, name="m"), 1)
    assert not await records.compare_and_set(Record(id="a", version=2, name="late"), 1)
    assert await records.get("a") == Record(id="a", version=2, name="m")
    with pytest.raises(ValueError, match="follow itself"):
        await records.compare_and_set(Record(id="a", version=2), 2)


async def test_who_sets_at_once_has_one_winner(records: Records) -> None:
    await records.insert(Record(id="a"))
    won = await asyncio.gather(*(records.compare_and_set(Record(id="a", version=2, rank=n), 1) for n in range(20)))
    assert sum(won) == 1


async def test_put_writes_whatever_is_there(records: Records) -> None:
    await records.put(Record(id="a", rank=1))
    await records.put(Record(id="a", rank=2))
    assert await records.get("a") == Record(id="a", rank=2)


async def test_set_changes_fields_of_all_that_match(records: Records) -> None:
    await records.insert_many(Record(id=f"r{n}", name=f"n{n}", rank=n, address="somewhere") for n in range(4))
    assert await records.set({"rank": {"$gte": 2}}, {"tags": ("old",)}, unset=["address"]) == 2
    assert await records.get("r1") == Record(id="r1", name="n1", rank=1, address="somewhere")
    assert await records.get("r3") == Record(id="r3", name="n3", rank=3, tags=("old",))


async def test_pages_follow_one_another_without_gaps(records: Records) -> None:
    await records.insert_many(Record(id=f"r{n:02}", name=f"n{n}", rank=n % 3, at=START) for n in range(11))
    order = [("rank", 1), ("at", -1)]
    seen: list[Record] = []
    after = None
    for _ in range(20):
        page = await records.page({"at": START}, order=order, after=after, limit=3)
        seen += page.items
        after = page.next
        if after is None:
            break
    assert len({record.id for record in seen}) == len(seen) == 11
    assert [record.rank for record in seen] == sorted(record.rank for record in seen)


async def test_either_of_several_conditions_beside_another(records: Records) -> None:
    await records.insert_many(Record(id=f"r{n}", name=f"n{n}", rank=n % 3, tags=(f"t{n}",)) for n in range(9))
    query = {"rank": 1, "$or": [{"tags": "t1"}, {"name": "n7"}, {"tags": "t2"}]}
    assert [record.id for record in await records.find(query, order=[("name", -1)], limit=9)] == ["r7", "r1"]
    assert [record.id for record in await records.find(query, order=[("name", -1)], limit=1)] == ["r7"]
    assert await records.count(query) == 2
    first = await records.page({"$and": [{"rank": 1}, query]}, order=[("name", -1)], limit=1)
    rest = await records.page(query, order=[("name", -1)], after=first.next, limit=5)
    assert [record.id for record in (*first.items, *rest.items)] == ["r7", "r1"]
    assert await records.find({"$or": [{"name": "n3"}, {"name": "n4", "rank": 2}]}, limit=5) == [
        Record(id="r3", name="n3", tags=("t3",))
    ]


async def test_deleting_is_by_id_version_or_query(records: Records) -> None:
    await records.insert_many(Record(id=f"r{n}", name=f"n{n}", rank=n) for n in range(4))
    assert not await records.delete("r0", version=7)
    assert await records.delete("r0", version=1)
    assert not await records.delete("r0")
    assert await records.delete_many({"rank": {"$gte": 2}}) == 2
    assert [record.id for record in await records.find({}, limit=10)] == ["r1"]


async def test_what_cannot_be_stored_is_invalid_input(records: Records) -> None:
    with pytest.raises(InvalidInput):
        await records.insert(Record(id="a", name="\ud800"))
    with pytest.raises(InvalidInput):
        await records.put(Record(id="a", rank=2**80))


async def test_a_row_takes_newer_versions_only(rows: Rows) -> None:
    assert await rows.project("r", "conversation", 2, {"status": "new"})
    assert not await rows.project("r", "conversation", 1, {"status": "triage"})
    assert not await rows.project("r", "conversation", 2, {"status": "other"})
    assert await rows.project("r", "conversation", 3, {"status": "pending"})
    row = await rows.get("r")
    assert row is not None
    assert (dict(row.versions), dict(row.parts)) == ({"conversation": 3}, {"conversation": {"status": "pending"}})
    assert await asyncio.gather(*(rows.get_among(id) for id in ("r", "none", "r"))) == [row, None, row]


async def test_sources_of_a_row_are_independent_and_any_may_come_first(rows: Rows) -> None:
    landed = await rows.upsert_newer(
        [
            ("r", "message", 5, {"text": "hi"}),
            ("r", "conversation", 1, {"status": "new"}),
            ("s", "clock", 9, {"colour": "red"}),
            ("r", "message", 4, {"text": "older"}),
        ]
    )
    assert landed == [True, True, True, False]
    assert await rows.project("r", "clock", 1, {"colour": "green"})
    row = await rows.get("r")
    assert row is not None
    assert row.parts == {"message": {"text": "hi"}, "conversation": {"status": "new"}, "clock": {"colour": "green"}}


async def test_of_several_versions_that_come_together_the_newest_stays(rows: Rows) -> None:
    versions = [3, 9, 1, 9, 4]
    landed = await asyncio.gather(*(rows.project("r", "contact", v, {"name": str(v)}) for v in versions))
    row = await rows.get("r")
    assert row is not None
    assert (row.versions["contact"], row.parts["contact"]) == (9, {"name": "9"})
    assert landed[1] is True
    assert landed[2] is landed[3] is False or landed == [True, True, False, False, False]


async def test_a_masked_message_is_not_unmasked_by_its_older_text(rows: Rows) -> None:
    assert await rows.project("r", "message", 1000 * 1024 + 2, {"text": ""})
    assert not await rows.project("r", "message", 1000 * 1024 + 1, {"text": "card number"})
    row = await rows.get("r")
    assert row is not None
    assert row.parts["message"] == {"text": ""}


async def test_a_row_without_a_field_any_more_loses_it(rows: Rows) -> None:
    await rows.project("r", "conversation", 1, {"owner": "ann", "status": "new"})
    await rows.project("r", "conversation", 2, {"status": "new"})
    assert await rows.find({"conversation.owner": "ann"}, limit=5) == []


async def test_rows_know_when_they_changed_last(both: Both) -> None:
    await both.rows.project("a", "conversation", 1, {"status": "new"})
    both.clock.advance(timedelta(minutes=1))
    await both.rows.project("b", "conversation", 1, {"status": "new"})
    await both.rows.project("a", "conversation", 1, {"status": "new"})
    since = await both.rows.find({"at": {"$gte": START + timedelta(seconds=30), "$lte": both.clock.now()}}, limit=5)
    assert [row.id for row in since] == ["b"]


async def test_a_removed_row_is_gone(rows: Rows) -> None:
    await rows.project("r", "conversation", 1, {})
    await rows.remove("r")
    assert await rows.get("r") is None


async def test_what_may_wait_is_written_with_what_comes_next(rows: Rows) -> None:
    patient = asyncio.create_task(rows.upsert_newer([("r", "conversation", 1, {"status": "triage"})], patience=30))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert (
            await rows.upsert_newer([("r", "conversation", 2, {"status": "new"}), ("r", "message", 1, {})])
            == [True] * 2
        )
        await patient
    row = await rows.get("r")
    assert row is not None
    assert (row.versions, row.parts["conversation"]) == ({"conversation": 2, "message": 1}, {"status": "new"})
