"""Rate limits of what anybody may call without a secret (``limits``, in memory, per process)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from shared.errors import TooManyRequests


class Limiter:
    """Named rules, as "30/minute"; each counts by its own key."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules: dict[str, RateLimitItem] = {name: parse(rule) for name, rule in rules.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, rule: str, key: str) -> None:
        """Count one; TooManyRequests with ``retry_after`` in seconds when it is one too many."""
        item = self._rules[rule]
        if await self._limiter.hit(item, rule, key):
            return
        window = await self._limiter.get_window_stats(item, rule, key)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        raise TooManyRequests("Too much at once: wait a little.", retry_after=wait)
