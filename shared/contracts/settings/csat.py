"""Settings objects of csat: surveys."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.settings.base import Name, ResourceModel, refers


class SurveyLanguage(Contract):
    """One language version of a survey."""

    language: str = Field(min_length=2, max_length=8, title="Language")
    question: str = Field(min_length=1, max_length=1000, title="Question", json_schema_extra={"multiline": True})
    labels: tuple[str, ...] = Field(
        default=("1", "2", "3", "4", "5"), min_length=2, max_length=10, title="Options, worst first"
    )
    thank_you: str = Field(default="", max_length=500, title="Thank-you")


class Survey(ResourceModel):
    """A satisfaction survey (CS-01)."""

    kind: ClassVar[str] = "surveys"
    owner: ClassVar[str] = "csat"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    channels: tuple[str, ...] = Field(default=(), title="Channels", json_schema_extra=refers("channels"))
    percent: float = Field(default=100, ge=0, le=100, title="Share to survey", json_schema_extra={"unit": "%"})
    delay_minutes: int = Field(default=0, ge=0, le=30 * 1440, title="Delay", json_schema_extra={"unit": "min"})
    frequency_days: int = Field(default=0, ge=0, le=365, title="Not again within", json_schema_extra={"unit": "d"})
    minimum_length: int = Field(default=0, ge=0, le=10_000, title="Minimum length of a reply")
    include_virtual_agents: bool = Field(default=False, title="Also what virtual agents resolve")
    only_contact_language: bool = Field(default=False, title="Only in the contact's language")
    default_language: str = Field(default="en", title="Default language")
    versions: tuple[SurveyLanguage, ...] = Field(min_length=1, title="Languages")
    expires_days: int = Field(default=7, ge=1, le=90, title="Open for", json_schema_extra={"unit": "d"})
    positive_options: int | None = Field(
        default=None, ge=1, le=9, title="How many of the best options are positive (none: two of five)"
    )
