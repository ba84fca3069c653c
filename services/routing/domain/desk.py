"""Everything a decision asks about beyond the conversation itself: settings, people, opening hours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.contracts.conversations import Timers
from shared.contracts.settings import (
    AutoResponder,
    Distribution,
    Label,
    PrioritySettings,
    ResolveReason,
    Rule,
    Scope,
    SkillSet,
    Team,
    Topic,
    User,
    VirtualAgent,
    WorkflowOverride,
    WorkflowSettings,
)
from shared.contracts.settings.automation import ON_ARRIVAL
from shared.contracts.words import Availability, Right, Role, Visibility, Vocabulary

REPLYING = (Right.CONTRIBUTOR, Right.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Workflow:
    """The settings of workflow.md in force on one channel."""

    on_reply: Literal["stay", "answered"]
    on_assign: Literal["stay", "open"]
    assign_on_reply: Literal["never", "if_unowned", "always"]
    owner_on_resolve: Literal["clear", "keep"]
    unassign_on_sign_out: bool
    timers: Timers


@dataclass(frozen=True, slots=True)
class Desk:
    """What surrounds a conversation as of one moment. Mappings are by id and in list order (place, then name).

    ``availability`` lacks who is offline. ``openings`` are the scopes of enabled rules that could touch an opening
    message, ``inceptions`` those of inception agents (private only), all of them ``virtual_agents``.
    ``closed_schedules`` are the schedules that are not open now, ``manual_channels`` the channels with automatic
    assignment switched off (RT-15).
    """

    workflow: WorkflowSettings = field(default_factory=WorkflowSettings)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    labels: Mapping[str, Label] = field(default_factory=dict)
    reasons: Mapping[str, ResolveReason] = field(default_factory=dict)
    skill_sets: Mapping[str, SkillSet] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    priority: PrioritySettings = field(default_factory=PrioritySettings)
    teams: Mapping[str, Team] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    availability: Mapping[str, Availability] = field(default_factory=dict)
    openings: tuple[Scope, ...] = ()
    inceptions: tuple[Scope, ...] = ()
    virtual_agents: Mapping[str, AutoResponder | VirtualAgent] = field(default_factory=dict)
    closed_schedules: frozenset[str] = frozenset()
    manual_channels: frozenset[str] = frozenset()

    def on(self, channel: str) -> Workflow:
        """The workspace's settings with what this channel sets otherwise."""
        for override in self.workflow.overrides:
            if override.channel == channel:
                return _resolved(self.workflow, override)
        return _resolved(self.workflow, None)

    def could_touch(self, channel: str, visibility: Visibility) -> bool:
        """Whether an opening rule or an inception agent could touch a new episode (T1)."""
        return any(scope.covers(channel, visibility) for scope in self.openings) or (
            visibility is Visibility.PRIVATE and any(scope.covers(channel, visibility) for scope in self.inceptions)
        )

    def can_reply(self, user: str, channel: str) -> bool:
        """Active, activated, and Contributor or Supervisor on the channel, by himself or through a team (AG-02)."""
        person = self.users.get(user)
        if person is None or not person.active or not person.activated:
            return False
        if person.role is Role.ADMIN:
            return True
        if any(right.channel == channel and right.right in REPLYING for right in person.channels):
            return True
        return any(
            member.user == user and member.right in REPLYING
            for team in self.teams.values()
            if not team.channels or channel in team.channels
            for member in team.members
        )

    def is_available(self, user: str) -> bool:
        """Work may be pushed to him."""
        return self.availability.get(user) is Availability.AVAILABLE

    def is_offline(self, user: str) -> bool:
        """Signed out, or never seen."""
        return self.availability.get(user, Availability.OFFLINE) is Availability.OFFLINE

    def reasons_apply(self, channel: str, visibility: Visibility) -> bool:
        """Whether resolve reasons are on here (WF-24)."""
        settings = self.workflow.resolve_reasons
        return settings.enabled and settings.scope.covers(channel, visibility)

    def topic_required(self, channel: str, visibility: Visibility) -> bool:
        """Whether people may resolve here only with a topic (WF-26)."""
        settings = self.workflow.topic_required
        return settings.enabled and settings.scope.covers(channel, visibility)


def opening_scopes(rules: Iterable[Rule]) -> tuple[Scope, ...]:
    """Where an enabled rule could touch the message that opens an episode."""
    return tuple(rule.scope for rule in rules if rule.enabled and rule.event in ON_ARRIVAL)


def inception_scopes(agents: Iterable[AutoResponder | VirtualAgent]) -> tuple[Scope, ...]:
    """Where a virtual agent takes what starts (AU-11)."""
    return tuple(
        Scope(channels=agent.channels, visibilities=(Visibility.PRIVATE,))
        for agent in agents
        if agent.enabled and agent.activation == "inception"
    )


def queue_preset() -> WorkflowSettings:
    """workflow.md, Presets: stay, stay, if_unowned, clear, 30 d / 30 d."""
    return WorkflowSettings()


def ticket_preset(idle_close: float = 7 * 86400.0) -> WorkflowSettings:
    """workflow.md, Presets: answered, open, always, keep, ``idle_close`` (seconds) on."""
    return WorkflowSettings(
        vocabulary=Vocabulary.TICKET,
        on_reply="answered",
        on_assign="open",
        assign_on_reply="always",
        owner_on_resolve="keep",
        idle_close=idle_close,
    )


def _resolved(base: WorkflowSettings, override: WorkflowOverride | None) -> Workflow:
    own = override or WorkflowOverride(channel="")
    return Workflow(
        on_reply=own.on_reply or base.on_reply,
        on_assign=own.on_assign or base.on_assign,
        assign_on_reply=own.assign_on_reply or base.assign_on_reply,
        owner_on_resolve=own.owner_on_resolve or base.owner_on_resolve,
        unassign_on_sign_out=base.unassign_on_sign_out,
        timers=Timers(
            auto_resolve_new=own.auto_resolve_new or base.auto_resolve_new,
            auto_resolve_pending=own.auto_resolve_pending or base.auto_resolve_pending,
            auto_resolve_reason=base.auto_resolve_reason,
            idle_close=own.idle_close or base.idle_close,
            default_boomerang=own.default_boomerang or base.default_boomerang,
        ),
    )
