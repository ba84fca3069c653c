"""The settings objects that sla owns: schedules and policies, with their cross-checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from services.sla.domain import advice
from services.sla.domain.advice import Surroundings
from shared.contracts.settings import Policy, ScheduleSettings
from shared.resources import Declaration, Problem, unique_name

CHANNEL = "channel:"


def declarations(around: Callable[[], Surroundings] = Surroundings) -> Sequence[Declaration[Any]]:
    """Every kind that sla owns. ``around`` gives the other settings that warnings depend on."""
    return (
        Declaration(
            ScheduleSettings, claims=_schedule_claims, yields=_yields, taken=_taken, warnings=advice.of_schedule
        ),
        Declaration(
            Policy,
            check=_check_policy,
            claims=_policy_claims,
            warnings=lambda value: advice.of_policy(value, around()),
        ),
    )


def _schedule_claims(value: ScheduleSettings) -> Sequence[str]:
    """SL-09: one schedule per channel."""
    return (*unique_name(value), *(f"{CHANNEL}{channel}" for channel in value.channels))


def _yields(value: ScheduleSettings, claims: Collection[str]) -> ScheduleSettings | None:
    """SL-09: a schedule gives up channels to another, once the admin has confirmed it. Names are not given up."""
    if any(not claim.startswith(CHANNEL) for claim in claims):
        return None
    channels = tuple(channel for channel in value.channels if f"{CHANNEL}{channel}" not in claims)
    return value.model_copy(update={"channels": channels})


def _taken(claim: str, holder: str) -> str | None:
    if not claim.startswith(CHANNEL):
        return None
    return f"“{holder}” is this channel's schedule already. Confirm to move the channel to this one."


def _policy_claims(value: Policy) -> Sequence[str]:
    """SL-03: at most one enabled policy per channel and visibility: private, public, or both (ADR 0030)."""
    if not value.enabled:
        return unique_name(value)
    kinds = set(value.visibilities)
    visibility = "both" if len(kinds) > 1 else next(iter(kinds))
    return (*unique_name(value), *(f"{CHANNEL}{channel}:{visibility}" for channel in dict.fromkeys(value.channels)))


def _check_policy(_id: str, value: Policy, _others: object) -> Sequence[Problem]:
    if value.first_minutes is None and value.next_minutes is None and value.resolution_minutes is None:
        return [Problem("first_minutes", "Give at least one target.")]
    return []
