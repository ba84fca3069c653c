"""Rules as settings objects: what a rule must have to be saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.automation.domain.keywords import words_of
from shared.contracts.settings import Rule
from shared.resources import Declaration, Problem, unique_name


def declarations() -> Sequence[Declaration[Any]]:
    """The kinds that rules own."""
    return (Declaration(Rule, check=_check_rule, claims=unique_name, warnings=_warn_rule),)


def _check_rule(_id: str, value: Rule, _others: object) -> Sequence[Problem]:
    return [
        Problem(f"conditions.{place}.keywords", "Give at least one keyword.")
        for place, condition in enumerate(value.conditions)
        if not words_of(condition)
    ]


def _warn_rule(value: Rule) -> Sequence[str]:
    return [] if value.conditions else ["This rule has no condition: it matches every message."]
