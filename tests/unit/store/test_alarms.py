"""Local timers, pure."""

from __future__ import annotations

from datetime import timedelta

from shared.timers.alarms import Alarms
from tests.support.clock import START

SECOND = timedelta(seconds=1)


def rung(alarms: Alarms, after: float) -> list[str]:
    return [alarm.id for alarm in alarms.ringing(START + after * SECOND)]


def test_alarms_ring_in_order_each_once() -> None:
    alarms = Alarms()
    for n, id in ((3, "c"), (1, "a"), (2, "b")):
        alarms.found(id, START + n * SECOND, START)
        alarms.found(id, START + n * SECOND, START)
    assert alarms.nearest == START + SECOND
    assert rung(alarms, 2) == ["a", "b"]
    assert rung(alarms, 2) == []
    assert rung(alarms, 9) == ["c"]


def test_a_save_replaces_what_was_armed() -> None:
    alarms = Alarms()
    alarms.saved("a", START + SECOND)
    alarms.saved("a", START + 2 * SECOND)
    alarms.saved("b", START + SECOND)
    alarms.saved("b", None)
    assert len(alarms) == 1
    assert rung(alarms, 1) == []
    assert rung(alarms, 2) == ["a"]


def test_what_rang_a_moment_ago_is_not_armed_by_a_read_that_began_before() -> None:
    alarms = Alarms()
    alarms.saved("a", START)
    for alarm in list(alarms.ringing(START)):
        alarms.done(alarm, rang=START)
    assert alarms.found("a", START, START + SECOND) is None
    assert len(alarms) == 0
    assert alarms.found("a", START, START + 6 * SECOND) is not None


def test_a_save_at_an_instant_that_rang_arms_it_again() -> None:
    alarms = Alarms()
    alarms.saved("a", START)
    for alarm in list(alarms.ringing(START)):
        alarms.done(alarm, rang=START)
    alarms.saved("a", START)
    assert rung(alarms, 0) == ["a"]


def test_a_wake_under_way_is_not_cut_off_by_its_own_save() -> None:
    alarms = Alarms()
    alarms.saved("a", START)
    (alarm,) = alarms.ringing(START)
    alarms.saved("a", START + SECOND)
    alarms.done(alarm, rang=START)
    assert rung(alarms, 1) == ["a"]


def test_one_that_failed_rings_again_later() -> None:
    alarms = Alarms()
    alarms.saved("a", START)
    (alarm,) = alarms.ringing(START)
    alarms.again(alarm, START + 3 * SECOND)
    assert rung(alarms, 2) == []
    assert rung(alarms, 3) == ["a"]
