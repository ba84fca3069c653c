"""The tree of conditions: fields and operators by type, groups of any depth, limits, RE2 (AU-05, AU-06)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.automation.domain.conditions import Compiler
from services.automation.domain.looking import Seen
from services.automation.domain.rules import RuleSet
from services.automation.resources.rules import check_rule, declarations
from shared.contracts.acts import AssignTeam
from shared.contracts.settings import FieldCondition, Group, KeywordCondition, Rule, RuleEvent
from shared.contracts.settings.conditions import OPERATORS, TYPES, FieldName, Operator, vocabulary
from shared.contracts.words import Visibility
from shared.schedule import Schedule, ScheduleForm

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""


def madrid() -> Schedule:
    """Monday to Friday, nine to five; noon UTC is one o'clock there."""
    week = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    return ScheduleForm.model_validate({"zone": "Europe/Madrid", "week": week}).schedule()


def look(**fields: Any) -> Seen:
    """A message on channel ch-1 at noon."""
    usual: dict[str, Any] = {
        "events": frozenset({RuleEvent.MESSAGE_RECEIVED}),
        "cause": "m1",
        "at": NOON,
        "channel": "ch-1",
        "visibility": Visibility.PRIVATE,
        "message": "m1",
    }
    return Seen(**(usual | fields))


def holds(condition: dict[str, Any], seen: Seen) -> bool:
    """Whether a condition, as the API takes it, holds."""
    tree = Rule.model_validate({**RULE, "conditions": {"test": "group", "of": [condition]}}).conditions
    compiler = Compiler()
    compiled = compiler.compile(tree)
    return compiled.holds(seen, compiler.looked(seen))


RULE: dict[str, Any] = {"name": "A rule", "actions": [{"act": "assign_team", "team": "es"}]}

CASES: list[tuple[str, str, Any, dict[str, Any], bool]] = [
    ("text", "is", "hello there", {"text": " HELLO  there "}, True),
    ("text", "is", ["bye", "hello"], {"text": "hello you"}, False),
    ("text", "is_not", "hello", {"text": "bye"}, True),
    ("text", "contains_any_of", ["refund", "error"], {"text": "An Error!"}, True),
    ("text", "contains_any_of", ["err"], {"text": "An error"}, False),
    ("text", "contains_any_of", ["1,000"], {"text": "I paid 1 euro"}, False),
    ("text", "contains_any_of", ["1,000"], {"text": "I paid 1,000 euro"}, True),
    ("text", "contains_all_of", ["error", "page"], {"text": "the page has an error"}, True),
    ("text", "contains_all_of", ["error", "page"], {"text": "an error"}, False),
    ("text", "matches", r"order #\d{4}", {"text": "My ORDER #1234 is late"}, True),
    ("text", "matches", r"^late$", {"text": "My order is late"}, False),
    ("text", "matches", "x", {"text": "\ud800 x"}, True),
    ("text", "is_empty", None, {"text": "  "}, True),
    ("subject", "contains_any_of", ["reembolso"], {"subject": "Reembolso, por favor"}, True),
    ("kind", "is", "mail", {"kind": "mail"}, True),
    ("visibility", "is", "public", {}, False),
    ("channel", "is", ["ch-1", "ch-2"], {}, True),
    ("channel", "is_not", ["ch-1"], {}, False),
    ("medium", "is", "email", {"medium": "email"}, True),
    ("has_attachment", "is", True, {"has_attachment": True}, True),
    ("language", "is", "es", {"language": "es"}, True),
    ("browser_language", "is", "es", {"browser_language": "es-MX"}, True),
    ("browser_language", "is", "es-mx", {"browser_language": "es-MX"}, True),
    ("browser_language", "is", "es-MX", {"browser_language": "es-ES"}, False),
    ("browser_language", "is_empty", None, {}, True),
    ("groups", "contains_any_of", ["vip"], {"groups": ("VIP",)}, True),
    ("labels", "contains_all_of", ["gold", "late"], {"labels": ("gold",)}, False),
    ("contact_labels", "contains_any_of", ["gold"], {"contact_labels": ("gold", "late")}, True),
    ("topics", "is_empty", None, {"topics": ("billing",)}, False),
    ("tags", "contains_any_of", ["Error"], {"tags": ("error",)}, True),
    ("status", "is", "new", {"status": "new", "substatus": "open"}, True),
    ("status", "is", "new.open", {"status": "new", "substatus": "open"}, True),
    ("status", "is", "new.untouched", {"status": "new", "substatus": "open"}, False),
    ("owner", "is", "ana", {"owner": "ana"}, True),
    ("owner", "is_empty", None, {}, True),
    ("team", "is_not", "es", {"team": "en"}, True),
    ("priority_score", "greater", 2, {"priority_score": 3}, True),
    ("priority_score", "at_least", 3, {"priority_score": 3}, True),
    ("priority_score", "less", 3, {"priority_score": 3}, False),
    ("priority_score", "at_most", 3, {"priority_score": 3}, True),
    ("episode", "is", 1, {"episode": 2}, False),
    ("first_message", "is", True, {"first": True}, True),
    ("previous_score", "at_most", 2, {"previous_score": 1}, True),
    ("previous_score", "at_most", 2, {}, False),
    ("previous_score", "is_empty", None, {}, True),
    ("within_business_hours", "is", True, {"schedule": madrid()}, True),
    ("within_business_hours", "is", True, {"schedule": madrid(), "at": NOON.replace(hour=16)}, False),
    ("within_business_hours", "is", True, {}, True),
    ("time_of_day", "before", "13:00", {}, True),
    ("time_of_day", "before", "13:00", {"schedule": madrid()}, False),
    ("time_of_day", "after", "13:00", {"schedule": madrid()}, True),
]


