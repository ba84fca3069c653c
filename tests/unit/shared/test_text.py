"""Cleaning what strangers write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.text import clean, clean_json, one_line

HOSTILE = st.text(st.characters(codec=None, categories=None), max_size=30)


@given(HOSTILE)
def test_what_is_cleaned_can_be_written_and_is_clean_for_good(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_text_that_is_fine_is_not_touched(text: str) -> None:
    assert clean(text) == text


@given(HOSTILE, st.integers(1, 20))
def test_a_name_is_one_line_within_its_limit(text: str, limit: int) -> None:
    name = one_line(text, limit)
    assert len(name) <= limit
    assert name == name.strip()
    assert name.isprintable()


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode()))
def test_any_bytes_are_json_or_a_clear_error(raw: bytes) -> None:
    try:
        value = clean_json(raw)
    except InvalidInput:
        return
    json.dumps(value, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"[" * 70 + b"]" * 70, b"9" * 5000, b"-Infinity", b""])
def test_absurd_json_is_a_clear_error(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        clean_json(raw)
