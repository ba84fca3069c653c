"""Lists: cursors that are none are refused, windows of time leave nothing out."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.listing import EARLIEST_INSTANT, place, read_cursor, read_place, windows
from shared.errors import InvalidInput


@given(st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))
def test_windows_follow_one_another_down_to_the_earliest_instant(until: datetime) -> None:
    found = list(windows(until))
    assert found[0][1] == until
    assert found[-1][0] == EARLIEST_INSTANT
    assert all(later[0] == earlier[1] for later, earlier in pairwise(found))
    assert all(start <= end for start, end in found)


@given(st.text())
def test_a_strange_cursor_is_refused_or_read_and_nothing_else(text: str) -> None:
    for read in (lambda: read_cursor(text, 2), lambda: read_place(text)):
        try:
            read()
        except InvalidInput:
            continue


def test_a_place_is_read_back() -> None:
    at = datetime(2026, 3, 2, 9, 0, 0, 123000, UTC)
    assert read_place(place(at, "x~y")) == (at, "x~y")
    with pytest.raises(InvalidInput):
        read_cursor("7~x", 2)
