"""The token by which a chat knows its visitor again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.visitor import LIFETIME, RENEW_AFTER, Visitor, token, visitor_of, worth_renewing
from shared.errors import Unauthenticated

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY, OLD_KEY = b"k" * 32, b"o" * 32
ANA = Visitor(id="ana", channel="c", since=NOW)


def test_a_token_names_its_visitor_also_after_the_key_was_rotated() -> None:
    assert visitor_of(token(ANA, KEY), "c", (KEY,), NOW) == ANA
    assert visitor_of(token(ANA, OLD_KEY), "c", (KEY, OLD_KEY), NOW) == ANA


@given(st.text(st.characters(codec=None, categories=None), max_size=40))
def test_anything_else_is_refused_clearly(text: str) -> None:
    with pytest.raises(Unauthenticated):
        visitor_of(text, "c", (KEY,), NOW)


@given(st.integers(0, 60), st.sampled_from("AZaz09-_"))
def test_no_character_of_it_can_be_changed(place: int, character: str) -> None:
    text = token(ANA, KEY)
    changed = text[:place] + character + text[place + 1 :]
    if changed[:place] + text[place:] == text and character != text[place]:
        with pytest.raises(Unauthenticated):
            visitor_of(changed, "c", (KEY,), NOW)


def test_it_is_of_one_channel_and_ends() -> None:
    with pytest.raises(Unauthenticated):
        visitor_of(token(ANA, KEY), "d", (KEY,), NOW)
    assert visitor_of(token(ANA, KEY), "c", (KEY,), NOW + LIFETIME) == ANA
    with pytest.raises(Unauthenticated):
        visitor_of(token(ANA, KEY), "c", (KEY,), NOW + LIFETIME + timedelta(seconds=1))


def test_an_old_one_is_renewed() -> None:
    assert not worth_renewing(ANA, NOW + RENEW_AFTER)
    assert worth_renewing(ANA, NOW + RENEW_AFTER + timedelta(seconds=1))
