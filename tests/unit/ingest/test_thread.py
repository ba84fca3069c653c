"""Tags of a conversation's messages and their union."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.thread import Thread, tagged, tidy
from shared.contracts.messages import ThreadKey
from shared.contracts.words import Medium, Visibility
from shared.errors import Unprocessable

KEY = ThreadKey(channel="c", address="a", visibility=Visibility.PRIVATE)
EMPTY = Thread(
    id=KEY.conversation, thread=KEY, medium=Medium.WEBHOOK, contact="x", created_at=datetime(2026, 1, 1, tzinfo=UTC)
)
TAGS = st.lists(st.sampled_from("pqrs"), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["m1", "m2"]), TAGS, TAGS), max_size=8))
def test_the_union_is_what_the_messages_have_and_repeats_change_nothing(
    changes: list[tuple[str, list[str], list[str]]],
) -> None:
    thread, model = EMPTY, {"m1": set[str](), "m2": set[str]()}
    for message, add, remove in changes:
        thread = tagged(thread, message, add, remove)
        model[message] = (model[message] | set(add)) - set(remove)
        assert tagged(thread, message, add, remove) is thread
    assert set(thread.union()) == model["m1"] | model["m2"]
    assert all(thread.tags.values())


def test_tags_are_one_line_each_and_once() -> None:
    assert tidy(("  a\nb ", "a b", "", "\x00", "x" * 99)) == ("a b", "x" * 64)


def test_a_message_has_at_most_fifty_tags() -> None:
    with pytest.raises(Unprocessable):
        tagged(EMPTY, "m1", [str(n) for n in range(51)], [])
