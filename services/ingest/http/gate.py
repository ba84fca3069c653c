"""How many deliveries are stored at once, and how acknowledgements slow down when the store cannot keep up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from shared.errors import RetryLater

LONGEST_PAUSE = 5.0


class Gate:
    """Passes ``places`` at once; the others wait up to ``within`` seconds, then are told to come again.

    ``age`` is how long the oldest write waits, in seconds; past ``slow_after`` every acknowledgement waits as
    long, so that senders slow down instead of our queues growing without end.
    """

    def __init__(self, places: int, within: float, slow_after: float, age: Callable[[], float]) -> None:
        self._places = asyncio.Semaphore(places)
        self._within = within
        self._slow_after = slow_after
        self._age = age

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._within):
                await self._places.acquire()
        except TimeoutError as error:
            raise RetryLater("More arrives than can be stored: send it again.", retry_after=5) from error
        try:
            yield
            age = self._age()
            if age > self._slow_after:
                await asyncio.sleep(min(age, LONGEST_PAUSE))
        finally:
            self._places.release()
