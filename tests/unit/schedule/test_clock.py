"""Clocks over spans: time used, due and breach, colour and what is shown (sla.md 7-12; SL-11)."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.errors import Unprocessable
from shared.schedule import (
    Colour,
    Due,
    NeverOpen,
    ScheduleForm,
    Shown,
    colour,
    due,
    elapsed,
    shown,
    warn_after,
    working_time,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OFFICE = ScheduleForm.model_validate(
    {"zone": "Europe/Madrid", "week": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}
).schedule()
CLOSED = ScheduleForm.model_validate({"zone": "Europe/Madrid"}).schedule()
ONCE = ScheduleForm.model_validate({"zone": "UTC", "special_days": {"2026-02-11": ["10:00-12:00"]}}).schedule()


def tuesday(clock: str) -> datetime:
    """10 February 2026 in Madrid."""
    return datetime.fromisoformat(f"2026-02-10T{clock}").replace(tzinfo=ZoneInfo("Europe/Madrid"))


def wednesday(clock: str) -> datetime:
    return tuesday(clock) + timedelta(days=1)


def test_a_message_at_night_is_due_after_opening_as_in_case_1_of_the_auto_responders() -> None:
    """automation.md, case 1: message at 20:00, hours 09-17, target 30 min: due 09:30."""
    spans = [(tuesday("20:00"), None)]
    assert due(OFFICE, spans, 30 * MINUTE) == Due(wednesday("09:30"), wednesday("09:30"))
    assert elapsed(OFFICE, spans, wednesday("09:00")) == timedelta()


def test_SL_11_received_and_answered_outside_hours_takes_no_time() -> None:
    assert working_time(OFFICE, tuesday("19:30"), tuesday("20:00")) == timedelta()
    assert elapsed(OFFICE, [(tuesday("19:30"), tuesday("20:00"))], wednesday("12:00")) == timedelta()


def test_elapsed_stops_at_now_and_at_the_end_of_each_span() -> None:
    spans = [(tuesday("10:00"), tuesday("10:20")), (tuesday("11:00"), None)]
    assert elapsed(OFFICE, spans, tuesday("09:00")) == timedelta()
    assert elapsed(OFFICE, spans, tuesday("10:10")) == 10 * MINUTE
    assert elapsed(OFFICE, spans, tuesday("10:50")) == 20 * MINUTE
    assert elapsed(OFFICE, spans, tuesday("11:05")) == 25 * MINUTE
    assert elapsed(OFFICE, [], tuesday("11:05")) == timedelta()


def test_a_target_used_up_in_a_closed_span_is_due_there() -> None:
    spans = [(tuesday("10:00"), tuesday("10:40")), (tuesday("12:00"), None)]
    assert due(OFFICE, spans, 30 * MINUTE) == Due(tuesday("10:30"), tuesday("10:30"))


def test_a_target_used_up_as_a_span_ends_breaches_when_the_next_one_starts() -> None:
    spans = [(tuesday("10:00"), tuesday("10:30")), (tuesday("12:00"), None)]
    assert due(OFFICE, spans, 30 * MINUTE) == Due(tuesday("10:30"), tuesday("12:00"))


def test_a_target_used_up_at_closing_time_by_a_span_that_ends_at_night_breaches_in_the_next_open_span() -> None:
    spans = [(tuesday("16:30"), tuesday("22:00")), (wednesday("08:00"), None)]
    assert due(OFFICE, spans, 30 * MINUTE) == Due(tuesday("17:00"), wednesday("09:00"))


@pytest.mark.parametrize("minutes", [30, 31])
def test_closed_spans_that_do_not_pass_the_target_are_never_due(minutes: int) -> None:
    with pytest.raises(NeverOpen):
        due(OFFICE, [(tuesday("10:00"), tuesday("10:30"))], minutes * MINUTE)


def test_no_target_is_due_at_once_and_breaches_as_it_opens() -> None:
    assert due(OFFICE, [(tuesday("20:00"), None)], timedelta()) == Due(tuesday("20:00"), wednesday("09:00"))
    assert due(None, [(tuesday("20:00"), None)], timedelta()) == Due(tuesday("20:00"), tuesday("20:00"))


def test_round_the_clock_hours_that_meet_at_midnight_breach_when_due() -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    always = ScheduleForm.model_validate({"zone": "UTC", "week": {day: ["00:00-24:00"] for day in days}}).schedule()
    midnight = datetime(2026, 2, 11, tzinfo=UTC)
    assert due(always, [(midnight - HOUR, None)], HOUR) == Due(midnight, midnight)


@pytest.mark.parametrize("target", [timedelta(), MINUTE, timedelta(days=20_000)])
def test_a_schedule_that_never_opens_is_refused_at_once(target: timedelta) -> None:
    begun = time.thread_time()
    with pytest.raises(NeverOpen) as refused:
        due(CLOSED, [(tuesday("10:00"), None)], target)
    assert isinstance(refused.value, Unprocessable)
    assert time.thread_time() - begun < 0.2


def test_a_schedule_of_special_days_serves_until_they_are_past() -> None:
    spans = [(tuesday("10:00"), None)]
    assert due(ONCE, spans, HOUR).due_at == datetime(2026, 2, 11, 11, tzinfo=UTC)
    for target in (2 * HOUR, 3 * HOUR):  # never passed, never reached
        with pytest.raises(NeverOpen):
            due(ONCE, spans, target)


@pytest.mark.parametrize("schedule", [None, OFFICE], ids=["always open", "office hours"])
def test_a_target_beyond_thirty_years_is_refused(schedule: None) -> None:
    with pytest.raises(NeverOpen):
        due(schedule, [(tuesday("10:00"), None)], timedelta.max)


def test_a_far_target_within_reach_is_exact() -> None:
    spans = [(tuesday("09:00"), None)]
    five_years = due(OFFICE, spans, 10_000 * HOUR)
    assert elapsed(OFFICE, spans, five_years.due_at) == 10_000 * HOUR
    assert five_years.due_at.year == 2030


def test_nothing_to_time_and_negative_targets_are_refused() -> None:
    with pytest.raises(NeverOpen):
        due(OFFICE, [], timedelta())
    with pytest.raises(ValueError, match="negative"):
        due(OFFICE, [(tuesday("10:00"), None)], -MINUTE)


def test_a_known_schedule_answers_in_well_under_a_millisecond() -> None:
    spans = [(tuesday("16:50"), None)]
    due(OFFICE, spans, HOUR)
    begun = time.process_time()
    for _ in range(1000):
        due(OFFICE, spans, HOUR)
    assert time.process_time() - begun < 0.5


def test_the_warning_comes_at_a_share_of_the_target_or_some_minutes_before_it() -> None:
    assert warn_after(HOUR) == 45 * MINUTE
    assert warn_after(HOUR, percent=50) == 30 * MINUTE
    assert warn_after(HOUR, left=10 * MINUTE) == 50 * MINUTE
    assert warn_after(5 * MINUTE, left=10 * MINUTE) == timedelta()


def test_colours_change_at_the_warning_and_after_the_target() -> None:
    tick = timedelta(microseconds=1)
    used = [timedelta(), 45 * MINUTE - tick, 45 * MINUTE, HOUR, HOUR + tick]
    assert [colour(each, HOUR, 45 * MINUTE) for each in used] == ["grey", "grey", "orange", "orange", "red"]


def look(now: datetime, start: str = "16:00", target: timedelta = 2 * HOUR) -> Shown | None:
    return shown(OFFICE, [(tuesday(start), None)], target, warn_after(target), now)


def test_remaining_time_is_frozen_with_a_pause_mark_while_closed() -> None:
    expected = Shown(Colour.GREY, HOUR, timedelta(), paused=True)
    assert look(tuesday("17:00")) == look(wednesday("03:00")) == expected
    assert look(wednesday("09:00")) == Shown(Colour.GREY, HOUR, timedelta(), paused=False)
    assert look(tuesday("20:00"), start="19:00") == Shown(Colour.GREY, 2 * HOUR, timedelta(), paused=True)


def test_the_budget_that_ends_at_closing_time_stays_orange_through_the_night() -> None:
    assert look(wednesday("03:00"), target=HOUR) == Shown(Colour.ORANGE, timedelta(), timedelta(), paused=True)
    assert look(wednesday("09:00:01"), target=HOUR) == Shown(
        Colour.RED, timedelta(), timedelta(seconds=1), paused=False
    )


def test_time_over_runs_on_by_the_wall_clock_while_closed() -> None:
    late = look(tuesday("20:30:59"), target=30 * MINUTE)
    assert late == Shown(Colour.RED, timedelta(), 4 * HOUR + timedelta(seconds=59), paused=False)
    assert (late.text_key, late.time) == ("sla.over.hours", (4, 0))


def test_there_is_no_colour_without_a_running_clock() -> None:
    for spans in ([], [(tuesday("10:00"), tuesday("11:00"))]):
        assert shown(OFFICE, spans, HOUR, 45 * MINUTE, tuesday("12:00")) is None


def test_a_clock_on_a_schedule_that_never_opens_is_paused() -> None:
    seen = shown(CLOSED, [(tuesday("10:00"), None)], HOUR, 45 * MINUTE, tuesday("12:00"))
    assert seen == Shown(Colour.GREY, HOUR, timedelta(), paused=True)
    assert (seen.text_key, seen.time) == ("sla.left.hours", (1, 0))
