"""What admins are warned of, and what is demanded, when they save (SL-01, SL-07, SL-10)."""

from __future__ import annotations

from typing import Any

import pytest

from services.routing.resources import declarations as routing_declarations
from services.sla.domain.advice import Surroundings, of_policy, of_schedule
from shared.contracts.settings import Policy, ScheduleSettings, WorkflowSettings
from shared.contracts.words import Vocabulary
from shared.resources import Problem

OPEN: dict[str, Any] = {"zone": "UTC", "week": {"mon": ["09:00-17:00"]}}


def schedule(*channels: str, **hours: Any) -> ScheduleSettings:
    return ScheduleSettings.model_validate({"name": "Day", "hours": {**OPEN, **hours}, "channels": channels})


def policy(*channels: str) -> Policy:
    return Policy(name="Care", channels=channels, first_minutes=10)


@pytest.mark.parametrize(
    ("around", "says"),
    [
        (Surroundings(), "its channels"),
        (Surroundings({"s": schedule("a")}), "1 of its channels"),
        (Surroundings({"s": schedule("a", "b")}), None),
        (Surroundings({"s": schedule()}, default_schedule="s"), None),
        (Surroundings({"s": schedule()}, default_schedule="deleted"), "its channels"),
        (Surroundings({"s": schedule("a", "b")}, prioritised=False), "high priority"),
    ],
)
def test_SL_01_SL_10_a_policy_without_hours_or_priorities_is_saved_with_a_warning(
    around: Surroundings, says: str | None
) -> None:
    found = of_policy(policy("a", "b"), around)
    assert len(found) == (0 if says is None else 1)
    assert says is None or says in found[0]


def test_SL_10_a_schedule_that_never_opens_is_saved_with_a_warning() -> None:
    assert of_schedule(schedule(week={})) != []
    assert of_schedule(schedule(week={}, special_days={"2026-01-01": ["09:00-10:00"]})) == []
    assert of_schedule(schedule()) == []


def demanded(**fields: Any) -> list[str]:
    value = WorkflowSettings(**fields)
    check = next(each.check for each in routing_declarations() if each.model is WorkflowSettings)
    problems: list[Problem] = list(check("-", value, {}))
    return [problem.field for problem in problems]


def test_SL_07_an_agreed_response_time_demands_a_schedule() -> None:
    ticket: dict[str, Any] = {"vocabulary": Vocabulary.TICKET, "agreed_response_minutes": 60}
    assert demanded(**ticket) == ["default_schedule"]
    assert demanded(**ticket, default_schedule="s") == []
    assert demanded(agreed_response_minutes=60) == []
