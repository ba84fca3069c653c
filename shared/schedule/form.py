"""A schedule as people write it: its JSON (sla.md 17), checked, with what a form needs to be drawn. Pure."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.schedule.public_holidays import PublicHolidays
from shared.schedule.schedule import WEEKDAYS, Schedule
from shared.schedule.shift import PATTERN, Shift
from shared.schedule.wall import zone_named

ShiftText = Annotated[
    str,
    AfterValidator(lambda text: str(Shift.parse(text))),
    Field(
        title="Shift",
        description="Local time, HH:MM-HH:MM. An end at or before the start lies on the next day; "
        "24:00 is the end of the day.",
        examples=["09:00-17:00", "22:00-06:00", "00:00-24:00"],
        json_schema_extra={"pattern": PATTERN},
    ),
]
ZoneName = Annotated[str, AfterValidator(lambda name: zone_named(name).key)]


class Form(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class WeekForm(Form):
    """The shifts of each weekday, any number a day; none: closed."""

    mon: tuple[ShiftText, ...] = Field((), title="Monday")
    tue: tuple[ShiftText, ...] = Field((), title="Tuesday")
    wed: tuple[ShiftText, ...] = Field((), title="Wednesday")
    thu: tuple[ShiftText, ...] = Field((), title="Thursday")
    fri: tuple[ShiftText, ...] = Field((), title="Friday")
    sat: tuple[ShiftText, ...] = Field((), title="Saturday")
    sun: tuple[ShiftText, ...] = Field((), title="Sunday")


class ImportForm(Form):
    """Whose public holidays to import."""

    country: str = Field(
        title="Country", description="ISO 3166 code of two letters, upper case.", examples=["ES", "MX"]
    )
    subdivision: str | None = Field(
        None,
        title="Region",
        description="ISO 3166-2 code of a region without the country; none: only what the whole country keeps.",
        examples=["MD", "CT"],
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        PublicHolidays(self.country, self.subdivision)
        return self


class ScheduleForm(Form):
    """Opening hours: weekly shifts in a time zone, holidays and special days."""

    model_config = ConfigDict(title="Opening hours")

    zone: ZoneName = Field(
        title="Time zone", description="IANA name.", examples=["Europe/Madrid", "America/Mexico_City"]
    )
    week: WeekForm = Field(WeekForm(), title="Weekly hours")
    holidays: tuple[date, ...] = Field(
        (), title="Holidays", description="Closed for the whole local date, whatever else says it is open."
    )
    special_days: dict[date, tuple[ShiftText, ...]] = Field(
        default_factory=dict,
        title="Special days",
        description="Dates with shifts of their own instead of their weekday's; no shifts: none start that day.",
    )
    imports: ImportForm | None = Field(
        None, alias="import", title="Public holidays", description="Closed on a country's public holidays too."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.schedule()
        return self

    def schedule(self) -> Schedule:
        """The schedule of this form. Equal forms give one and the same, so its days are worked out once."""
        return _schedule(self.zone, self.week, self.holidays, tuple(self.special_days.items()), self.imports)


@lru_cache(maxsize=1024)
def _schedule(
    zone: str,
    week: WeekForm,
    holidays: tuple[date, ...],
    special_days: tuple[tuple[date, tuple[str, ...]], ...],
    imports: ImportForm | None,
) -> Schedule:
    return Schedule(
        zone,
        tuple(tuple(map(Shift.parse, getattr(week, day))) for day in WEEKDAYS),
        frozenset(holidays),
        {day: tuple(map(Shift.parse, shifts)) for day, shifts in special_days},
        None if imports is None else PublicHolidays(imports.country, imports.subdivision),
    )
