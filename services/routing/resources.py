"""The settings objects that routing owns, with their cross-checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.routing.domain.vocabulary import KNOWN_LANGUAGES
from shared.contracts.settings import (
    Distribution,
    Label,
    LanguageSettings,
    PrioritySettings,
    ResolveReason,
    SkillSet,
    Topic,
    WorkflowSettings,
)
from shared.contracts.words import Vocabulary
from shared.resources import Declaration, Problem, unique_name

ADVISED_LANGUAGES = 10


def declarations() -> Sequence[Declaration[Any]]:
    """Every kind that routing owns."""
    return (
        Declaration(Topic, claims=unique_name),
        Declaration(Label, claims=unique_name),
        Declaration(ResolveReason, claims=unique_name),
        Declaration(SkillSet, check=_check_skill_set, claims=unique_name),
        Declaration(Distribution, claims=unique_name),
        Declaration(PrioritySettings),
        Declaration(LanguageSettings, check=_check_languages, warnings=_warn_languages),
        Declaration(WorkflowSettings, check=_check_workflow, warnings=_warn_workflow),
    )


def _check_skill_set(_id: str, value: SkillSet, _others: Mapping[str, SkillSet]) -> Sequence[Problem]:
    """RT-04: an empty set of values is refused; a skill set has at least one rule."""
    return [
        Problem(f"groups.{g}.rules.{r}.values", "Name at least one value, or choose “is empty”.")
        for g, group in enumerate(value.groups)
        for r, rule in enumerate(group.rules)
        if rule.operator != "is_empty" and not rule.values
    ]


def _check_languages(_id: str, value: LanguageSettings, _others: object) -> Sequence[Problem]:
    unknown = [language for language in value.languages if language not in KNOWN_LANGUAGES]
    if unknown:
        return [Problem("languages", f"Not a language that can be detected: {', '.join(unknown[:5])}. Use ISO 639-1.")]
    if value.enabled and not value.languages:
        return [Problem("languages", "Choose the languages to tell apart.")]
    return []


def _warn_languages(value: LanguageSettings) -> Sequence[str]:
    if len(value.languages) > ADVISED_LANGUAGES:
        return [f"More than {ADVISED_LANGUAGES} languages make short messages hard to tell apart."]
    return []


def _check_workflow(_id: str, value: WorkflowSettings, _others: object) -> Sequence[Problem]:
    channels = [override.channel for override in value.overrides]
    twice = sorted({channel for channel in channels if channels.count(channel) > 1})
    problems = [Problem("overrides", f"A channel is listed twice: {', '.join(twice)}.")] if twice else []
    if value.vocabulary is Vocabulary.TICKET and value.agreed_response_minutes and not value.default_schedule:
        # SL-07: an agreed time means nothing without the hours it counts in.
        problems.append(
            Problem("default_schedule", "An agreed response time needs a default schedule. Make one and choose it.")
        )
    return problems


def _warn_workflow(value: WorkflowSettings) -> Sequence[str]:
    """WF-07: a default boomerang that is not shorter than the auto-resolve of Pending never fires."""
    found = []
    rows: list[tuple[str | None, float | None, float | None]] = [
        (None, value.default_boomerang, value.auto_resolve_pending)
    ]
    rows += [
        (
            override.channel,
            override.default_boomerang or value.default_boomerang,
            override.auto_resolve_pending or value.auto_resolve_pending,
        )
        for override in value.overrides
    ]
    for channel, boomerang, resolve in rows:
        if boomerang is not None and resolve is not None and boomerang >= resolve:
            where = f" on channel {channel}" if channel else ""
            found.append(
                f"The default boomerang is not shorter than auto-resolve of Pending{where}: auto-resolve wins."
            )
    return found
