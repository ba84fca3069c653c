"""The JSON form of a schedule (sla.md 17): what it reads, refuses, writes and tells a form drawer."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.schedule import PublicHolidays, ScheduleForm

FULL: dict[str, Any] = {
    "zone": "Europe/Madrid",
    "week": {"mon": ["09:00-13:00", "15:00-19:00"], "sat": ["22:00-24:00"]},
    "holidays": ["2026-01-06"],
    "special_days": {"2026-12-24": ["09:00-12:00"], "2026-12-31": []},
    "import": {"country": "ES", "subdivision": "MD"},
}

DAY = date(2026, 1, 1)


def test_a_form_reads_into_a_schedule_and_writes_the_same_form() -> None:
    form = ScheduleForm.model_validate(FULL)
    schedule = form.schedule()
    assert [len(shifts) for shifts in schedule.week] == [2, 0, 0, 0, 0, 1, 0]
    assert {day.isoformat(): len(shifts) for day, shifts in schedule.special_days.items()} == {
        "2026-12-24": 1,
        "2026-12-31": 0,
    }
    assert schedule.imports == PublicHolidays("ES", "MD")
    written = form.model_dump(mode="json")
    assert {key: written[key] for key in FULL if key != "week"} == {k: v for k, v in FULL.items() if k != "week"}
    assert {day: shifts for day, shifts in written["week"].items() if shifts} == FULL["week"]
    assert ScheduleForm.model_validate_json(form.model_dump_json()) == form


def test_only_the_zone_is_needed() -> None:
    schedule = ScheduleForm.model_validate({"zone": "America/Mexico_City"}).schedule()
    assert not any(schedule.week)
    assert schedule.imports is None


def test_equal_forms_share_one_schedule_and_so_its_days() -> None:
    assert ScheduleForm.model_validate(FULL).schedule() is ScheduleForm.model_validate(FULL).schedule()
    other = ScheduleForm.model_validate({**FULL, "holidays": []})
    assert other.schedule() is not ScheduleForm.model_validate(FULL).schedule()


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"zone": "Mars/Olympus"}, ("zone",), "not a time zone"),
        ({"week": {"mon": ["9-17"]}}, ("week", "mon", 0), "not a shift"),
        ({"week": {"lunes": []}}, ("week", "lunes"), "not permitted"),
        ({"week": {"mon": ["09:00-17:00", "16:00-18:00"]}}, (), "overlap"),
        ({"holidays": ["2026-02-30"]}, ("holidays", 0), "date"),
        ({"special_days": {"2026-01-01": ["x"]}}, ("special_days", "2026-01-01", 0), "not a shift"),
        ({"import": {"country": "ZZ"}}, ("import", "country"), "AD, AE, AF"),
        ({"import": {"country": "es"}}, ("import", "country"), "ES, ET"),
        ({"import": {"country": "__init__"}}, ("import", "country"), "no public holidays"),
        ({"import": {"country": "ES", "subdivision": "ZZ"}}, ("import", "subdivision"), "MD, ML, NC"),
        ({"import": {"country": "VA", "subdivision": "A"}}, ("import", "subdivision"), "leave the region out"),
        ({"shifts": {}}, ("shifts",), "not permitted"),
        ({"holidays": [str(DAY + timedelta(n)) for n in range(2001)]}, ("holidays",), "at most 2000"),
        ({"special_days": {str(DAY + timedelta(n)): [] for n in range(367)}}, ("special_days",), "at most 366"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(change: dict[str, Any], where: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ScheduleForm.model_validate({**FULL, **change})
    (error,) = refused.value.errors()
    assert error["loc"] == where
    assert message in error["msg"]


def test_the_json_schema_is_enough_to_draw_a_form() -> None:
    schema = ScheduleForm.model_json_schema()
    titles = {name: field["title"] for name, field in schema["properties"].items()}
    assert titles == {
        "zone": "Time zone",
        "week": "Weekly hours",
        "holidays": "Holidays",
        "special_days": "Special days",
        "import": "Public holidays",
    }
    monday = schema["$defs"]["WeekForm"]["properties"]["mon"]
    assert (monday["title"], monday["items"]["title"]) == ("Monday", "Shift")
    assert monday["items"]["pattern"]
    assert monday["items"]["examples"]
