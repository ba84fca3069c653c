"""The worked examples of sla.md, by id, from ``tests/data/sla_vectors.json``."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.schedule import Schedule, ScheduleForm, due, elapsed, shown, warn_after, working_time

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "sla_vectors.json").read_text())
SCHEDULES = {name: ScheduleForm.model_validate(form).schedule() for name, form in VECTORS["schedules"].items()}
ENGLISH = {
    "sla.left": "{1} min left",
    "sla.left.hours": "{0} h {1} min left",
    "sla.over": "{1} min over",
    "sla.over.hours": "{0} h {1} min over",
}

at = datetime.fromisoformat


def schedule(vector: dict[str, Any]) -> Schedule | None:
    return None if vector["schedule"] is None else SCHEDULES[vector["schedule"]]


def by_id(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", VECTORS[kind], ids=lambda vector: vector["id"])


@by_id("due")
def test_a_message_is_due_and_breaches_at(vector: dict[str, Any]) -> None:
    found = due(schedule(vector), [(at(vector["start"]), None)], timedelta(minutes=vector["target_min"]))
    assert (found.due_at, found.breach_at) == (at(vector["due_at"]), at(vector["breach_at"]))


@by_id("working_time")
def test_working_time_between(vector: dict[str, Any]) -> None:
    found = working_time(schedule(vector), at(vector["from"]), at(vector["to"]))
    assert found == timedelta(seconds=vector["seconds"])


@by_id("clocks")
def test_a_clock_with_pauses_is_due_at(vector: dict[str, Any]) -> None:
    spans = [(at(start), end and at(end)) for start, end in vector["spans"]]
    target = timedelta(minutes=vector["target_min"])
    assert due(schedule(vector), spans, target).due_at == at(vector["due_at"])
    assert elapsed(schedule(vector), spans, at(vector["due_at"])) == target


@pytest.mark.parametrize("look", VECTORS["colours"]["at"], ids=lambda look: look["t"])
def test_a_clock_looks_like(look: dict[str, str]) -> None:
    vector = VECTORS["colours"]
    target = timedelta(minutes=vector["target_min"])
    warn = warn_after(target, percent=vector["warn_percent"])
    seen = shown(schedule(vector), [(at(vector["start"]), None)], target, warn, at(look["t"]))
    assert seen is not None
    assert seen.colour == look["colour"]
    assert ENGLISH[seen.text_key].format(*seen.time) == look["shown"]
