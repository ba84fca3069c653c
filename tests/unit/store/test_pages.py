"""Cursors: opaque, bound to their order, never an operator."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.store.pages import beyond, both, cursor, flat, position, whole
from tests.support.store_queries import matches, ordered

rows = st.lists(
    st.fixed_dictionaries(
        {"_id": st.text(alphabet="abcd", min_size=1, max_size=3), "a": st.integers(0, 3), "b": st.integers(0, 3)}
    ),
    unique_by=lambda row: row["_id"],
    max_size=15,
)
orders = st.sampled_from(
    [[("a", 1)], [("a", -1)], [("a", 1), ("b", -1)], [("a", -1), ("b", 1)], [("b", 1), ("_id", -1)]]
)


@given(rows, orders, st.integers(1, 4))
def test_pages_show_every_row_once_in_order(
    documents: list[dict[str, Any]], order: list[tuple[str, int]], size: int
) -> None:
    order = whole(order)
    seen: list[dict[str, Any]] = []
    filter = {"a": {"$gte": 1}}
    queries: list[dict[str, Any]] = [filter]
    while page := [d for query in queries for d in ordered((d for d in documents if matches(d, query)), order)][:size]:
        seen += page
        queries = [both(filter, bound) for bound in beyond(cursor(page[-1], order), order)]
    assert seen == ordered((each for each in documents if each["a"] >= 1), order)


def test_a_cursor_keeps_instants() -> None:
    order = whole([("at", -1)])
    at = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
    assert position(cursor({"at": at, "_id": "x"}, order), order) == [at, "x"]


@pytest.mark.parametrize("smuggled", [{"$gt": ""}, ["x"], None, b"x"])
def test_a_forged_cursor_cannot_carry_an_operator(smuggled: object) -> None:
    order = whole([])
    raw = bson.encode({"o": "_id+1", "k": [smuggled]})
    with pytest.raises(InvalidInput):
        beyond(base64.urlsafe_b64encode(raw).decode().rstrip("="), order)


@given(st.text(max_size=200))
def test_any_text_is_a_cursor_or_invalid(text: str) -> None:
    with pytest.raises(InvalidInput):
        beyond(text, whole([("a", 1)]))


conditions = st.fixed_dictionaries(
    {},
    optional={
        "a": st.one_of(st.integers(0, 3), st.fixed_dictionaries({"$gte": st.integers(0, 3)})),
        "b": st.one_of(st.integers(0, 3), st.fixed_dictionaries({"$in": st.lists(st.integers(0, 3))})),
        "$or": st.just([{"a": 1}, {"b": 2}]),
    },
)


@given(rows, conditions, st.lists(conditions, max_size=3))
def test_a_question_made_flat_asks_the_same(
    documents: list[dict[str, Any]], first: dict[str, Any], parts: list[dict[str, Any]]
) -> None:
    nested = {**first, "$and": parts}
    assert [d for d in documents if matches(d, nested)] == [d for d in documents if matches(d, flat(nested))]


def test_conditions_on_one_path_stand_side_by_side_without_and() -> None:
    assert flat({"a": {"$gte": 1}, "$and": [{"a": {"$lte": 3}}, {"b": 2}]}) == {"a": {"$gte": 1, "$lte": 3}, "b": 2}
