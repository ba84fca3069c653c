"""The budget of a conversation: fifty runs an hour, then nothing until the hour is over (AU-07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.budget import Budget, spend
from tests.support.clock import START


def test_AU_07_fifty_runs_an_hour_and_then_it_stops() -> None:
    budget = Budget(id="c1")
    for number in range(50):
        budget, going = spend(budget, [f"run {number}"], START + timedelta(seconds=number), 50)
        assert going == {f"run {number}"}
    assert budget.halted_until is None
    late = START + timedelta(minutes=30)
    budget, going = spend(budget, ["run 50"], late, 50)
    assert (going, budget.halted_until) == (frozenset(), late + timedelta(hours=1))
    budget, going = spend(budget, ["run 51"], late + timedelta(minutes=59), 50)
    assert (going, budget.halted_until) == (frozenset(), late + timedelta(hours=1))
    _, going = spend(budget, ["run 52"], late + timedelta(hours=1), 50)
    assert going == {"run 52"}


def test_AU_07_of_several_runs_the_first_in_list_order_go_ahead() -> None:
    budget, going = spend(Budget(id="c1"), ["a", "b", "c"], START, 2)
    assert going == {"a", "b"}
    assert budget.halted_until is not None


def test_a_repeated_run_counts_once_and_goes_ahead_again() -> None:
    budget, _ = spend(Budget(id="c1"), ["a", "b"], START, 2)
    again, going = spend(budget, ["a", "b"], START + timedelta(minutes=5), 2)
    assert going == {"a", "b"}
    assert again == budget


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 4)), max_size=40), st.integers(1, 5))
def test_AU_07_never_more_than_the_limit_within_any_hour(steps: Sequence[tuple[int, int]], limit: int) -> None:
    budget, now, done = Budget(id="c1"), START, []
    for step, (minutes, runs) in enumerate(steps):
        now += timedelta(minutes=minutes)
        budget, going = spend(budget, [f"{step} {run}" for run in range(runs)], now, limit)
        done += [now] * len(going)
    for first in done:
        assert sum(first <= at < first + timedelta(hours=1) for at in done) <= limit