@pytest.mark.parametrize(("field", "operator", "value", "seen", "expected"), CASES)
def test_AU_05_a_field_compares_by_its_type(
    field: str, operator: str, value: Any, seen: dict[str, Any], expected: bool
) -> None:
    condition = {"test": "field", "field": field, "operator": operator, "value": value}
    assert holds(condition, look(**seen)) is expected


ATTRIBUTES: list[tuple[str, Any, Any, bool]] = [
    ("is", "Gold", "gold", True),
    ("is", 5, 5, True),
    ("is", "5", 5.0, True),
    ("is", True, True, True),
    ("is", True, False, False),
    ("is_not", "gold", None, True),
    ("contains_any_of", ["spain"], "Lives in Spain", True),
    ("contains_any_of", ["b"], ("a", "b"), True),
    ("contains_all_of", ["a", "c"], ("a", "b"), False),
    ("matches", r"^AB-\d+", "ab-12", True),
    ("is_empty", None, None, True),
    ("is_empty", None, "x", False),
    ("greater", 10, 11, True),
    ("greater", 10, "11", True),
    ("less", 10, "many", False),
    ("before", "2026-03-02", "2026-03-01", True),
    ("after", "2026-03-02", "2026-03-02T23:00:00+01:00", False),
    ("before", "2026-03-02", "one day", False),
    ("in_the_last", 7, "2026-02-23", True),
    ("in_the_last", 7, "2026-02-22", False),
    ("in_the_last", 7, "2026-03-03", False),
]


@pytest.mark.parametrize(("operator", "value", "held", "expected"), ATTRIBUTES)
def test_AU_05_a_contact_attribute_compares_by_its_value(operator: str, value: Any, held: Any, expected: bool) -> None:
    condition = {
        "test": "field",
        "field": "contact_attribute",
        "attribute": "a",
        "operator": operator,
        "value": value,
    }
    assert holds(condition, look(attributes={} if held is None else {"a": held})) is expected


def test_AU_05_every_field_has_a_case_and_every_operator() -> None:
    assert {case[0] for case in CASES} == {field.value for field in FieldName} - {"contact_attribute"}
    assert {case[1] for case in CASES} | {case[0] for case in ATTRIBUTES} == {one.value for one in Operator}


def test_AU_05_groups_nest() -> None:
    def text(word: str) -> dict[str, Any]:
        return {"test": "keywords", "keywords": word}

    nested = {
        "test": "group",
        "join": "all",
        "of": [
            {"test": "group", "join": "any", "of": [text("refund"), text("reembolso")]},
            {"test": "group", "join": "none", "of": [text("thanks"), {"test": "field", "field": "team", "value": "x"}]},
        ],
    }
    assert holds(nested, look(text="a refund please"))
    assert not holds(nested, look(text="a refund, thanks"))
    assert not holds(nested, look(text="refund", team="x"))
    assert not holds(nested, look(text="hello"))


