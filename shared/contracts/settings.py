"""The settings objects that admins edit (architecture, Resources): one model each, form and document alike.

A field's ``json_schema_extra`` tells forms what it is: ``resource`` names the kind of object an id refers to,
``secret`` marks what is encrypted at rest and write-only, ``unit`` is shown beside a number, ``multiline`` asks for
a larger box, ``words`` is a list of free words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, HttpUrl

from shared.contracts.acts import RuleAction
from shared.contracts.base import Contract
from shared.contracts.words import Availability, Medium, Right, Role, Strategy, Visibility, Vocabulary
from shared.schedule import ScheduleForm

Name = Annotated[str, Field(min_length=1, max_length=255, title="Name")]

EmailAddress = Annotated[
    str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, json_schema_extra={"format": "email"})
]
"""Loose on purpose: an organisation's own domains may end in anything."""


def refers(resource: str) -> dict[str, Any]:
    """Schema note: this id (or these ids) name objects of ``resource``."""
    return {"resource": resource}


SECRET: dict[str, Any] = {"secret": True, "writeOnly": True}


class ResourceModel(Contract):
    """Base of every settings object. ``kind`` is its name in URLs, ``owner`` the service that keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    owner: ClassVar[str]
    singleton: ClassVar[bool] = False


# --- ingest -----------------------------------------------------------------------------------------------------


class WebhookConfig(Contract):
    """The generic channel: signed requests in and out (Standard Webhooks)."""

    medium: Literal[Medium.WEBHOOK] = Medium.WEBHOOK
    inbound_secret: str | None = Field(
        default=None, title="Signing secret of what you send us", json_schema_extra=SECRET
    )
    outbound_url: HttpUrl | None = Field(default=None, title="Address that receives replies")
    outbound_secret: str | None = Field(
        default=None, title="Signing secret of what we send you", json_schema_extra=SECRET
    )
    capabilities: tuple[str, ...] = Field(default=(), title="Capabilities", json_schema_extra={"words": True})


class WebchatConfig(Contract):
    """The chat box on a web page."""

    medium: Literal[Medium.WEBCHAT] = Medium.WEBCHAT
    greeting: str = Field(default="", max_length=500, title="Greeting", json_schema_extra={"multiline": True})
    colour: str = Field(default="#1c7ed6", pattern="^#[0-9a-fA-F]{6}$", title="Colour")
    allowed_origins: tuple[str, ...] = Field(
        default=(), title="Pages that may embed it (empty: any)", json_schema_extra={"words": True}
    )


ChannelConfig = Annotated[WebhookConfig | WebchatConfig, Field(discriminator="medium")]


class Channel(ResourceModel):
    """One connected account, page, number, mailbox or widget (CH-01)."""

    kind: ClassVar[str] = "channels"
    owner: ClassVar[str] = "ingest"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    config: ChannelConfig = Field(title="Connection")
    handle: str = Field(default="", max_length=255, title="Handle shown to agents")
    max_attachment_mb: int = Field(
        default=20, ge=1, le=100, title="Largest attachment", json_schema_extra={"unit": "MB"}
    )
    auto_assign: bool = Field(default=True, title="Assign conversations automatically")
    reply_window_hours: int | None = Field(
        default=None, ge=1, title="Reply window after the last inbound message", json_schema_extra={"unit": "h"}
    )

    @property
    def medium(self) -> Medium:
        """The kind of network, as its connection says."""
        return self.config.medium


class ContactAttribute(ResourceModel):
    """CT-03."""

    kind: ClassVar[str] = "contact-attributes"
    owner: ClassVar[str] = "ingest"

    name: Name
    type: Literal["text", "number", "date", "list", "boolean", "url"] = Field(default="text", title="Type")
    options: tuple[str, ...] = Field(default=(), title="Options of a list", json_schema_extra={"words": True})
    enabled: bool = Field(default=True, title="Shown")
    position: int = Field(default=0, title="Place")


# --- routing ----------------------------------------------------------------------------------------------------


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
    position: int = Field(default=0, title="Place")


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
    target_minutes: int | None = Field(default=None, ge=1, title="Response target", json_schema_extra={"unit": "min"})
    redistribute: bool = Field(default=False, title="Redistribute when a member goes offline")
    position: int = Field(default=0, title="Place in the list")


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


class Scope(Contract):
    """Channels × visibilities where something applies; empty means all."""

    channels: tuple[str, ...] = Field(default=(), title="Channels (none: all)", json_schema_extra=refers("channels"))
    visibilities: tuple[Visibility, ...] = Field(default=(), title="Private, public (none: both)")

    def covers(self, channel: str, visibility: Visibility) -> bool:
        """Whether a conversation of this channel and visibility is inside."""
        return (not self.channels or channel in self.channels) and (
            not self.visibilities or visibility in self.visibilities
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
        default=None, ge=1, title="Agreed response time (ticket words)", json_schema_extra={"unit": "min"}
    )
    default_schedule: str | None = Field(default=None, title="Default schedule", json_schema_extra=refers("schedules"))
    fallback_teams: tuple[str, ...] = Field(
        default=(), title="Teams for what no skill set matches", json_schema_extra=refers("teams")
    )
    overrides: tuple[WorkflowOverride, ...] = Field(default=(), title="Channels that differ")


# --- sla --------------------------------------------------------------------------------------------------------


class ScheduleSettings(ResourceModel):
    """Opening hours with a zone, and the channels they apply to (SL-09, SL-10)."""

    kind: ClassVar[str] = "schedules"
    owner: ClassVar[str] = "sla"

    name: Name
    hours: ScheduleForm = Field(title="Hours")
    channels: tuple[str, ...] = Field(default=(), title="Channels", json_schema_extra=refers("channels"))


class Policy(ResourceModel):
    """Targets for channels and visibilities (SL-01 to SL-03); at most one enabled per channel and visibility."""

    kind: ClassVar[str] = "policies"
    owner: ClassVar[str] = "sla"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    channels: tuple[str, ...] = Field(min_length=1, title="Channels", json_schema_extra=refers("channels"))
    visibilities: tuple[Visibility, ...] = Field(
        default=(Visibility.PRIVATE, Visibility.PUBLIC), min_length=1, title="Private, public"
    )
    first_minutes: int | None = Field(default=None, ge=1, title="First response", json_schema_extra={"unit": "min"})
    next_minutes: int | None = Field(default=None, ge=1, title="Next responses", json_schema_extra={"unit": "min"})
    resolution_minutes: int | None = Field(default=None, ge=1, title="Resolution", json_schema_extra={"unit": "min"})
    warn_percent: int = Field(default=75, ge=1, le=99, title="Warn at", json_schema_extra={"unit": "%"})
    warn_minutes_left: int | None = Field(
        default=None, ge=1, title="Or warn with this much left", json_schema_extra={"unit": "min"}
    )


# --- automation -------------------------------------------------------------------------------------------------


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
    position: int = Field(default=0, title="Place in the list")


# --- csat -------------------------------------------------------------------------------------------------------


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


# --- gateway ----------------------------------------------------------------------------------------------------


class ChannelRight(Contract):
    """AG-02."""

    channel: str = Field(title="Channel", json_schema_extra=refers("channels"))
    right: Right = Field(default=Right.CONTRIBUTOR, title="Right")


class User(ResourceModel):
    """Somebody who signs in (AG-01 to AG-06). ``activated`` is set by the gateway when the password is first set."""

    kind: ClassVar[str] = "users"
    owner: ClassVar[str] = "gateway"

    name: Name
    email: EmailAddress = Field(title="E-mail")
    role: Role = Field(default=Role.AGENT, title="Role")
    active: bool = Field(default=True, title="Active")
    activated: bool = Field(default=False, title="Has signed in", json_schema_extra={"readOnly": True})
    channels: tuple[ChannelRight, ...] = Field(default=(), title="Channels")
    default_availability: Availability = Field(default=Availability.AVAILABLE, title="At sign-in")
    language: str = Field(default="en", title="Language of the page")
    short_code: str = Field(default="", max_length=8, title="Short code")


class Member(Contract):
    """A team member with the right he has on the team's channels."""

    user: str = Field(title="Agent", json_schema_extra=refers("users"))
    right: Right = Field(default=Right.CONTRIBUTOR, title="Right")


