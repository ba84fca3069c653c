"""What a network answered is written down although the store is away for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.ingest.workers import kept
from shared.clock import SystemClock
from shared.errors import RetryLater

CLOCK = SystemClock()


class Record:
    """A store that is away for the first ``away`` writes."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.tries = 0

    async def write(self) -> None:
        self.tries += 1
        if self.tries <= self.away:
            raise RetryLater("the database gives no answer")


async def test_it_is_written_as_soon_as_the_store_is_back() -> None:
    record = Record(away=2)
    await kept(record.write, CLOCK, CLOCK.now() + timedelta(seconds=60))
    assert record.tries == 3


async def test_past_the_end_of_the_lease_it_is_given_up() -> None:
    record = Record(away=2)
    with pytest.raises(RetryLater):
        await kept(record.write, CLOCK, CLOCK.now())
    assert record.tries == 1