def test_AU_05_the_older_form_is_read_as_any_of_its_rows() -> None:
    old = Rule.model_validate({**RULE, "conditions": [{"keywords": "error"}, {"match": "all_of", "keywords": "a, b"}]})
    assert old.conditions == Group(
        join="any", of=(KeywordCondition(keywords="error"), KeywordCondition(match="all_of", keywords="a, b"))
    )
    assert Rule.model_validate({**RULE, "conditions": []}).conditions == Group()
    shown = declarations()[0].upgrade({"name": "A rule", "conditions": [{"keywords": "error"}]})["conditions"]
    assert shown == {"test": "group", "join": "any", "of": [{"test": "keywords", "keywords": "error"}]}
    assert Rule.model_validate(old.model_dump(mode="json")) == old


@pytest.mark.parametrize(("levels", "fits"), [(8, True), (9, False), (5000, False)])
def test_AU_05_at_most_eight_levels(levels: int, fits: bool) -> None:
    tree: dict[str, Any] = {"test": "keywords", "keywords": "x"}
    for _ in range(levels - 1):
        tree = {"test": "group", "join": "all", "of": [tree]}
    if fits:
        assert Rule.model_validate({**RULE, "conditions": tree}).conditions
    else:
        with pytest.raises(ValidationError, match="8 levels"):
            Rule.model_validate({**RULE, "conditions": tree})


def test_AU_05_at_most_200_nodes() -> None:
    row = {"test": "keywords", "keywords": "x"}
    assert Rule.model_validate({**RULE, "conditions": {"test": "group", "of": [row] * 199}})
    with pytest.raises(ValidationError, match="200"):
        Rule.model_validate({**RULE, "conditions": {"test": "group", "of": [row] * 200}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"field": "text", "operator": "greater", "value": 3},
        {"field": "priority_score", "operator": "greater", "value": "3"},
        {"field": "priority_score", "operator": "greater", "value": 1e300},
        {"field": "time_of_day", "operator": "after", "value": "25:00"},
        {"field": "contact_attribute", "operator": "is", "value": "x"},
        {"field": "channel", "operator": "is", "value": []},
        {"field": "text", "operator": "contains_any_of", "value": ["x" * 10_000, "y" * 10_000]},
        {"field": "first_message", "operator": "is", "value": "yes"},
    ],
)
def test_AU_05_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FieldCondition.model_validate(wrong)


def test_an_expression_that_RE2_does_not_take_and_an_empty_group_are_refused_on_save() -> None:
    bad = {"test": "field", "field": "text", "operator": "matches", "value": "(?=x)"}
    tree = {"test": "group", "of": [bad, {"test": "group", "of": []}]}
    problems = check_rule(Rule.model_validate({**RULE, "conditions": tree}))
    assert [problem.field for problem in problems] == ["conditions.of.0.value", "conditions.of.1.of"]


def test_a_rule_about_time_says_for_how_long() -> None:
    assert [one.field for one in check_rule(Rule.model_validate({**RULE, "event": "pending_for"}))] == ["after_minutes"]


@pytest.mark.parametrize("pattern", ["(a|a)*(a+)+(a*)*$", "(a?){300}(a?){300}!", "(.*)*(.*)*(.*)*(.*)*="])
def test_no_pattern_is_catastrophic(pattern: str) -> None:
    condition = {"test": "field", "field": "text", "operator": "matches", "value": pattern}
    began = time.thread_time()
    assert not holds(condition, look(text="a" * 19_999 + "b"))
    assert time.thread_time() - began < 1.0


@pytest.mark.parametrize("pattern", ["a{1000}" * 3, "(a?){1000}" * 5, "[^a]{500}"])
def test_a_pattern_that_repeats_too_much_is_refused_on_save(pattern: str) -> None:
    condition = {"test": "field", "field": "text", "operator": "matches", "value": pattern}
    (problem,) = check_rule(Rule.model_validate({**RULE, "conditions": {"test": "group", "of": [condition]}}))
    assert "too large" in problem.message


def test_the_vocabulary_names_every_field_and_operator() -> None:
    words = vocabulary()
    assert {field["name"] for field in words["fields"]} == set(FieldName)
    assert {field["type"] for field in words["fields"]} <= set(words["operators"])
    schema = Rule.model_json_schema()
    assert schema["$defs"]["FieldCondition"]["vocabulary"] == words
    assert all(set(OPERATORS[TYPES[name]]) <= set(Operator) for name in FieldName)


