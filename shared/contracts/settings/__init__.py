"""The settings objects that admins edit: one model each, form and document alike; a module per owner."""

from __future__ import annotations

from shared.contracts.settings.automation import KeywordCondition, Rule
from shared.contracts.settings.base import SECRET, EmailAddress, Name, ResourceModel, Scope, refers
from shared.contracts.settings.csat import Survey, SurveyLanguage
from shared.contracts.settings.gateway import AwayState, ChannelRight, Member, SignInSettings, Team, User
from shared.contracts.settings.ingest import Channel, ChannelConfig, ContactAttribute, WebchatConfig, WebhookConfig
from shared.contracts.settings.routing import (
    Distribution,
    Label,
    LanguageSettings,
    PriorityEntry,
    PrioritySettings,
    ReasonSettings,
    ResolveReason,
    Seconds,
    SkillGroup,
    SkillRule,
    SkillSet,
    Topic,
    TopicRequirement,
    WorkflowOverride,
    WorkflowSettings,
)
from shared.contracts.settings.sla import Policy, ScheduleSettings
from shared.contracts.settings.virtual_agents import (
    AttributeQuestion,
    AutoResponder,
    Question,
    Script,
    ScriptStep,
    Statement,
    VirtualAgent,
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
    AutoResponder,
    VirtualAgent,
    Survey,
    User,
    Team,
    AwayState,
    SignInSettings,
)
"""Every kind of settings object there is."""

__all__ = [
    "RESOURCES",
    "SECRET",
    "AttributeQuestion",
    "AutoResponder",
    "AwayState",
    "Channel",
    "ChannelConfig",
    "ChannelRight",
    "ContactAttribute",
    "Distribution",
    "EmailAddress",
    "KeywordCondition",
    "Label",
    "LanguageSettings",
    "Member",
    "Name",
    "Policy",
    "PriorityEntry",
    "PrioritySettings",
    "Question",
    "ReasonSettings",
    "ResolveReason",
    "ResourceModel",
    "Rule",
    "ScheduleSettings",
    "Scope",
    "Script",
    "ScriptStep",
    "Seconds",
    "SignInSettings",
    "SkillGroup",
    "SkillRule",
    "SkillSet",
    "Statement",
    "Survey",
    "SurveyLanguage",
    "Team",
    "Topic",
    "TopicRequirement",
    "User",
    "VirtualAgent",
    "WebchatConfig",
    "WebhookConfig",
    "WorkflowOverride",
    "WorkflowSettings",
    "refers",
]
