"""Stored forms: every field, types BSON lacks, upgrades on read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from shared.errors import InvalidInput, TooLarge
from shared.store.documents import Form, decoded, encoded


class Everything(BaseModel):
    id: str
    at: datetime
    day: date
    hour: time
    length: timedelta
    price: Decimal
    words: frozenset[str]
    missing: str | None = "default"


def test_what_is_stored_is_read_as_it_was() -> None:
    value = Everything(
        id="a",
        at=datetime(2026, 3, 2, 9, 0, 0, 5000, tzinfo=UTC),
        day=date(2026, 3, 2),
        hour=time(9, 30),
        length=timedelta(hours=1, milliseconds=1),
        price=Decimal("1.10"),
        words=frozenset({"x", "y"}),
        missing=None,
    )
    form = Form(Everything)
    assert form.read(decoded(form.store(value)), 1) == value


@pytest.mark.parametrize("value", ["\ud800", 2**70, object(), {1: "x"}, {"k\x00": 1}])
def test_what_cannot_be_stored_is_invalid(value: object) -> None:
    with pytest.raises(InvalidInput):
        encoded({"v": value})


def test_what_is_too_large_says_so() -> None:
    with pytest.raises(TooLarge):
        encoded({"v": "x" * (12 * 1024 * 1024)})


def test_an_older_form_is_upgraded_step_by_step() -> None:
    class Named(BaseModel):
        id: str
        first: str
        last: str

    def split(stored: dict[str, Any]) -> dict[str, Any]:
        first, _, last = stored.pop("name").partition(" ")
        return {**stored, "first": first, "last": last}

    form = Form(Named, schema=3, upgrades={1: lambda stored: {**stored, "name": stored["title"]}, 2: split})
    expected = Named(id="a", first="Ann", last="Bell")
    assert form.read({"id": "a", "title": "Ann Bell"}, 1) == expected
    assert form.read({"id": "a", "name": "Ann Bell"}, 2) == expected
    assert form.read({"id": "a", "first": "Ann", "last": "Bell"}, 3) == expected


def test_a_form_without_its_upgrade_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no upgrade"):
        Form(Everything, schema=3, upgrades={1: lambda stored: stored})
