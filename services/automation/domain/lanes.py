"""How many calls one endpoint gets at once, so that a slow or dead one holds up nobody else. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES_IN_A_ROW = 5
"""From here on the endpoint gets one call at a time, with a rest before each."""

FIRST_REST, LONGEST_REST = timedelta(seconds=2), timedelta(minutes=2)


@dataclass(slots=True)
class Lane:
    """One endpoint as one process sees it. ``waiting``: deliveries are held in the store until there is a place."""

    places: int
    taken: int = 0
    failures: int = 0
    rests_until: datetime | None = None
    waiting: bool = True

    def free(self, now: datetime) -> int:
        """How many calls may begin now."""
        if self.rests_until is not None and now < self.rests_until:
            return 0
        return max(0, (1 if self.failures >= FAILURES_IN_A_ROW else self.places) - self.taken)

    def take(self, now: datetime) -> bool:
        """A place, if there is one."""
        if self.free(now) == 0:
            return False
        self.taken += 1
        return True

    def give_back(self) -> None:
        """A place that was not used."""
        self.taken -= 1

    def ended(self, answered: bool, now: datetime) -> None:
        """A call ended; ``answered`` with 2xx."""
        self.taken -= 1
        self.failures = 0 if answered else self.failures + 1
        self.rests_until = None
        if self.failures >= FAILURES_IN_A_ROW:
            rest = min(FIRST_REST * 2 ** min(self.failures - FAILURES_IN_A_ROW, 10), LONGEST_REST)
            self.rests_until = now + rest
