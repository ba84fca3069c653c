"""Business hours of a channel: its own schedule, else the workspace's, else always open (sla.md 13). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.settings import ScheduleSettings, WorkflowSettings
from shared.schedule import Schedule


def schedule_of(channel: str, schedules: Mapping[str, ScheduleSettings], workflow: WorkflowSettings) -> Schedule | None:
    """The schedule that business hours on this channel follow; None: always open."""
    for _, schedule in sorted(schedules.items()):
        if channel in schedule.channels:
            return schedule.hours.schedule()
    default = schedules.get(workflow.default_schedule or "")
    return None if default is None else default.hours.schedule()
