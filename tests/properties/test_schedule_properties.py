"""What must hold of working time and due times for every schedule, span and target."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.schedule import (
    Colour,
    NeverOpen,
    Schedule,
    colour,
    due,
    elapsed,
    is_open,
    next_change,
    shown,
    warn_after,
    working_time,
)
from tests.support.schedules import (
    DAY,
    DAY_MINUTES,
    WEEK_MINUTES,
    instants,
    places,
    schedules,
    span_lists,
    week_of,
    week_stretches,
)

TICK = timedelta(microseconds=1)
settings.register_profile("schedule", deadline=None, max_examples=150)
several = settings.get_profile("schedule")
targets = st.timedeltas(timedelta(), timedelta(hours=40))


@several
@given(st.data())
def test_working_time_adds_up_and_never_exceeds_wall_time(data: st.DataObject) -> None:
    place = data.draw(places())
    schedule = data.draw(st.none() | schedules(place))
    a, b, c = sorted(data.draw(instants(place)) for _ in range(3))
    whole = working_time(schedule, a, c)
    assert whole == working_time(schedule, a, b) + working_time(schedule, b, c)
    assert timedelta() <= whole <= c - a
    assert working_time(schedule, c, a) == timedelta() or a == c


@several
@given(st.data())
def test_due_is_the_inverse_of_elapsed(data: st.DataObject) -> None:
    place = data.draw(places())
    schedule = data.draw(st.none() | schedules(place))
    spans = data.draw(span_lists(instants(place)))
    target = data.draw(targets)
    try:
        found = due(schedule, spans, target)
    except NeverOpen:
        far = spans[0][0] + timedelta(days=400)  # dates of special days and holidays are long past
        assert elapsed(schedule, spans, far) <= target
        return
    assert found.due_at <= found.breach_at
    assert found.due_at.tzinfo is UTC
    assert elapsed(schedule, spans, found.due_at) == target
    assert elapsed(schedule, spans, found.breach_at) == target
    assert elapsed(schedule, spans, found.breach_at + TICK) == target + TICK
    if target:
        assert elapsed(schedule, spans, found.due_at - TICK) == target - TICK


@several
@given(st.data())
def test_time_in_closed_spans_counts_once_and_a_stop_freezes_it(data: st.DataObject) -> None:
    place = data.draw(places())
    schedule = data.draw(st.none() | schedules(place))
    spans = data.draw(span_lists(instants(place)))
    now = data.draw(instants(place))
    stopped = [(start, now if end is None else end) for start, end in spans if start <= now]
    assert elapsed(schedule, stopped, now + 3 * DAY) >= elapsed(schedule, spans, now)
    assert elapsed(schedule, stopped, now) == elapsed(schedule, spans, now)
    assert elapsed(schedule, spans, now) <= sum(
        (working_time(schedule, start, now if end is None else end) for start, end in spans), timedelta()
    )


@several
@given(week_stretches(), st.integers(1, 12), st.data())
def test_the_same_open_instants_give_the_same_results_in_every_zone(
    stretches: list[tuple[int, int]], east: int, data: st.DataObject
) -> None:
    place = ("UTC", date(2026, 2, 10))
    moved = [
        ((start + east * 60) % WEEK_MINUTES, (start + east * 60) % WEEK_MINUTES + min(end - start, DAY_MINUTES))
        for start, end in stretches
    ]
    here = Schedule("UTC", week_of(stretches))
    there = Schedule(f"Etc/GMT-{east}", week_of(moved))
    a, b = data.draw(instants(place)), data.draw(instants(place))
    spans = data.draw(span_lists(instants(place)))
    target = data.draw(targets)
    assert working_time(here, a, b) == working_time(there, a, b)
    assert elapsed(here, spans, a) == elapsed(there, spans, a)
    assert is_open(here, a) == is_open(there, a)
    assert next_change(here, a) == next_change(there, a)
    try:
        expected = due(here, spans, target)
    except NeverOpen:
        with pytest.raises(NeverOpen):
            due(there, spans, target)
    else:
        assert due(there, spans, target) == expected


@several
@given(st.data())
def test_nothing_changes_until_the_next_change(data: st.DataObject) -> None:
    place = data.draw(places())
    schedule = data.draw(schedules(place))
    now = data.draw(instants(place))
    change = next_change(schedule, now)
    until = change or now + 300 * DAY
    assert working_time(schedule, now, until) == (until - now if is_open(schedule, now) else timedelta())
    if change is not None:
        assert is_open(schedule, change) != is_open(schedule, now)


@several
@given(st.data())
def test_the_colour_turns_red_strictly_after_breach_at_and_orange_at_the_due_time_of_the_warning(
    data: st.DataObject,
) -> None:
    place = data.draw(places())
    schedule = data.draw(st.none() | schedules(place))
    start = data.draw(instants(place))
    target = data.draw(st.timedeltas(timedelta(minutes=1), timedelta(hours=40)))
    warn = warn_after(target)
    spans = [(start, None)]
    assume(schedule is None or any(schedule.week))
    found = due(schedule, spans, target)

    def look(now: datetime) -> Colour | None:
        seen = shown(schedule, spans, target, warn, now)
        assert seen is not None
        assert seen.colour is colour(elapsed(schedule, spans, now), target, warn)
        return seen.colour

    warned_at = due(schedule, spans, warn).due_at
    assert look(warned_at - TICK) is Colour.GREY
    assert look(warned_at) is Colour.ORANGE
    assert look(found.breach_at) is Colour.ORANGE
    assert look(found.breach_at + TICK) is Colour.RED
