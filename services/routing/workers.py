"""Background work of routing: the sweep that covers a lost ask, and waking what time changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from shared.errors import SwitchboardError


class Sweep:
    """Each period, asks for a look if something waits while somebody is available."""

    def __init__(
        self,
        due: Callable[[], Awaitable[bool]],
        ask: Callable[[], Awaitable[None]],
        log: FilteringBoundLogger,
        *,
        seconds: float,
    ) -> None:
        self._due = due
        self._ask = ask
        self._log = log
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="dispatch sweep")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                if await self._due():
                    await self._ask()
            except SwitchboardError as error:
                self._log.info("sweep.put_off", code=error.code)
