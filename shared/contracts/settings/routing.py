"""Settings objects of routing: topics, skill sets, distributions, priorities, the workflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.settings.base import MOST_MINUTES, Name, Place, ResourceModel, Scope, refers
from shared.contracts.words import Strategy, Visibility, Vocabulary


class Topic(ResourceModel):
    """An attribute of a conversation that drives routing, priority and reports."""

    kind: ClassVar[str] = "topics"
    owner: ClassVar[str] = "routing"

    name: Name
    colour: str = Field(default="#868e96", pattern="^#[0-9a-fA-F]{6}$", title="Colour")


class Label(ResourceModel):
    """A label for conversations and contacts (WF-23)."""

    kind: ClassVar[str] = "labels"
    owner: ClassVar[str] = "routing"

    name: Name
    colour: str = Field(default="#868e96", pattern="^#[0-9a-fA-F]{6}$", title="Colour")
    scopes: tuple[Literal["conversation", "contact"], ...] = Field(default=("conversation", "contact"), title="Used on")


class ResolveReason(ResourceModel):
    """Why a conversation was resolved (WF-24); ``solution_provided`` makes it eligible for surveys (WF-25)."""

    kind: ClassVar[str] = "resolve-reasons"
    owner: ClassVar[str] = "routing"

    name: Name
    solution_provided: bool = Field(default=False, title="Means that a solution was provided")
    position: Place = Field(default=0, title="Place")


class SkillRule(Contract):
    """One condition of a skill set (RT-02). ``none_of`` also matches where there is nothing at all."""

    field: Literal["topic", "tag", "contact_group", "language", "channel", "visibility"] = Field(title="About")
    operator: Literal["any_of", "all_of", "none_of", "is_empty"] = Field(default="any_of", title="Is")
    values: tuple[str, ...] = Field(default=(), title="Values", json_schema_extra={"words": True})


class SkillGroup(Contract):
    """Rules joined one way."""

    join: Literal["and", "or"] = Field(default="and", title="Join rules with")
    rules: tuple[SkillRule, ...] = Field(min_length=1, title="Rules")


class SkillSet(ResourceModel):
    """A named rule over conversations that routes them to the teams (and agents) it is attached to."""

    kind: ClassVar[str] = "skill-sets"
    owner: ClassVar[str] = "routing"

    name: Name
    join: Literal["and", "or"] = Field(default="and", title="Join groups with")
    groups: tuple[SkillGroup, ...] = Field(min_length=1, title="Groups")
    teams: tuple[str, ...] = Field(default=(), title="Teams", json_schema_extra=refers("teams"))
    agents: tuple[str, ...] = Field(default=(), title="Agents", json_schema_extra=refers("users"))


class Distribution(ResourceModel):
    """A rule that pushes work to members in turn (RT-09)."""

    kind: ClassVar[str] = "distributions"
    owner: ClassVar[str] = "routing"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    schedule: str | None = Field(default=None, title="Schedule", json_schema_extra=refers("schedules"))
    channels: tuple[str, ...] = Field(default=(), title="Channels (none: all)", json_schema_extra=refers("channels"))
    skill_set: str | None = Field(default=None, title="Criteria", json_schema_extra=refers("skill-sets"))
    members: tuple[str, ...] = Field(default=(), title="Members, in order", json_schema_extra=refers("users"))
    capacity: int = Field(default=1, ge=0, le=1000, title="Conversations a member may hold in New")
    strategy: Strategy = Field(default=Strategy.ROUND_ROBIN, title="Strategy")
    target_minutes: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="Response target", json_schema_extra={"unit": "min"}
    )
    redistribute: bool = Field(default=False, title="Redistribute when a member goes offline")
    position: Place = Field(default=0, title="Place in the list")


class PriorityEntry(Contract):
    """One thing that raises priority by 1 (RT-11)."""

    what: Literal["topic", "contact_group", "channel"] = Field(title="What")
    id: str = Field(title="Which")
    visibility: Visibility | None = Field(default=None, title="Visibility (channel only; none: both)")


class PrioritySettings(ResourceModel):
    """The prioritisation lists (RT-11, RT-12)."""

    kind: ClassVar[str] = "priority"
    owner: ClassVar[str] = "routing"
    singleton: ClassVar[bool] = True

    entries: tuple[PriorityEntry, ...] = Field(default=(), title="High priority")


class LanguageSettings(ResourceModel):
    """AU-09: off by default."""

    kind: ClassVar[str] = "language-detection"
    owner: ClassVar[str] = "routing"
    singleton: ClassVar[bool] = True

    enabled: bool = Field(default=False, title="Detect the language of messages")
    languages: tuple[str, ...] = Field(
        default=(), title="Languages to tell apart (at most about 10)", json_schema_extra={"words": True}
    )


class ReasonSettings(Contract):
    """WF-24."""

    enabled: bool = Field(default=False, title="Ask for a resolve reason")
    required: bool = Field(default=False, title="A reason is required")
    scope: Scope = Field(default=Scope(), title="Where")


class TopicRequirement(Contract):
    """WF-26."""

    enabled: bool = Field(default=False, title="A topic is required to resolve")
    scope: Scope = Field(default=Scope(), title="Where")


Seconds = Annotated[float, Field(gt=0, le=timedelta(days=3650).total_seconds())]


class WorkflowOverride(Contract):
    """What a channel may set otherwise; absent fields follow the workspace."""

    channel: str = Field(title="Channel", json_schema_extra=refers("channels"))
    on_reply: Literal["stay", "answered"] | None = Field(default=None, title="A reply")
    on_assign: Literal["stay", "open"] | None = Field(default=None, title="An assignment")
    assign_on_reply: Literal["never", "if_unowned", "always"] | None = Field(default=None, title="A reply assigns")
    owner_on_resolve: Literal["clear", "keep"] | None = Field(default=None, title="Owner on resolve")
    auto_resolve_new: Seconds | None = Field(default=None, title="Resolve New after", json_schema_extra={"unit": "s"})
    auto_resolve_pending: Seconds | None = Field(
        default=None, title="Resolve Pending after", json_schema_extra={"unit": "s"}
    )
    idle_close: Seconds | None = Field(default=None, title="Close answered after", json_schema_extra={"unit": "s"})
    default_boomerang: Seconds | None = Field(default=None, title="Default boomerang", json_schema_extra={"unit": "s"})


class WorkflowSettings(ResourceModel):
    """Workspace settings of workflow.md; the defaults are the **queue** preset."""

    kind: ClassVar[str] = "workflow"
    owner: ClassVar[str] = "routing"
    singleton: ClassVar[bool] = True

    vocabulary: Vocabulary = Field(default=Vocabulary.QUEUE, title="Status words")
    on_reply: Literal["stay", "answered"] = Field(default="stay", title="A reply")
    on_assign: Literal["stay", "open"] = Field(default="stay", title="An assignment")
    assign_on_reply: Literal["never", "if_unowned", "always"] = Field(default="if_unowned", title="A reply assigns")
    owner_on_resolve: Literal["clear", "keep"] = Field(default="clear", title="Owner on resolve")
    auto_resolve_new: Seconds | None = Field(
        default=30 * 86400.0, title="Resolve New after", json_schema_extra={"unit": "s"}
    )
    auto_resolve_pending: Seconds | None = Field(
        default=30 * 86400.0, title="Resolve Pending after", json_schema_extra={"unit": "s"}
    )
    auto_resolve_reason: str | None = Field(
        default=None, title="Reason of automatic resolves", json_schema_extra=refers("resolve-reasons")
    )
    idle_close: Seconds | None = Field(default=None, title="Close answered after", json_schema_extra={"unit": "s"})
    default_boomerang: Seconds | None = Field(default=None, title="Default boomerang", json_schema_extra={"unit": "s"})
    unassign_on_sign_out: bool = Field(default=False, title="Remove assignment at sign-out")
    resolve_reasons: ReasonSettings = Field(default=ReasonSettings(), title="Resolve reasons")
    topic_required: TopicRequirement = Field(default=TopicRequirement(), title="Topic requirement")
    viewer_can_triage: bool = Field(default=False, title="Viewers may set status, tags and topics")
    agreed_response_minutes: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MINUTES,
        title="Agreed response time (ticket words)",
        json_schema_extra={"unit": "min"},
    )
    default_schedule: str | None = Field(default=None, title="Default schedule", json_schema_extra=refers("schedules"))
    fallback_teams: tuple[str, ...] = Field(
        default=(), title="Teams for what no skill set matches", json_schema_extra=refers("teams")
    )
    overrides: tuple[WorkflowOverride, ...] = Field(default=(), title="Channels that differ")
