"""The settings objects that sla owns: schedules and policies, with their cross-checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts.settings import Policy, ScheduleSettings
from shared.resources import Declaration, Problem, unique_name


def declarations() -> Sequence[Declaration[Any]]:
    """Every kind that sla owns."""
    return (
        Declaration(ScheduleSettings, claims=_schedule_claims),
        Declaration(Policy, check=_check_policy, claims=_policy_claims),
    )


def _schedule_claims(value: ScheduleSettings) -> Sequence[str]:
    """SL-09: one schedule per channel."""
    return (*unique_name(value), *(f"channel:{channel}" for channel in value.channels))


def _policy_claims(value: Policy) -> Sequence[str]:
    """SL-03: at most one enabled policy per channel and visibility: private, public, or both (ADR 0030)."""
    if not value.enabled:
        return unique_name(value)
    kinds = set(value.visibilities)
    visibility = "both" if len(kinds) > 1 else next(iter(kinds))
    return (*unique_name(value), *(f"channel:{channel}:{visibility}" for channel in dict.fromkeys(value.channels)))


def _check_policy(_id: str, value: Policy, _others: object) -> Sequence[Problem]:
    if value.first_minutes is None and value.next_minutes is None and value.resolution_minutes is None:
        return [Problem("first_minutes", "Give at least one target.")]
    return []
