"""A schedule as people write it: its JSON (sla.md 17), checked, with what a form needs to be drawn. Pure."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from shared.schedule.public_holidays import PublicHolidays, refuse_unknown_country, refuse_unknown_subdivision
from shared.schedule.schedule import WEEKDAYS, Schedule
from shared.schedule.shift import PATTERN, Shift
from shared.schedule.wall import zone_named

MOST_HOLIDAYS = 2000
MOST_SPECIAL_DAYS = 366
"""More would take seconds to check and much memory to keep."""

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
DayShifts = Annotated[tuple[ShiftText, ...], Field(max_length=48)]
ZoneName = Annotated[str, AfterValidator(lambda name: zone_named(name).key)]


class Form(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class WeekForm(Form):
    """The shifts of each weekday, up to 48 a day; none: closed."""

    mon: DayShifts = Field((), title="Monday")
    tue: DayShifts = Field((), title="Tuesday")
    wed: DayShifts = Field((), title="Wednesday")
    thu: DayShifts = Field((), title="Thursday")
    fri: DayShifts = Field((), title="Friday")
    sat: DayShifts = Field((), title="Saturday")
    sun: DayShifts = Field((), title="Sunday")


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

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        refuse_unknown_country(country)
        return country

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        country = info.data.get("country")  # absent when it was refused itself
        if subdivision is not None and country is not None:
            refuse_unknown_subdivision(country, subdivision)
        return subdivision


class ScheduleForm(Form):
    """Opening hours: weekly shifts in a time zone, holidays and special days."""

    model_config = ConfigDict(title="Opening hours")

    zone: ZoneName = Field(
        title="Time zone", description="IANA name.", examples=["Europe/Madrid", "America/Mexico_City"]
    )
    week: WeekForm = Field(WeekForm(), title="Weekly hours")
    holidays: tuple[date, ...] = Field(
        (),
        title="Holidays",
        description="Closed for the whole local date, whatever else says it is open.",
        max_length=MOST_HOLIDAYS,
    )
    special_days: dict[date, DayShifts] = Field(
        default_factory=dict,
        title="Special days",
        max_length=MOST_SPECIAL_DAYS,
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
