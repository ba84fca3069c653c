"""What becomes of a delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.bus.outcome import CAUSE_LENGTH, CAUSES, LADDER, TRACEBACK_LENGTH, Done, Park, Retry, decide
from shared.bus.topology import TIERS
from shared.errors import Conflict, RetryLater, TimedOut

RUNGS = sum(times for _, times in LADDER)


def test_success_is_done() -> None:
    assert decide(None, 0) == Done()
    assert decide(None, RUNGS) == Done()


@pytest.mark.parametrize("error", [RetryLater("later"), TimedOut("slow")])
def test_retry_later_climbs_the_ladder_and_ends_in_the_dead_letters(error: Exception) -> None:
    outcomes = [decide(error, attempts) for attempts in range(RUNGS + 1)]
    tiers = [outcome.tier for outcome in outcomes if isinstance(outcome, Retry)]
    assert tiers == [tier for tier, times in LADDER for _ in range(times)]
    assert [outcome.attempt for outcome in outcomes if isinstance(outcome, Retry)] == list(range(1, RUNGS + 1))
    last = outcomes[-1]
    assert isinstance(last, Park)
    assert (last.reason, last.attempts) == ("exhausted", RUNGS + 1)


def test_every_rung_is_a_tier_that_is_declared() -> None:
    assert {tier for tier, _ in LADDER} == set(TIERS)


def test_a_dependency_away_for_half_an_hour_kills_nothing() -> None:
    assert sum(TIERS[tier] * times for tier, times in LADDER) >= 30 * 60 * 1000


@pytest.mark.parametrize("error", [ValueError("bug"), Conflict("a decision, not a delay"), KeyError("x")])
def test_any_other_error_is_parked_at_once(error: Exception) -> None:
    outcome = decide(error, 0)
    assert isinstance(outcome, Park)
    assert (outcome.reason, outcome.attempts) == ("failed", 1)


def test_what_cannot_be_decoded_is_parked_whatever_the_error() -> None:
    outcome = decide(RetryLater("no"), 0, decoded=False)
    assert isinstance(outcome, Park)
    assert outcome.reason == "undecodable"


def test_a_validation_error_does_not_quote_what_people_wrote() -> None:
    class Form(BaseModel):
        age: int

    written = "-".join(("my", "secret"))  # in no source line, which tracebacks quote
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"age": written})
    outcome = decide(caught.value, 0)
    assert isinstance(outcome, Park)
    assert written not in str(outcome)
    assert "age" in outcome.causes[0]


@given(st.lists(st.text(), min_size=1, max_size=30))
def test_causes_are_bounded_and_can_be_encoded(texts: list[str]) -> None:
    error: Exception | None = None
    for text in [*texts, "\udc80" * 5000]:
        outer = ValueError(text)
        outer.__cause__ = error
        error = outer
    outcome = decide(error, 0)
    assert isinstance(outcome, Park)
    assert len(outcome.causes) <= CAUSES
    assert all(len(cause) <= CAUSE_LENGTH and cause.encode() for cause in outcome.causes)
    assert len(outcome.traceback) <= TRACEBACK_LENGTH
