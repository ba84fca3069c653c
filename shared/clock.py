"""The one clock, injected everywhere: aware, UTC, whole milliseconds."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Now: aware, UTC, cut to whole milliseconds, because the store keeps no more."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
