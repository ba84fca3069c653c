"""Counts for a reader are what he would count himself."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.access import Access, Action, Placed, may
from services.gateway.domain.counting import Group, counts
from tests.unit.gateway.test_access import accesses, places


@given(accesses, st.lists(st.tuples(st.sampled_from(("new", "pending", "bot", "triage")), places), max_size=20))
def test_counts_are_those_of_the_visible_rows(access: Access, rows: list[tuple[str, Placed]]) -> None:
    grouped = Counter(rows)
    found = counts(access, [Group(status, place, number) for (status, place), number in grouped.items()])
    seen = [(status, place) for status, place in rows if may(access, Action.VIEW, place)]
    for status in ("new", "pending", "bot"):
        assert found[status] == sum(1 for one, _ in seen if one == status)
    assert found["mine"]["new"] == sum(1 for s, p in seen if s == "new" and p.owner == access.id)
    assert sum(one["new"] for one in found["channels"].values()) == found["new"]
