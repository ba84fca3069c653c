"""Which target and schedule a new clock starts with (sla.md 2 and 13). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.settings import Distribution, Policy, ScheduleSettings, WorkflowSettings
from shared.contracts.settings.sla import DEFAULT_LEVELS
from shared.contracts.words import ClockKind, Visibility, Vocabulary
from shared.schedule import ScheduleForm, warn_after

AGREED = "agreed"
DEFAULT_WARN_PERCENT = 75


@dataclass(frozen=True, slots=True)
class Settings:
    """The live settings that terms are chosen from, by id."""

    policies: Mapping[str, Policy]
    schedules: Mapping[str, ScheduleSettings]
    distributions: Mapping[str, Distribution]
    workflow: WorkflowSettings


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock keeps for its whole life (SL-13). ``policy`` is a policy's id, a distribution's, or "agreed"."""

    policy: str
    name: str
    target: timedelta
    warn: timedelta
    schedule: ScheduleForm | None
    levels: tuple[int, ...] = DEFAULT_LEVELS


def terms(conversation: ConversationSnapshot, kind: ClockKind, settings: Settings) -> Terms | None:
    """The terms of a clock that starts now; None: no clock.

    Target: the distribution's own, else the policy of (channel, visibility), else in the ticket vocabulary the
    workspace's agreed response time. A distribution's and the agreed target are for responses only.
    """
    schedule = _schedule(conversation, settings)
    distribution = settings.distributions.get(conversation.distribution or "")
    if distribution is not None and distribution.target_minutes and kind is not ClockKind.RESOLUTION:
        return _plain(conversation.distribution or "", distribution.name, distribution.target_minutes, schedule)
    found = policy_of(conversation.channel, conversation.visibility, settings.policies)
    if found is not None:
        id, policy = found
        minutes = {
            ClockKind.FIRST: policy.first_minutes,
            ClockKind.NEXT: policy.next_minutes,
            ClockKind.RESOLUTION: policy.resolution_minutes,
        }[kind]
        if minutes is None:
            return None
        target = timedelta(minutes=minutes)
        left = None if policy.warn_minutes_left is None else timedelta(minutes=policy.warn_minutes_left)
        warn = warn_after(target, percent=policy.warn_percent, left=left)
        return Terms(id, policy.name, target, warn, schedule, policy.notify_percent)
    agreed = settings.workflow.agreed_response_minutes
    if agreed and settings.workflow.vocabulary is Vocabulary.TICKET and kind is not ClockKind.RESOLUTION:
        return _plain(AGREED, "", agreed, schedule)
    return None


def policy_of(channel: str, visibility: Visibility, policies: Mapping[str, Policy]) -> tuple[str, Policy] | None:
    """The enabled policy of a channel: the one for exactly this visibility, else the one for both."""
    fitting = [
        (id, policy)
        for id, policy in policies.items()
        if policy.enabled and channel in policy.channels and visibility in policy.visibilities
    ]
    return min(fitting, key=lambda entry: (len(set(entry[1].visibilities)), entry[0]), default=None)


def _plain(id: str, name: str, minutes: int, schedule: ScheduleForm | None) -> Terms:
    target = timedelta(minutes=minutes)
    return Terms(id, name, target, warn_after(target, percent=DEFAULT_WARN_PERCENT), schedule)


def _schedule(conversation: ConversationSnapshot, settings: Settings) -> ScheduleForm | None:
    """The distribution's, else the channel's, else the workspace's, else none: always open."""
    distribution = settings.distributions.get(conversation.distribution or "")
    if distribution is not None and (own := settings.schedules.get(distribution.schedule or "")) is not None:
        return own.hours
    for _, schedule in sorted(settings.schedules.items()):
        if conversation.channel in schedule.channels:
            return schedule.hours
    default = settings.schedules.get(settings.workflow.default_schedule or "")
    return None if default is None else default.hours
