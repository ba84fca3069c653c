"""Dry runs: condition by condition what matched, and what a rule would do (automation.md, Dry run)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.automation.domain.preview import sampled, tried
from shared.contracts.rules import Sample, Tried
from shared.contracts.settings import Rule
from tests.support.clock import START

TREE = {
    "test": "group",
    "join": "any",
    "of": [
        {"test": "keywords", "keywords": "refund"},
        {"test": "field", "field": "language", "operator": "is", "value": "es"},
    ],
}


def attempt(sample: dict[str, Any], **fields: Any) -> Tried:
    """What a rule makes of a sample."""
    usual = {"name": "A", "conditions": TREE, "actions": [{"act": "assign_team", "team": "es"}]}
    rule, given = Rule.model_validate(usual | fields), Sample.model_validate(sample)
    return tried(rule, given, sampled(rule, given, START, None))


def test_it_says_condition_by_condition_what_held_and_what_it_would_do() -> None:
    found = attempt({"message": {"text": "A refund!"}})
    assert (found.matches, found.would) == (True, ("assign_team (team: es)",))
    assert found.conditions.held
    assert [(one.condition, one.held) for one in found.conditions.of] == [
        ("text contains any of refund", True),
        ("language is es", False),
    ]


def test_what_does_not_match_does_nothing() -> None:
    found = attempt({"message": {"text": "hello"}})
    assert (found.matches, found.conditions.held, found.would) == (False, False, ())


def test_place_and_event_are_told_apart_from_conditions() -> None:
    elsewhere = attempt({"message": {"text": "refund"}}, scope={"channels": ["ch-2"]})
    assert (elsewhere.matches, elsewhere.conditions.held, elsewhere.in_scope) == (False, True, False)
    later = attempt({"message": {"text": "refund", "first": False}}, event="conversation_opened")
    assert (later.matches, later.on_event) == (False, False)
    assert attempt({"message": None}, conditions=[]).on_event is False
    assert attempt({"message": None}, event="sla_breached", conditions=[]).matches


def test_a_conversation_has_the_contacts_language_else_the_browsers() -> None:
    assert attempt({"message": {"text": "hola", "browser_language": "es"}}).matches
    assert attempt({"contact": {"language": "es"}, "message": {"browser_language": "en"}}).matches
    assert not attempt({"contact": {"language": "en"}, "message": {"browser_language": "es"}}).matches


def test_what_a_machine_wrote_would_not_be_answered() -> None:
    found = attempt(
        {"message": {"text": "refund", "automatic_reply": True}}, actions=[{"act": "send_text", "text": "Hi"}]
    )
    assert (found.would, [why.partition(":")[0] for why in found.would_not]) == ((), ["send_text"])


def test_a_rule_without_conditions_matches_everything() -> None:
    assert attempt({}, conditions=[]).matches


def test_AU_04_it_says_why_it_would_not_resolve() -> None:
    actions = [{"act": "resolve"}, {"act": "tag_message", "add": ["x"]}]
    found = attempt({"message": {"text": "refund", "first": False}}, actions=actions)
    assert (found.would, found.would_not) == (
        ("tag_message (add: x)",),
        ("resolve: Only the first message of an episode resolves it.",),
    )


def test_a_number_that_no_double_holds_is_refused_in_conditions_and_samples() -> None:
    tree = {"test": "field", "field": "contact_attribute", "attribute": "Size", "operator": "greater", "value": 1}
    for huge in (10**400, float("inf"), float("nan"), 2**53 + 1):
        with pytest.raises(ValidationError):
            attempt({"contact": {"attributes": {"Size": huge}}}, conditions={"test": "group", "of": [tree]})
        with pytest.raises(ValidationError):
            attempt({}, conditions={"test": "group", "of": [{**tree, "value": huge}]})
    assert attempt({"contact": {"attributes": {"Size": 2}}}, conditions={"test": "group", "of": [tree]}).matches


def test_a_stored_conversation_is_a_sample_whatever_it_holds() -> None:
    names = [f"t{number}" for number in range(2000)]
    contact = {"attributes": dict.fromkeys(names, "x"), "labels": names, "groups": names, "language": "x" * 100}
    conversation = {"topics": names, "labels": names, "tags": names, "language": "x" * 100}
    assert attempt({"contact": contact, "conversation": conversation}, conditions=[]).matches
