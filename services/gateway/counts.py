"""Queue counts, read at most about once a second however many ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from services.gateway.domain.access import Access
from services.gateway.domain.counting import Group, counts
from services.gateway.rows import Rows

FRESH_SECONDS = 1.0
SHARE_OF_TIME = 10
"""Counting takes at most this fraction (one in …) of the time, however slow the store."""


class Counts:
    """Open conversations by where they stand, shared by all readers of this process."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._groups: Sequence[Group] = ()
        self._counted_at = float("-inf")
        self._took = 0.0
        self._stale = True
        self._turn = asyncio.Lock()

    def stale(self) -> None:
        """Something changed: count again when next asked, unless it was just done."""
        self._stale = True

    @property
    def behind(self) -> bool:
        """Whether something changed since they were counted."""
        return self._stale

    async def of(self, access: Access) -> dict[str, Any]:
        """The counts for one reader."""
        async with self._turn:
            if self._due():
                await self._count()
        return counts(access, self._groups)

    def _due(self) -> bool:
        age = time.monotonic() - self._counted_at
        if age > 30 * FRESH_SECONDS:
            return True
        return self._stale and age >= max(FRESH_SECONDS, SHARE_OF_TIME * self._took)

    async def _count(self) -> None:
        started = time.monotonic()
        self._stale = False
        try:
            self._groups = await self._rows.groups()
        except BaseException:
            self._stale = True
            raise
        self._counted_at = time.monotonic()
        self._took = self._counted_at - started
