"""Settings objects of csat: surveys."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.settings.base import Name, ResourceModel, refers


class SurveyChoice(Contract):
    """One answer of a survey in one language. Its number is its place in the list."""

    label: str = Field(min_length=1, max_length=80, title="Label")
    emoji: str = Field(default="", max_length=16, title="Emoji", description="May be typed as the answer, too.")


FROM_1_TO_5 = tuple(SurveyChoice(label=str(number)) for number in range(1, 6))


class SurveyLanguage(Contract):
    """One language version of a survey."""

    language: str = Field(
        min_length=2, max_length=8, title="Language", description="For example en or es; es serves es-MX, too."
    )
    question: str = Field(min_length=1, max_length=1000, title="Question", json_schema_extra={"multiline": True})
    options: tuple[SurveyChoice, ...] = Field(
        default=FROM_1_TO_5,
        min_length=2,
        max_length=10,
        title="Options, worst first",
        description="The contact answers with the number, the label, the emoji or a button.",
    )
    follow_up: str = Field(
        default="",
        max_length=1000,
        title="Question after the rating",
        description="Asks for a comment; empty: none is asked for, but the next text counts as one all the same.",
        json_schema_extra={"multiline": True},
    )
    thank_you: str = Field(
        default="",
        max_length=500,
        title="Thank-you",
        description="Sent after the comment where one is asked for, else after the rating.",
        json_schema_extra={"multiline": True},
    )


class Survey(ResourceModel):
    """A satisfaction survey (CS-01)."""

    kind: ClassVar[str] = "surveys"
    owner: ClassVar[str] = "csat"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    channels: tuple[str, ...] = Field(
        default=(),
        title="Channels",
        description="A channel has at most one enabled survey. It asks only where resolve reasons are on.",
        json_schema_extra=refers("channels"),
    )
    percent: float = Field(default=100, ge=0, le=100, title="Share to survey", json_schema_extra={"unit": "%"})
    delay_minutes: int = Field(
        default=0,
        ge=0,
        le=30 * 1440,
        title="Delay after the resolve",
        description="A conversation reopened meanwhile is not surveyed.",
        json_schema_extra={"unit": "min"},
    )
    frequency_days: int = Field(
        default=0, ge=0, le=365, title="Not again to a contact within", json_schema_extra={"unit": "d"}
    )
    minimum_length: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Minimum length of a reply",
        description="In characters: one reply of the conversation must have as many.",
    )
    include_virtual_agents: bool = Field(
        default=False,
        title="Also what virtual agents resolve",
        description="Their replies then count towards the minimum length, too.",
    )
    only_contact_language: bool = Field(
        default=False,
        title="Only in the contact's language",
        description="Otherwise the default language serves where a version is missing.",
    )
    default_language: str = Field(default="en", min_length=2, max_length=8, title="Default language")
    versions: tuple[SurveyLanguage, ...] = Field(min_length=1, max_length=60, title="Languages")
    page_link: Literal["mail", "always", "never"] = Field(
        default="mail",
        title="Link to the survey's page in the message",
        description="By mail, on every channel, or never.",
    )
    expires_days: int = Field(
        default=7,
        ge=1,
        le=90,
        title="Open for",
        description="Later answers are ordinary messages.",
        json_schema_extra={"unit": "d"},
    )
    positive_options: int | None = Field(
        default=None, ge=1, le=9, title="How many of the best options are positive (none: two of five)"
    )
