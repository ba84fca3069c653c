"""Settings objects of automation: auto-responders (scripts) and connected virtual agents (AU-10 to AU-21)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, HttpUrl

from shared.contracts.base import Contract
from shared.contracts.settings.base import MOST_MINUTES, SECRET, Name, ResourceModel, refers

SUFFIX = " VA"
"""What follows the name of a virtual agent wherever people see it."""

Activation = Literal["inception", "delegation"]
"""Inception takes every private episode that starts on its channels; delegation takes over when a human asks."""

HandOver = Literal["new", "previous_agent"]
After = Literal["new", "resolved"]

StepText = Annotated[str, Field(min_length=1, max_length=10_000, title="Text", json_schema_extra={"multiline": True})]
MOST_STEPS = 100


class Statement(Contract):
    """Send this and go on (AU-13)."""

    step: Literal["statement"] = "statement"
    text: StepText


class Question(Contract):
    """Send this and wait; the next message is the answer (AU-13)."""

    step: Literal["question"] = "question"
    text: StepText


class AttributeQuestion(Contract):
    """Skip it if the contact's attribute has a value; else send, wait, check by its type, store (AU-13).

    A wrong answer is asked once more, with ``again`` if there is one; then nothing is stored.
    """

    step: Literal["attribute"] = "attribute"
    text: StepText
    attribute: str = Field(
        min_length=1,
        max_length=64,
        title="Contact attribute that keeps the answer",
        json_schema_extra=refers("contact-attributes"),
    )
    again: str = Field(
        default="",
        max_length=10_000,
        title="When the answer does not fit (empty: the question again)",
        json_schema_extra={"multiline": True},
    )


ScriptStep = Annotated[Statement | Question | AttributeQuestion, Field(discriminator="step")]


class Script(Contract):
    """What is said in one language, inside or outside the channel's business hours (AU-14, AU-15)."""

    hours: Literal["always", "inside", "outside"] = Field(default="always", title="Business hours")
    language: str | None = Field(
        default=None, min_length=2, max_length=8, title="Language (none: the default, for every other language)"
    )
    steps: tuple[ScriptStep, ...] = Field(min_length=1, max_length=MOST_STEPS, title="Steps")


class _VirtualAgent(ResourceModel):
    owner: ClassVar[str] = "automation"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    activation: Activation = Field(default="inception", title="Activation")
    channels: tuple[str, ...] = Field(min_length=1, title="Channels", json_schema_extra=refers("channels"))
    hand_over: HandOver = Field(default="new", title="Hand over to (the previous agent: when it was delegated)")
    contact_timeout_minutes: int | None = Field(
        default=24 * 60,
        ge=1,
        le=MOST_MINUTES,
        title="Give up when the contact is silent for",
        json_schema_extra={"unit": "min"},
    )
    contact_timeout_then: After = Field(default="new", title="Then")
    agent_timeout_seconds: int = Field(
        default=60,
        ge=5,
        le=86_400,
        title="Give up when the virtual agent is silent for",
        json_schema_extra={"unit": "s"},
    )
    agent_timeout_then: After = Field(default="new", title="Then")
    resolve_reason: str | None = Field(
        default=None, title="Reason when it resolves", json_schema_extra=refers("resolve-reasons")
    )

    @property
    def shown_name(self) -> str:
        """As people see it."""
        return self.name + SUFFIX


class AutoResponder(_VirtualAgent):
    """A scripted virtual agent for private conversations (AU-10 to AU-18).

    ``at_end`` is what the end of a script does; an escape word always hands over. ``inactive_minutes``: how long it
    stays silent for this contact and channel afterwards.
    """

    kind: ClassVar[str] = "auto-responders"

    scripts: tuple[Script, ...] = Field(min_length=1, max_length=100, title="Scripts")
    at_end: Literal["hand_over", "resolved"] = Field(default="hand_over", title="When the script has ended")
    escape_words: tuple[str, ...] = Field(
        default=(), max_length=200, title="Escape words (hand over at once)", json_schema_extra={"words": True}
    )
    inactive_minutes: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="Stay silent afterwards for", json_schema_extra={"unit": "min"}
    )


class VirtualAgent(_VirtualAgent):
    """A virtual agent of yours behind an HTTPS endpoint (AU-19 to AU-21, docs/virtual-agents.md).

    ``secret`` signs what we send (Standard Webhooks); it is made when left out, and shown once.
    """

    kind: ClassVar[str] = "virtual-agents"

    endpoint: HttpUrl = Field(title="Address (https)")
    secret: str | None = Field(default=None, title="Signing secret", json_schema_extra=SECRET)
