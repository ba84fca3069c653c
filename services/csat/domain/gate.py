"""The gate at resolve (csat.md): in order; the first failing test is the reason a survey was skipped. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from shared.contracts.facts import Resolved
from shared.contracts.settings import Survey, SurveyLanguage
from shared.contracts.words import ActorKind, ClosedBy, Visibility

BUCKETS = 10_000


class Skipped(StrEnum):
    """Why a survey was not sent. Those from ``reopened`` on are found after the gate, at the latest when it is due."""

    NO_SURVEY = "no_survey"
    PUBLIC = "public"
    REASONS_DISABLED = "reasons_disabled"
    REASON_NOT_SOLUTION = "reason_not_solution"
    RESOLVER = "resolver"
    BULK = "bulk"
    SYSTEM = "system"
    TOO_SHORT = "too_short"
    LANGUAGE = "language"
    FREQUENCY = "frequency"
    SAMPLING = "sampling"
    REOPENED = "reopened"
    MUTED = "muted"
    WINDOW = "window"
    DISABLED = "disabled"
    UNSENT = "unsent"


def survey_of(channel: str, surveys: Mapping[str, Survey]) -> tuple[str, Survey] | None:
    """The survey enabled on a channel (at most one, CS-09)."""
    found = ((id, survey) for id, survey in surveys.items() if survey.enabled and channel in survey.channels)
    return min(found, key=lambda entry: entry[0], default=None)


def before_frequency(survey: Survey, resolved: Resolved) -> Skipped | None:
    """Tests 2 to 7 (the first is ``survey_of``); None: it goes on to the frequency."""
    if resolved.visibility is not Visibility.PRIVATE:
        return Skipped.PUBLIC
    if not resolved.reasons_apply:
        return Skipped.REASONS_DISABLED
    if not resolved.reason_is_solution:
        return Skipped.REASON_NOT_SOLUTION
    if (refusal := _resolver(survey, resolved)) is not None:
        return refusal
    counted = resolved.longest_reply_human
    if survey.include_virtual_agents:
        counted = max(counted, resolved.longest_reply_virtual)
    if counted < survey.minimum_length:
        return Skipped.TOO_SHORT
    if survey.only_contact_language and exact_version(survey, resolved.language) is None:
        return Skipped.LANGUAGE
    return None


def is_sampled(id: str, survey: Survey, conversation: str, episode: int) -> bool:
    """The last test: whether this resolution is in the share to survey."""
    return bucket(id, conversation, episode) < survey.percent * 100


def _resolver(survey: Survey, resolved: Resolved) -> Skipped | None:
    match resolved.closed_by:
        case ClosedBy.AGENT:
            return None
        case ClosedBy.VIRTUAL_AGENT:
            return None if survey.include_virtual_agents else Skipped.RESOLVER
        case ClosedBy.BULK:
            return Skipped.BULK
        case ClosedBy.AUTOMATION | ClosedBy.INACTIVITY | ClosedBy.IDLE_ANSWERED | ClosedBy.MUTED:
            return Skipped.SYSTEM


def bucket(survey: str, conversation: str, episode: int) -> int:
    """0 to 9999, the same for the same resolution for ever (csat.md 9)."""
    digest = hashlib.sha256(f"{survey}:{conversation}:{episode}".encode()).hexdigest()
    return int(digest[:8], 16) % BUCKETS


def exact_version(survey: Survey, language: str | None) -> SurveyLanguage | None:
    """The version for the primary subtag of a language (es-MX → es)."""
    if not language:
        return None
    primary = language.partition("-")[0].casefold()
    return next((v for v in survey.versions if v.language.partition("-")[0].casefold() == primary), None)


def version(survey: Survey, language: str | None) -> SurveyLanguage:
    """The version in the contact's language, else the default one, else the first."""
    default = exact_version(survey, survey.default_language)
    return exact_version(survey, language) or default or survey.versions[0]


def counts_for(resolved: Resolved) -> str | None:
    """The agent or virtual agent that an answer counts for, as of the resolve: its owner, else who resolved it."""
    if resolved.owner is not None:
        return resolved.owner.id
    return resolved.by.id if resolved.by.kind in (ActorKind.AGENT, ActorKind.VIRTUAL_AGENT) else None
