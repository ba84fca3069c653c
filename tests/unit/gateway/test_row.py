"""Rows: what is stored of each source, what is shown, and the clock to show (SL-06)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.gateway.api.models import Countdown, Row
from services.gateway.domain import row as rows
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import Turn
from shared.contracts.facts import Span
from shared.contracts.words import ClockKind, ClockOutcome, Direction, Status, Substatus
from shared.schedule import ScheduleForm
from tests.support.neighbours import NOW, a_conversation, a_message

OPEN_TURN = Turn(number=1, first=True, started_at=NOW)


def a_clock(kind: ClockKind = ClockKind.FIRST, **more: Any) -> ClockSnapshot:
    fields: dict[str, Any] = {
        "id": "k",
        "version": 1,
        "conversation": "x",
        "episode": 1,
        "turn": None if kind is ClockKind.RESOLUTION else 1,
        "kind": kind,
        "policy": "p",
        "channel": "chat",
        "target_seconds": 600,
        "warn_seconds": 450,
        "spans": (Span(start=NOW),),
        "running": True,
    }
    return ClockSnapshot(**{**fields, **more})


def shown(*clocks: ClockSnapshot, minutes: float = 1, **conversation: Any) -> dict[str, Any]:
    snapshot = a_conversation(**{"turns": (OPEN_TURN,), **conversation})
    parts = {
        "conversation": rows.conversation_fields(snapshot),
        "message": rows.message_fields(a_message(snapshot)),
        **{rows.clock_source(clock): rows.clock_fields(clock) for clock in clocks},
    }
    return rows.shown(snapshot.id, parts, NOW, NOW + timedelta(minutes=minutes))


def test_what_is_shown_is_what_the_openapi_says() -> None:
    value = shown(a_clock())
    assert set(value) == set(Row.model_fields)
    assert set(value["sla"]) == set(Countdown.model_fields)
    Row.model_validate(value)


@pytest.mark.parametrize(("minutes", "colour"), [(1, "grey"), (7.5, "orange"), (10, "orange"), (10.1, "red")])
def test_SL_06_the_colour_follows_the_clock(minutes: float, colour: str) -> None:
    sla = shown(a_clock(), minutes=minutes)["sla"]
    assert sla["colour"] == colour
    assert sla["remaining_seconds"] == max(0, 600 - minutes * 60)


def test_SL_06_no_clock_is_shown_outside_new_or_when_it_does_not_run() -> None:
    assert shown(a_clock(), status=Status.PENDING, substatus=Substatus.HOLD)["sla"] is None
    assert shown(a_clock(outcome=ClockOutcome.MET))["sla"] is None
    assert shown(a_clock(running=False))["sla"] is None
    assert shown()["sla"] is None


def test_a_clock_of_a_turn_that_is_over_is_not_shown_however_late_it_is_told() -> None:
    ended = OPEN_TURN.model_copy(update={"ended_at": NOW})
    second = Turn(number=2, first=False, started_at=NOW)
    old, new = a_clock(), a_clock(ClockKind.NEXT, turn=2, target_seconds=900)
    assert shown(old, turns=(ended,))["sla"] is None
    assert shown(old, new, turns=(ended, second))["sla"]["target_seconds"] == 900
    assert shown(old, episode=2)["sla"] is None


def test_the_resolution_clock_is_shown_where_no_response_is_due() -> None:
    resolution = a_clock(ClockKind.RESOLUTION, target_seconds=3600)
    assert shown(resolution, turns=())["sla"]["kind"] == "resolution"
    assert shown(resolution, a_clock())["sla"]["kind"] == "first"


def test_while_closed_the_countdown_is_frozen_and_says_when_it_goes_on() -> None:
    hours = ScheduleForm.model_validate({"zone": "UTC", "week": {"mon": ["08:00-09:05"], "tue": ["08:00-12:00"]}})
    sla = shown(a_clock(schedule=hours), minutes=1)["sla"]
    assert (sla["paused"], sla["pauses_at"], sla["resumes_at"]) == (False, "2026-03-02T09:05:00Z", None)
    sla = shown(a_clock(schedule=hours), minutes=30)["sla"]
    assert (sla["paused"], sla["pauses_at"], sla["resumes_at"]) == (True, None, "2026-03-03T08:00:00Z")
    assert sla["remaining_seconds"] == 300


def test_later_clocks_of_one_place_replace_earlier_ones_and_never_the_other_way() -> None:
    order = [
        a_clock(ClockKind.NEXT, turn=2, version=9),
        a_clock(ClockKind.NEXT, turn=10, version=1),
        a_clock(ClockKind.NEXT, turn=2, episode=2, version=1),
    ]
    assert len({rows.clock_source(clock) for clock in order}) == 1
    assert [rows.clock_version(clock) for clock in order] == sorted(rows.clock_version(clock) for clock in order)


def test_the_preview_is_short_plain_and_empty_once_masked() -> None:
    one = a_conversation()
    long = rows.message_fields(a_message(one, text="word\n\n" * 100))
    assert len(long["text"]) <= 140
    assert "\n" not in long["text"]
    masked = a_message(one, text="leak", masked_at=NOW)
    assert rows.message_fields(masked)["text"] == ""
    assert rows.message_version(masked.model_copy(update={"version": 2})) > rows.message_version(masked)
    note = rows.message_fields(a_message(one, direction=Direction.INTERNAL))
    assert note["by"] == "note"
