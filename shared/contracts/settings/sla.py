"""Settings objects of sla: schedules and policies."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from shared.contracts.settings.base import MOST_MINUTES, Name, ResourceModel, refers
from shared.contracts.words import Visibility
from shared.schedule import ScheduleForm

Percent = Annotated[int, Field(ge=1, le=1000, title="Share of the target", json_schema_extra={"unit": "%"})]
Levels = Annotated[tuple[Percent, ...], AfterValidator(lambda levels: tuple(sorted(set(levels))))]
DEFAULT_LEVELS = (75, 100)


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
    first_minutes: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="First response", json_schema_extra={"unit": "min"}
    )
    next_minutes: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="Next responses", json_schema_extra={"unit": "min"}
    )
    resolution_minutes: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="Resolution", json_schema_extra={"unit": "min"}
    )
    warn_percent: int = Field(default=75, ge=1, le=99, title="Warn at", json_schema_extra={"unit": "%"})
    warn_minutes_left: int | None = Field(
        default=None, ge=1, le=MOST_MINUTES, title="Or warn with this much left", json_schema_extra={"unit": "min"}
    )
    notify_percent: Levels = Field(
        default=DEFAULT_LEVELS,
        max_length=10,
        title="Notify at",
        description="Percentages of the target at which the owner and the channel's supervisors are told; above 100: "
        "still unanswered so much later.",
    )