# --- the three that must work (AU-06) ------------------------------------------------------------------------------


def first_of(rules: dict[str, Rule], seen: Seen) -> list[str]:
    """The teams that the matching rules assign."""
    found = [action for match in RuleSet(rules).matches(seen) for action in match.run.actions]
    return [action.team or "" for action in found if isinstance(action, AssignTeam)]


def sending_to(team: str, event: str, *of: dict[str, Any]) -> Rule:
    return Rule.model_validate(
        {
            "name": team,
            "event": event,
            "conditions": {"test": "group", "join": "all", "of": list(of)},
            "actions": [{"act": "assign_team", "team": team}],
        }
    )


EXAMPLES = {
    "1": sending_to(
        "spanish",
        "conversation_opened",
        {"test": "field", "field": "browser_language", "operator": "is", "value": "es"},
    ),
    "2": sending_to("support", "message_received", {"test": "keywords", "keywords": "error"}),
    "3": sending_to(
        "customer care",
        "conversation_changed",
        {"test": "field", "field": "medium", "operator": "is", "value": "email"},
        {"test": "field", "field": "subject", "operator": "contains_any_of", "value": ["reembolso"]},
    ),
}
OPENING = frozenset({RuleEvent.CONVERSATION_OPENED, RuleEvent.MESSAGE_RECEIVED, RuleEvent.CONVERSATION_CHANGED})


def test_AU_06_opened_and_browser_language_is_spanish() -> None:
    assert first_of(EXAMPLES, look(events=OPENING, browser_language="es-ES", first=True)) == ["spanish"]
    assert first_of(EXAMPLES, look(browser_language="es-ES")) == []
    assert first_of(EXAMPLES, look(events=OPENING, browser_language="en-GB", first=True)) == []


def test_AU_06_message_contains_error() -> None:
    assert first_of(EXAMPLES, look(text="There is an ERROR.")) == ["support"]
    assert first_of(EXAMPLES, look(text="Terrors!")) == []


def test_AU_06_changed_and_email_and_subject_contains_reembolso() -> None:
    changed = frozenset({RuleEvent.CONVERSATION_CHANGED})
    assert first_of(EXAMPLES, look(events=changed, medium="email", subject="Mi Reembolso")) == ["customer care"]
    assert first_of(EXAMPLES, look(events=changed, medium="webchat", subject="Mi Reembolso")) == []
    assert first_of(EXAMPLES, look(events=changed, medium="email", subject="Reembolsos")) == []


# --- a property ----------------------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.sampled_from("abc").map(lambda word: {"test": "keywords", "keywords": word}),
    st.sampled_from("xyz").map(lambda team: {"test": "field", "field": "team", "operator": "is", "value": team}),
)
TREES = st.recursive(
    LEAVES,
    lambda below: st.fixed_dictionaries(
        {
            "test": st.just("group"),
            "join": st.sampled_from(["all", "any", "none"]),
            "of": st.lists(below, min_size=1, max_size=3),
        }
    ),
    max_leaves=8,
)


def slowly(condition: dict[str, Any], words: set[str], team: str) -> bool:
    if condition["test"] == "keywords":
        return condition["keywords"] in words
    if condition["test"] == "field":
        return bool(condition["value"] == team)
    below = [slowly(one, words, team) for one in condition["of"]]
    return {"all": all(below), "any": any(below), "none": not any(below)}[condition["join"]]


@given(st.lists(TREES, min_size=1, max_size=4), st.sets(st.sampled_from("abc")), st.sampled_from("xyz"))
def test_AU_05_a_set_of_trees_agrees_with_a_slow_reading(
    trees: list[dict[str, Any]], words: set[str], team: str
) -> None:
    """Also where a rule is looked at only because one of its keywords was found."""
    rules = {
        str(number): Rule.model_validate({**RULE, "name": str(number), "conditions": {"test": "group", "of": [tree]}})
        for number, tree in enumerate(trees)
        if depth(tree) < 8
    }
    found = {match.run.rule for match in RuleSet(rules).matches(look(text=" ".join(sorted(words)), team=team))}
    assert found == {number for number in rules if slowly(trees[int(number)], words, team)}


def depth(condition: dict[str, Any]) -> int:
    return 1 + max((depth(one) for one in condition.get("of", ())), default=0)
