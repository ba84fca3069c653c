"""Shifts, holidays and special days: what is refused, and what is open (sla.md 3, 4; SL-09, SL-10)."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.schedule import OutOfReach, PublicHolidays, Schedule, Shift, is_open, next_change, working_time

MADRID = ZoneInfo("Europe/Madrid")


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Week = dict[str, list[str]]


def schedule(
    week: Week,
    *,
    zone: str = "Europe/Madrid",
    holidays: tuple[str, ...] = (),
    special: Week | None = None,
    imports: PublicHolidays | None = None,
) -> Schedule:
    return Schedule(
        zone,
        tuple(tuple(map(Shift.parse, week.get(day, []))) for day in DAYS),
        frozenset(map(date.fromisoformat, holidays)),
        {date.fromisoformat(day): tuple(map(Shift.parse, shifts)) for day, shifts in (special or {}).items()},
        imports,
    )


def on(days: str, *shifts: str) -> Week:
    """The same shifts on each of the days."""
    return {day: list(shifts) for day in days.split()}


def madrid(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


def hours_of(opening: Schedule, day: str) -> float:
    """Open hours of a local date in Madrid."""
    start = madrid(day)
    return working_time(opening, start, start + timedelta(days=1)) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("week", "named"),
    [
        ({"mon": ["09:00-17:00", "16:59-18:00"]}, ["mon 09:00-17:00", "mon 16:59-18:00"]),
        ({"mon": ["09:00-17:00", "09:00-17:00"]}, ["mon 09:00-17:00"]),
        ({"mon": ["22:00-06:00"], "tue": ["05:00-08:00"]}, ["mon 22:00-06:00", "tue 05:00-08:00"]),
        ({"sun": ["22:00-06:00"], "mon": ["05:00-08:00"]}, ["sun 22:00-06:00", "mon 05:00-08:00"]),
        ({"wed": ["09:00-09:00"], "thu": ["08:00-10:00"]}, ["wed 09:00-09:00", "thu 08:00-10:00"]),
    ],
    ids=["same day", "twice", "past midnight", "sunday to monday", "a day long"],
)
def test_SL_09_overlapping_shifts_are_refused(week: dict[str, list[str]], named: list[str]) -> None:
    with pytest.raises(ValueError, match="overlap") as refused:
        schedule(week)
    assert all(name in str(refused.value) for name in named)


@pytest.mark.parametrize(
    "special",
    [
        {"2026-02-11": ["09:00-12:00", "11:00-13:00"]},
        {"2026-02-10": ["05:00-08:00"]},  # Monday's night shift runs on until 06:00
        {"2026-02-14": ["23:00-09:00"], "2026-02-15": ["08:00-09:00"]},
    ],
    ids=["among themselves", "with the evening before", "with the special day after"],
)
def test_SL_09_special_days_that_overlap_are_refused(special: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="overlap: 2026-02-"):
        schedule(on("mon", "22:00-06:00"), special=special)


def test_SL_10_shifts_may_touch_and_be_any_number_in_any_order() -> None:
    opening = schedule(
        {
            "sun": ["22:00-06:00"],
            "mon": ["14:00-15:00", "06:00-08:00", "08:00-09:00"],
            "tue": ["09:00-09:00"],
            "wed": ["09:00-10:00"],
        }
    )
    assert hours_of(opening, "2026-02-09") == 6 + 3 + 1
    assert hours_of(opening, "2026-02-10") == 15
    assert hours_of(opening, "2026-02-11") == 10
    assert next_change(opening, madrid("2026-02-08T23:00")) == madrid("2026-02-09T09:00")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../etc/passwd", "europe/madrid", "x" * 300, "a\0b"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        schedule({}, zone=zone)


@pytest.mark.parametrize(
    "text", ["", "9:00-17:00", "09:00", "09:00-24:01", "24:00-09:00", "09:60-10:00", "٠٩:00-17:00", "09:00-17:00\n"]
)
def test_a_shift_written_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a shift"):
        Shift.parse(text)


@pytest.mark.parametrize("start", [time(9, 0, 1), time(9, 0, 0, 1), time(9, tzinfo=UTC)])
def test_a_shift_is_in_whole_minutes_of_the_local_wall_clock(start: time) -> None:
    with pytest.raises(ValueError, match="whole minutes"):
        Shift(start, time(17))


@pytest.mark.parametrize("text", ["09:00-17:00", "22:00-06:00", "00:00-24:00"])
def test_a_shift_is_written_as_it_was_read(text: str) -> None:
    assert str(Shift.parse(text)) == text


def test_a_week_has_seven_days_and_special_days_lie_in_our_time() -> None:
    with pytest.raises(ValueError, match="seven days"):
        Schedule("UTC", ())
    with pytest.raises(ValueError, match="special days lie between"):
        schedule({}, special={"9999-12-31": []})


def test_an_end_at_the_start_of_a_repeated_hour_is_its_second_showing() -> None:
    """Madrid, 25 October 2026: 02:00 is shown at 00:00 UTC and again at 01:00 UTC."""
    before, after = schedule(on("sun", "01:00-02:00")), schedule(on("sun", "02:00-03:00"))
    midnight = datetime(2026, 10, 25, tzinfo=UTC)
    for opening, opened in ((before, [1, 1, 0, 0]), (after, [0, 1, 1, 0])):
        assert [is_open(opening, midnight + timedelta(hours=n)) for n in (-1, 0, 1, 2)] == opened


def test_SL_09_a_holiday_closes_its_whole_local_date_and_no_more() -> None:
    wednesday = ("2026-02-11",)
    opening = schedule(on("tue wed thu", "00:00-04:00", "22:00-24:00"), holidays=wednesday)
    night = schedule(on("tue wed", "22:00-06:00"), holidays=wednesday)
    assert [hours_of(opening, f"2026-02-{day}") for day in (10, 11, 12)] == [6, 0, 6]
    assert [hours_of(night, f"2026-02-{day}") for day in (10, 11, 12)] == [2, 0, 6]


def test_a_holiday_closes_both_its_parts_when_the_clocks_go_back_over_midnight() -> None:
    """America/St_Johns, 2009: at 00:01 of Sunday 1 November it was 23:01 of Saturday again."""
    always = on("fri sat sun mon", "00:00-24:00")
    sunday = schedule(always, zone="America/St_Johns", holidays=("2009-11-01",))
    saturday = schedule(always, zone="America/St_Johns", holidays=("2009-10-31",))
    first_midnight = datetime(2009, 11, 1, 2, 30, tzinfo=UTC)
    a_minute, an_hour = timedelta(minutes=1), timedelta(hours=1)
    assert [is_open(sunday, first_midnight + n * a_minute) for n in (-1, 0, 1, 59, 60)] == [1, 0, 1, 1, 0]
    assert [is_open(saturday, first_midnight + n * a_minute) for n in (-1, 0, 1, 59, 60)] == [0, 1, 0, 0, 1]
    assert working_time(sunday, first_midnight - an_hour, first_midnight + an_hour) == timedelta(minutes=119)


def test_a_special_day_replaces_the_shifts_that_start_on_its_date() -> None:
    special = {"2026-02-11": ["10:00-12:00"], "2026-02-12": [], "2026-02-15": ["20:00-02:00"]}
    opening = schedule(on("tue wed thu", "22:00-06:00"), special=special)
    assert [hours_of(opening, f"2026-02-{day}") for day in (10, 11, 12, 13, 15, 16)] == [2, 6 + 2, 0, 0, 4, 2]


def test_a_special_day_on_a_holiday_opens_only_what_runs_past_midnight() -> None:
    opening = schedule({}, holidays=("2026-02-11",), special={"2026-02-11": ["10:00-12:00", "22:00-01:00"]})
    assert [hours_of(opening, f"2026-02-{day}") for day in (11, 12)] == [0, 1]


def test_imported_public_holidays_are_those_of_the_country_and_the_subdivision() -> None:
    week = on("mon tue wed thu fri", "09:00-17:00")
    spain = schedule(week, imports=PublicHolidays("ES"))
    catalonia = schedule(week, imports=PublicHolidays("ES", "CT"))
    epiphany, saint_john, ordinary = "2026-01-06", "2026-06-24", "2026-06-25"
    assert [hours_of(spain, day) for day in (epiphany, saint_john, ordinary)] == [0, 8, 8]
    assert [hours_of(catalonia, day) for day in (epiphany, saint_john, ordinary)] == [0, 0, 8]
    assert [hours_of(spain, f"{year}-10-12") for year in (2026, 2027, 2028)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("country", "subdivision", "says"),
    [("XX", None, "no public holidays"), ("", None, "no public holidays"), ("ES", "ZZ", "no region 'ZZ'; give one of")],
)
def test_an_unknown_country_or_subdivision_is_refused(country: str, subdivision: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PublicHolidays(country, subdivision)


def test_the_next_change_is_the_next_opening_while_closed_and_the_next_closing_while_open() -> None:
    opening = schedule(on("fri mon", "09:00-17:00"))
    assert next_change(opening, madrid("2026-02-06T12:00")) == madrid("2026-02-06T17:00")
    assert next_change(opening, madrid("2026-02-06T17:00")) == madrid("2026-02-09T09:00")
    assert next_change(opening, madrid("2026-02-09T09:00")) == madrid("2026-02-09T17:00")


@pytest.mark.parametrize(
    "opening",
    [None, schedule({}), schedule(on(" ".join(DAYS), "00:00-24:00"))],
    ids=["no schedule", "never open", "round the clock"],
)
def test_some_schedules_never_change(opening: Schedule | None) -> None:
    assert next_change(opening, madrid("2026-02-06T12:00")) is None


def test_an_instant_may_come_with_any_offset_but_not_without_one() -> None:
    opening = schedule(on("fri", "09:00-17:00"))
    assert is_open(opening, datetime(2026, 2, 6, 23, 30, tzinfo=timezone(timedelta(hours=14, minutes=45))))
    naive = datetime(2026, 2, 6, 12)
    for ask in (is_open, next_change):
        with pytest.raises(ValueError, match="offset"):
            ask(opening, naive)
    with pytest.raises(ValueError, match="offset"):
        working_time(None, naive, madrid("2026-02-06T12:00"))


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_no_schedule_is_asked_about_the_far_past_or_future(year: int) -> None:
    for opening in (schedule(on("fri", "09:00-17:00")), None):
        with pytest.raises(OutOfReach):
            is_open(opening, datetime(year, 1, 1, tzinfo=UTC))


def test_working_time_adds_up_over_thirty_years_and_no_more() -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    assert working_time(schedule(on("sat", "10:00-11:00")), start, datetime(2029, 12, 30, tzinfo=UTC)).days > 60
    with pytest.raises(OutOfReach):
        working_time(schedule({}), start, datetime(2031, 1, 1, tzinfo=UTC))
