"""Counts for a reader are what he would count himself, however the rows became known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.counts import FRESH_SECONDS, WHOLE_SECONDS, Counts
from services.gateway.domain.access import Access, Action, Placed, may
from services.gateway.domain.counting import STANDING, Group, Standing, counts
from shared.contracts.words import Role
from shared.store import Row
from tests.unit.gateway.test_access import accesses, places

ADMIN = Access("root", role=Role.ADMIN)


@given(accesses, st.lists(st.tuples(st.sampled_from(("new", "pending", "bot", "triage")), places), max_size=20))
def test_counts_are_those_of_the_visible_rows(access: Access, rows: list[tuple[str, Placed]]) -> None:
    grouped = Counter(rows)
    found = counts(access, [Group(status, place, number) for (status, place), number in grouped.items()])
    seen = [(status, place) for status, place in rows if may(access, Action.VIEW, place)]
    for status in ("new", "pending", "bot"):
        assert found[status] == sum(1 for one, _ in seen if one == status)
    assert found["mine"]["new"] == sum(1 for s, p in seen if s == "new" and p.owner == access.id)
    assert sum(one["new"] for one in found["channels"].values()) == found["new"]


class Shelf:
    """Rows as stored. ``meanwhile`` happens after they were read and before the reader has them."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, Standing]] = {}
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def change(self, id: str, where: Standing) -> Row:
        version = self.rows[id][0] + 1 if id in self.rows else 1
        self.rows[id] = version, where
        part = dict(zip(STANDING, where, strict=True))
        at = datetime(2026, 3, 2, tzinfo=UTC)
        return Row(id=id, versions={"conversation": version}, parts={"conversation": part}, at=at)

    async def standing(self) -> Mapping[str, tuple[int, Standing]]:
        self.reads += 1
        found = {id: row for id, row in self.rows.items() if row[1][0] != "resolved"}
        self.meanwhile()
        return found

    def count(self, status: str) -> int:
        return sum(where[0] == status for _, where in self.rows.values())


STATUSES = st.sampled_from(("new", "pending", "bot", "resolved"))
STEPS = st.tuples(st.sampled_from("abcd"), STATUSES, st.sampled_from(("seen", "seen", "missed", "meanwhile")))


@given(st.lists(STEPS, max_size=20))
async def test_counts_follow_the_rows_whether_they_are_seen_missed_or_change_while_they_are_read(
    steps: list[tuple[str, str, str]],
) -> None:
    shelf, clock = Shelf(), [0.0]
    counting = Counts(shelf, lambda: clock[0])
    for id, status, how in steps:
        where = (status, "chat", "", "")
        if how == "meanwhile":
            counting.missed()
            shelf.meanwhile = lambda id=id, where=where: counting.saw([shelf.change(id, where)])  # type: ignore[misc]  # bound at once
        else:
            row = shelf.change(id, where)
            counting.saw([row]) if how == "seen" else counting.missed()
        clock[0] += FRESH_SECONDS
        found = await counting.of(ADMIN)
        shelf.meanwhile = lambda: None
        assert {status: found[status] for status in ("new", "pending", "bot")} == {
            status: shelf.count(status) for status in ("new", "pending", "bot")
        }


async def test_rows_that_are_seen_are_read_whole_once_a_minute() -> None:
    shelf, clock = Shelf(), [0.0]
    counting = Counts(shelf, lambda: clock[0])
    for second in range(int(WHOLE_SECONDS)):
        clock[0] = float(second)
        counting.saw([shelf.change(f"c{second}", ("new", "chat", "", ""))])
        assert (await counting.of(ADMIN))["new"] == second + 1
    assert (shelf.reads, counting.behind) == (1, False)
    clock[0] = WHOLE_SECONDS
    await counting.of(ADMIN)
    assert shelf.reads == 2


async def test_what_nobody_reads_along_is_read_whole_once_a_second_at_most() -> None:
    shelf, clock = Shelf(), [0.0]
    counting = Counts(shelf, lambda: clock[0])
    for tenth in range(25):
        clock[0] = tenth / 10
        counting.missed()
        await counting.of(ADMIN)
    assert shelf.reads == 3
