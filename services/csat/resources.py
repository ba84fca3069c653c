"""The settings objects that csat owns: surveys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from shared.contracts.settings import Survey
from shared.contracts.settings.csat import SurveyChoice
from shared.resources import Declaration, Problem, unique_name


def declarations() -> Sequence[Declaration[Any]]:
    """Every kind that csat owns."""
    return (Declaration(Survey, check=_check, claims=_claims, yields=_yields, taken=_taken),)


def _claims(value: Survey) -> Sequence[str]:
    """CS-09: one enabled survey per channel."""
    channels = (f"channel:{channel}" for channel in value.channels) if value.enabled else ()
    return (*unique_name(value), *channels)


def _yields(value: Survey, claims: Collection[str]) -> Survey | None:
    """CS-09: a survey gives up channels to another; switched off when none is left. Names are not given up."""
    if any(not claim.startswith("channel:") for claim in claims):
        return None
    taken = {claim.removeprefix("channel:") for claim in claims}
    channels = tuple(channel for channel in value.channels if channel not in taken)
    return value.model_copy(update={"channels": channels, "enabled": bool(channels)})


def _taken(claim: str, holder: str) -> str | None:
    if not claim.startswith("channel:"):
        return None
    return f"“{holder}” is this channel's survey already. Confirm to replace it there by this one."


def _check(_id: str, value: Survey, _others: object) -> Sequence[Problem]:
    languages = [version.language.casefold() for version in value.versions]
    problems = []
    if len(set(languages)) < len(languages):
        problems.append(Problem("versions", "Each language may have one version."))
    if value.default_language.casefold() not in languages:
        problems.append(Problem("default_language", "Choose a language that has a version."))
    if len({len(version.options) for version in value.versions}) > 1:
        problems.append(Problem("versions", "Every version needs the same number of options."))
    if value.positive_options is not None and value.positive_options >= len(value.versions[0].options):
        problems.append(Problem("positive_options", "At least one option must not be positive."))
    for place, version in enumerate(value.versions):
        if _is_ambiguous(version.options):
            told = "Every option needs a label and an emoji of its own, and not the number of another."
            problems.append(Problem(f"versions.{place}.options", told))
    return problems


def _is_ambiguous(options: Sequence[SurveyChoice]) -> bool:
    """Whether something that a contact may type could mean two options."""
    meant: dict[str, int] = {}
    for number, option in enumerate(options, start=1):
        for text in {str(number), option.label.strip().casefold(), option.emoji.strip()} - {""}:
            if meant.setdefault(text, number) != number:
                return True
    return False
