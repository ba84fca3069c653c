"""Rate limits of this process: so many of a thing in a minute, then 429 with the time to wait."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.errors import TooManyRequests


class Throttle:
    """``check`` counts one for each key; the first key over its limit refuses."""

    def __init__(self, name: str, per_minute: int) -> None:
        self._name = name
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def check(self, *keys: str) -> None:
        """Count this one. ``TooManyRequests`` when it was too many."""
        for key in keys:
            if not await self._limiter.hit(self._item, self._name, key):
                reset = await self._limiter.get_window_stats(self._item, self._name, key)
                wait = max(1, round(reset.reset_time - time.time()))
                raise TooManyRequests("Too many requests; wait a little.", retry_after=wait)
