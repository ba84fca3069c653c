"""What people see of a running clock: its colour, the time left or over, and whether it pauses. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.schedule.clock import Span, due, elapsed
from shared.schedule.open_time import is_open, utc
from shared.schedule.schedule import Schedule

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOTHING = timedelta()


class Colour(StrEnum):
    GREY = "grey"
    ORANGE = "orange"
    RED = "red"


def warn_after(target: timedelta, *, percent: float = 75, left: timedelta | None = None) -> timedelta:
    """Working time used at which a clock turns orange: ``percent`` of the target, or with ``left`` to go."""
    return target * (percent / 100) if left is None else max(target - left, NOTHING)


def colour(used: timedelta, target: timedelta, warn: timedelta) -> Colour:
    """Grey below ``warn``, orange from there to the target inclusive, red above (sla.md 11)."""
    if used > target:
        return Colour.RED
    return Colour.GREY if used < warn else Colour.ORANGE


@dataclass(frozen=True, slots=True)
class Shown:
    """A running clock at one instant (sla.md 12).

    ``remaining`` is working time to the target, nothing once red; ``over`` is wall-clock time since the
    breach, nothing until then; ``paused``: closed now, so ``remaining`` stands still.
    """

    colour: Colour
    remaining: timedelta
    over: timedelta
    paused: bool

    @property
    def time(self) -> tuple[int, int]:
        """Hours and minutes to print: remaining time rounded up to the minute, time over rounded down."""
        minutes = self.over // MINUTE if self.colour is Colour.RED else -(-self.remaining // MINUTE)
        return divmod(minutes, HOUR // MINUTE)

    @property
    def text_key(self) -> str:
        """The text to put ``time`` into: ``sla.left`` or ``sla.over``, with ``.hours`` from one hour on."""
        key = "sla.over" if self.colour is Colour.RED else "sla.left"
        return f"{key}.hours" if self.time[0] else key


def shown(
    schedule: Schedule | None, spans: Sequence[Span], target: timedelta, warn: timedelta, now: datetime
) -> Shown | None:
    """What to show at ``now``; None without a running clock, that is unless the last span is open (sla.md 11)."""
    if not spans or spans[-1][1] is not None:
        return None
    used = elapsed(schedule, spans, now)
    look = colour(used, target, warn)
    if look is Colour.RED:
        return Shown(look, NOTHING, utc(now) - due(schedule, spans, target).breach_at, paused=False)
    return Shown(look, target - used, NOTHING, paused=not is_open(schedule, now))
