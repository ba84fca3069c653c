"""A clock that stands still until a test turns it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning."""


class ManualClock:
    """Starts at ``START`` unless told otherwise; only ``advance`` and ``set`` move it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let so much time pass; returns the new instant."""
        self._now += by
        return self._now

    def set(self, to: datetime) -> None:
        """Jump."""
        self._now = to
