"""What admins are warned of when they save, though it is saved all the same (SL-01, SL-10). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.settings import Policy, ScheduleSettings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The other settings that advice depends on: schedules by id, which is the default, whether priorities exist."""

    schedules: Mapping[str, ScheduleSettings] = field(default_factory=dict)
    default_schedule: str | None = None
    prioritised: bool = True


def of_policy(value: Policy, around: Surroundings) -> Sequence[str]:
    """Time counts round the clock where no opening hours apply; without priorities all that waits is equal."""
    found = []
    if around.default_schedule not in around.schedules:
        covered = {channel for schedule in around.schedules.values() for channel in schedule.channels}
        bare = len(set(value.channels) - covered)
        if bare:
            where = "its channels" if bare == len(set(value.channels)) else f"{bare} of its channels"
            found.append(
                f"No opening hours apply to {where}: time counts round the clock there. "
                "Give them a schedule, or choose a default schedule."
            )
    if not around.prioritised:
        found.append("Nothing has high priority: what waits is offered in order of waiting time alone.")
    return found


def of_schedule(value: ScheduleSettings) -> Sequence[str]:
    """A schedule without a single shift stops every clock."""
    hours = value.hours
    days = (hours.week.mon, hours.week.tue, hours.week.wed, hours.week.thu, hours.week.fri)
    if not any((*days, hours.week.sat, hours.week.sun, *hours.special_days.values())):
        return ["It never opens: clocks stand still where it applies. Give it shifts."]
    return []
