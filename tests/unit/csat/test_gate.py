"""The gate at resolve, test by test and in order (csat.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.csat.domain.gate import (
    Skipped,
    before_frequency,
    bucket,
    counts_for,
    is_sampled,
    survey_of,
    version,
)
from shared.contracts.facts import Resolved
from tests.support.surveys import survey

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def resolved(**fields: Any) -> Resolved:
    """A resolve that passes every test."""
    passing = {
        "at": NOON,
        "episode": 1,
        "closed_by": "agent",
        "reason": "solved",
        "reason_is_solution": True,
        "reasons_apply": True,
        "visibility": "private",
        "channel": "ch-1",
        "contact": "contact-1",
        "owner": {"id": "ana"},
        "team": None,
        "topics": [],
        "language": "en",
        "longest_reply_human": 100,
        "longest_reply_virtual": 0,
        "resolver": "agent",
        "episode_spans": [],
        "opened_at": NOON - timedelta(hours=1),
    }
    return Resolved.model_validate(passing | fields)


FAILING: list[tuple[dict[str, Any], Skipped]] = [
    ({"visibility": "public"}, Skipped.PUBLIC),
    ({"reasons_apply": False}, Skipped.REASONS_DISABLED),
    ({"reason_is_solution": False}, Skipped.REASON_NOT_SOLUTION),
    ({"closed_by": "virtual_agent"}, Skipped.RESOLVER),
    ({"longest_reply_human": 9}, Skipped.TOO_SHORT),
    ({"language": "fr"}, Skipped.LANGUAGE),
]


def test_a_resolve_that_passes() -> None:
    assert before_frequency(survey(minimum_length=10, only_contact_language=True), resolved()) is None


@pytest.mark.parametrize("first", range(len(FAILING)))
def test_the_first_failing_test_is_the_reason(first: int) -> None:
    """Everything from the n-th test on fails: the n-th is named."""
    fields: dict[str, Any] = {}
    for failing, _ in FAILING[first:]:
        fields |= failing
    assert (
        before_frequency(survey(minimum_length=10, only_contact_language=True), resolved(**fields)) is FAILING[first][1]
    )


@pytest.mark.parametrize(
    ("closed_by", "humans", "virtual"),
    [
        ("agent", None, None),
        ("virtual_agent", Skipped.RESOLVER, None),
        ("bulk", Skipped.BULK, Skipped.BULK),
        ("automation", Skipped.SYSTEM, Skipped.SYSTEM),
        ("inactivity", Skipped.SYSTEM, Skipped.SYSTEM),
        ("idle_answered", Skipped.SYSTEM, Skipped.SYSTEM),
        ("muted", Skipped.SYSTEM, Skipped.SYSTEM),
    ],
)
def test_CS_03_who_resolved(closed_by: str, humans: Skipped | None, virtual: Skipped | None) -> None:
    fact = resolved(closed_by=closed_by)
    assert before_frequency(survey(), fact) is humans
    assert before_frequency(survey(include_virtual_agents=True), fact) is virtual


def test_CS_07_one_message_of_a_counted_author_is_long_enough() -> None:
    fact = resolved(longest_reply_human=9, longest_reply_virtual=10)
    assert before_frequency(survey(minimum_length=10), fact) is Skipped.TOO_SHORT
    assert before_frequency(survey(minimum_length=10, include_virtual_agents=True), fact) is None
    assert before_frequency(survey(minimum_length=9), fact) is None


def test_CS_08_the_contacts_language_else_the_default() -> None:
    versions = [{"language": "es", "question": "¿Qué tal?"}, {"language": "en", "question": "How was it?"}]
    both = survey(versions=versions, only_contact_language=True)
    for language, refusal, chosen in (
        ("es-MX", None, "es"),
        ("ES", None, "es"),
        ("fr", Skipped.LANGUAGE, "en"),
        (None, Skipped.LANGUAGE, "en"),
    ):
        assert before_frequency(both, resolved(language=language)) is refusal
        assert version(both, language).language == chosen


@pytest.mark.parametrize(
    ("conversation", "episode", "expected"),
    [
        ("conv_1001", 1, 27),
        ("conv_1002", 1, 8699),
        ("conv_1003", 1, 2583),
        ("conv_1003", 2, 3953),
        ("conv_1004", 1, 3256),
        ("conv_1005", 1, 3922),
    ],
)
def test_CS_04_buckets(conversation: str, episode: int, expected: int) -> None:
    assert bucket("srv_es", conversation, episode) == expected
    assert is_sampled("srv_es", survey(percent=(expected + 1) / 100), conversation, episode)
    assert not is_sampled("srv_es", survey(percent=expected / 100), conversation, episode)


@given(st.text(min_size=1), st.integers(1, 1000))
def test_CS_04_nothing_for_0_and_everything_for_100(conversation: str, episode: int) -> None:
    assert not is_sampled("srv", survey(percent=0), conversation, episode)
    assert is_sampled("srv", survey(percent=100), conversation, episode)


def test_the_survey_of_a_channel_is_the_enabled_one() -> None:
    surveys = {"a": survey(enabled=False), "b": survey(), "c": survey(channels=["ch-2"])}
    assert survey_of("ch-1", surveys) == ("b", surveys["b"])
    assert survey_of("ch-3", surveys) is None


def test_an_answer_counts_for_the_owner_as_of_the_resolve_else_for_who_resolved() -> None:
    assert counts_for(resolved()) == "ana"
    assert counts_for(resolved(owner=None, by={"kind": "agent", "id": "ben"})) == "ben"
    assert counts_for(resolved(owner={"kind": "virtual_agent", "id": "bot"})) == "bot"