class Team(ResourceModel):
    """A group of agents (AG-09, RT-06)."""

    kind: ClassVar[str] = "teams"
    owner: ClassVar[str] = "gateway"

    name: Name
    description: str = Field(default="", max_length=1000, title="Description", json_schema_extra={"multiline": True})
    members: tuple[Member, ...] = Field(default=(), title="Members, in order")
    channels: tuple[str, ...] = Field(default=(), title="Channels (none: all)", json_schema_extra=refers("channels"))
    capacity: int = Field(default=1, ge=0, le=1000, title="Conversations a member may hold in New")
    strategy: Strategy = Field(default=Strategy.ROUND_ROBIN, title="Strategy")
    auto_assign: bool = Field(default=True, title="Assign automatically")
    only_routed: bool = Field(default=False, title="See only routed conversations")
    see_unrouted: bool = Field(default=False, title="See conversations without routing")
    position: int = Field(default=0, title="Place in the list")


class AwayState(ResourceModel):
    """AG-07."""

    kind: ClassVar[str] = "away-states"
    owner: ClassVar[str] = "gateway"

    name: Annotated[str, Field(min_length=1, max_length=25, title="Name")]
    enabled: bool = Field(default=True, title="Enabled")


class SignInSettings(ResourceModel):
    """AG-11: how long a session that nobody uses stays open."""

    kind: ClassVar[str] = "sign-in"
    owner: ClassVar[str] = "gateway"
    singleton: ClassVar[bool] = True

    inactive_minutes: int = Field(
        default=12 * 60, ge=5, le=30 * 1440, title="Sign out after inactivity", json_schema_extra={"unit": "min"}
    )


RESOURCES: tuple[type[ResourceModel], ...] = (
    Channel,
    ContactAttribute,
    Topic,
    Label,
    ResolveReason,
    SkillSet,
    Distribution,
    PrioritySettings,
    LanguageSettings,
    WorkflowSettings,
    ScheduleSettings,
    Policy,
    Rule,
    Survey,
    User,
    Team,
    AwayState,
    SignInSettings,
)
"""Every kind of settings object there is."""
