"""Settings objects of automation: rules, macros and how often they may run."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.acts import RuleAction
from shared.contracts.settings.base import MOST_MINUTES, Name, Place, ResourceModel, Scope, refers
from shared.contracts.settings.conditions import Group, Tree


class RuleEvent(StrEnum):
    """What makes a rule look at a conversation (AU-05).

    ``conversation_changed`` is any change, a message included. ``unanswered_for`` counts while it waits in New with
    the customer unanswered, ``pending_for`` while it is pending; each fires once per turn, or per stay.
    """

    CONVERSATION_OPENED = "conversation_opened"
    MESSAGE_RECEIVED = "message_received"
    CONVERSATION_CHANGED = "conversation_changed"
    CONVERSATION_RESOLVED = "conversation_resolved"
    BOOMERANG_FIRED = "boomerang_fired"
    SLA_WARNED = "sla_warned"
    SLA_BREACHED = "sla_breached"
    SURVEY_ANSWERED = "survey_answered"
    UNANSWERED_FOR = "unanswered_for"
    PENDING_FOR = "pending_for"


ON_ARRIVAL = frozenset({RuleEvent.CONVERSATION_OPENED, RuleEvent.MESSAGE_RECEIVED, RuleEvent.CONVERSATION_CHANGED})
"""Events that the message which opens an episode may be: routing waits for these in triage."""

TIME_BASED = frozenset({RuleEvent.UNANSWERED_FOR, RuleEvent.PENDING_FOR})


class Rule(ResourceModel):
    """Event, where, conditions, actions (AU-01 to AU-08)."""

    kind: ClassVar[str] = "rules"
    owner: ClassVar[str] = "automation"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    event: RuleEvent = Field(default=RuleEvent.MESSAGE_RECEIVED, title="When")
    after_minutes: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MINUTES,
        title="For how long (unanswered for, pending for)",
        json_schema_extra={"unit": "min"},
    )
    working_time: bool = Field(default=False, title="Count business hours only")
    scope: Scope = Field(default=Scope(), title="Where")
    conditions: Tree = Field(default=Group(), title="Conditions (none: everything matches)")
    actions: tuple[RuleAction, ...] = Field(min_length=1, max_length=50, title="Actions")
    position: Place = Field(default=0, title="Place in the list")


class Macro(ResourceModel):
    """A named list of actions that people run by hand (AU-22): everybody's, or one agent's own."""

    kind: ClassVar[str] = "macros"
    owner: ClassVar[str] = "automation"

    name: Name
    user: str | None = Field(default=None, title="Whose (none: shared)", json_schema_extra=refers("users"))
    actions: tuple[RuleAction, ...] = Field(min_length=1, max_length=50, title="Actions")
    position: Place = Field(default=0, title="Place in the list")


class AutomationSettings(ResourceModel):
    """AU-07: how often rules and virtual agents may act on one conversation before they stop by themselves."""

    kind: ClassVar[str] = "automation"
    owner: ClassVar[str] = "automation"
    singleton: ClassVar[bool] = True

    runs_per_hour: int = Field(default=50, ge=1, le=10_000, title="Runs of rules and virtual agents in an hour")
