"""Rules, macros and the budget as settings objects: what they must have to be saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.automation.domain.keywords import wanted_by
from services.automation.domain.patterns import BadPattern, compiled
from shared.contracts.acts import NotifyAct, SetBoomerang, SetPending
from shared.contracts.settings import AutomationSettings, FieldCondition, Group, KeywordCondition, Macro, Rule
from shared.contracts.settings.automation import TIME_BASED
from shared.contracts.settings.conditions import Condition, Operator, tree_of
from shared.resources import Declaration, Problem, unique_name


def declarations() -> Sequence[Declaration[Any]]:
    """The kinds that rules own."""
    return (
        Declaration(Rule, check=_check_rule, claims=unique_name, warnings=warn_rule, upgrade=_today),
        Declaration(Macro, check=_check_macro, claims=_own_name),
        Declaration(AutomationSettings),
    )


def check_rule(value: Rule) -> Sequence[Problem]:
    """What keeps a rule from being saved."""
    problems = [*_problems(value.conditions, "conditions"), *_check_actions(value)]
    if value.event in TIME_BASED and value.after_minutes is None:
        problems.append(Problem("after_minutes", "Say for how long."))
    return problems


def warn_rule(value: Rule) -> Sequence[str]:
    """What is saved all the same."""
    return [] if value.conditions else ["This rule has no condition: it matches everything."]


def _today(stored: dict[str, Any]) -> dict[str, Any]:
    """Conditions were a list of keyword rows, of which any was enough, before they were a tree."""
    rows = stored.get("conditions")
    if not isinstance(rows, list):
        return stored
    return {**stored, "conditions": tree_of(rows)}


def _check_rule(_id: str, value: Rule, _others: object) -> Sequence[Problem]:
    return check_rule(value)


def _check_macro(_id: str, value: Macro, _others: object) -> Sequence[Problem]:
    return list(_check_actions(value))


def _own_name(value: Macro) -> Sequence[str]:
    """A name once among the shared ones, and once among each agent's own."""
    return tuple(f"{claim}{value.user or ''}" for claim in unique_name(value))


def _problems(condition: Condition, path: str) -> Iterator[Problem]:
    match condition:
        case Group():
            if not condition.of and path != "conditions":
                yield Problem(f"{path}.of", "Give the group a condition, or remove it.")
            for place, below in enumerate(condition.of):
                yield from _problems(below, f"{path}.of.{place}")
        case KeywordCondition():
            if not wanted_by(condition).words:
                yield Problem(f"{path}.keywords", "Give at least one keyword.")
        case FieldCondition(operator=Operator.MATCHES):
            try:
                compiled(str(condition.value))
            except BadPattern as error:
                yield Problem(f"{path}.value", f"This is not a regular expression of RE2: {error}.")
        case _:
            pass


def _check_actions(value: Rule | Macro) -> Iterator[Problem]:
    for place, action in enumerate(value.actions):
        match action:
            case NotifyAct() if not (action.agents or action.teams or action.owner):
                yield Problem(f"actions.{place}.agents", "Say who is to be told.")
            case SetBoomerang() | SetPending() if action.boomerang is not None:
                if action.boomerang.at is None and action.boomerang.after_seconds is None:
                    yield Problem(f"actions.{place}.boomerang", "Say when it is to come back.")
            case _:
                pass
