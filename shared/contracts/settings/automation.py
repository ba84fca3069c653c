"""Settings objects of automation: rules."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.acts import RuleAction
from shared.contracts.base import Contract
from shared.contracts.settings.base import Name, Place, ResourceModel, Scope


class KeywordCondition(Contract):
    """AU-02: comma-separated keywords or phrases; several rows are OR-ed."""

    match: Literal["any_of", "all_of"] = Field(default="any_of", title="Contains")
    keywords: str = Field(min_length=1, max_length=20_000, title="Keywords, separated by commas")
    ignore_accents: bool = Field(default=False, title="Ignore accents")


class Rule(ResourceModel):
    """A keyword automation (AU-01 to AU-04)."""

    kind: ClassVar[str] = "rules"
    owner: ClassVar[str] = "automation"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    event: Literal["conversation_opened", "message_received"] = Field(default="message_received", title="When")
    scope: Scope = Field(default=Scope(), title="Where")
    conditions: tuple[KeywordCondition, ...] = Field(default=(), title="Conditions (none: every message)")
    actions: tuple[RuleAction, ...] = Field(min_length=1, title="Actions")
    position: Place = Field(default=0, title="Place in the list")
