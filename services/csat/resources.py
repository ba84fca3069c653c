"""The settings objects that csat owns: surveys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts.settings import Survey
from shared.resources import Declaration, Problem, unique_name


def declarations() -> Sequence[Declaration[Any]]:
    """Every kind that csat owns."""
    return (Declaration(Survey, check=_check, claims=_claims),)


def _claims(value: Survey) -> Sequence[str]:
    """CS-09: one enabled survey per channel."""
    channels = (f"channel:{channel}" for channel in value.channels) if value.enabled else ()
    return (*unique_name(value), *channels)


def _check(_id: str, value: Survey, _others: object) -> Sequence[Problem]:
    languages = [version.language.casefold() for version in value.versions]
    problems = []
    if len(set(languages)) < len(languages):
        problems.append(Problem("versions", "Each language may have one version."))
    if value.default_language.casefold() not in languages:
        problems.append(Problem("default_language", "Choose a language that has a version."))
    if len({len(version.labels) for version in value.versions}) > 1:
        problems.append(Problem("versions", "Every version needs the same number of options."))
    if value.positive_options is not None and value.positive_options >= len(value.versions[0].labels):
        problems.append(Problem("positive_options", "At least one option must not be positive."))
    return problems
