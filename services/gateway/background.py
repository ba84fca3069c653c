"""Work that nobody waits for: kept, so that it is not collected, and ended with the service."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from shared.errors import SwitchboardError

log = structlog.get_logger(__name__)


class Background:
    """Runs small tasks; what fails is logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        """Begin ``work`` now."""
        task = asyncio.create_task(_quietly(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give what runs a moment to finish, then end it."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=1)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _quietly(name: str, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except SwitchboardError as error:
        log.info("background.failed", work=name, code=error.code)
