"""The working-time core agrees with a slow minute-by-minute reading of the rules."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.schedule import NeverOpen, due, elapsed, working_time
from shared.schedule.open_time import stretches
from tests.support.minutes import DAYS_AROUND, MINUTE, Minutes
from tests.support.schedules import DAY, near, places, schedules, span_lists


def agrees(data: st.DataObject) -> None:
    place = data.draw(places())
    schedule = data.draw(schedules(place))
    slow = Minutes(schedule, place[1])
    last = slow.first + 2 * DAYS_AROUND * DAY

    opened = bytearray(len(slow.open))
    for opens, closes in stretches(schedule, slow.first, last):
        opened[slow.index(opens) : slow.index(closes)] = bytes([1]) * ((closes - opens) // MINUTE)
    assert opened == slow.open

    start, end = sorted((data.draw(near(place)), data.draw(near(place))))
    assert working_time(schedule, start, end) == slow.working_minutes(start, end) * MINUTE

    spans = data.draw(span_lists(near(place)))
    used = elapsed(schedule, spans, last) // MINUTE
    target = data.draw(st.integers(1, max(used, 1)) | st.just(max(used, 1)))
    due_at, breach_at = slow.due(spans, target)
    if breach_at is not None:
        found = due(schedule, spans, target * MINUTE)
        assert (found.due_at, found.breach_at) == (due_at, breach_at)
    elif spans[-1][1] is not None:
        with pytest.raises(NeverOpen):
            due(schedule, spans, target * MINUTE)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_open_minute_every_sum_and_every_due_time_agree_with_the_wall_clock(data: st.DataObject) -> None:
    agrees(data)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_twenty_thousand_schedules_agree_with_the_wall_clock(data: st.DataObject) -> None:
    agrees(data)
