"""Working-time arithmetic over shifts, holidays and time zones. Pure."""

from shared.schedule.clock import Due, NeverOpen, Span, due, elapsed
from shared.schedule.display import Colour, Shown, colour, shown, warn_after
from shared.schedule.form import ScheduleForm
from shared.schedule.open_time import OutOfReach, is_open, next_change, working_time
from shared.schedule.public_holidays import PublicHolidays
from shared.schedule.schedule import Schedule
from shared.schedule.shift import Shift, Shifts

__all__ = [
    "Colour",
    "Due",
    "NeverOpen",
    "OutOfReach",
    "PublicHolidays",
    "Schedule",
    "ScheduleForm",
    "Shift",
    "Shifts",
    "Shown",
    "Span",
    "colour",
    "due",
    "elapsed",
    "is_open",
    "next_change",
    "shown",
    "warn_after",
    "working_time",
]
