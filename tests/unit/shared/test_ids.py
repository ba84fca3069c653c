"""Derived ids are UUIDv5: the same parts, the same id, in every release."""

from __future__ import annotations

import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import NAMESPACE, derived

PARTS = st.lists(st.text() | st.integers(), max_size=4)


@given(PARTS)
def test_a_derived_id_is_the_uuid5_of_its_parts_as_json(parts: list[str | int]) -> None:
    assert derived(*parts) == str(uuid.uuid5(NAMESPACE, json.dumps(parts, separators=(",", ":"))))


def test_a_derived_id_stays_what_it_was_stored_as() -> None:
    assert derived("message", "c", "m1") == "3c2f50f1-f922-5f39-9d99-c6ceb183611e"


def test_parts_cannot_run_into_one_another() -> None:
    assert derived("a", "bc") != derived("ab", "c")
    assert derived("1") != derived(1)
