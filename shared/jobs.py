"""Jobs that nobody waits for: kept so that they are not collected, logged when they fail, ended with who began them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from shared.errors import RetryLater, SwitchboardError, TimedOut

log = structlog.get_logger(__name__)


class Jobs:
    """Jobs under way. Whoever begins one has another way to see it done (a lease, a timer), or can do without."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[object]] = set()
        self._stopping = False

    @property
    def busy(self) -> bool:
        """Whether any is under way."""
        return bool(self._under_way)

    def begin(self, name: str, job: Coroutine[Any, Any, object]) -> None:
        """Begin it now, unless ``stop`` was called: then it never begins. ``name`` is for the log."""
        if self._stopping:
            job.close()
            return
        task: asyncio.Task[object] = asyncio.create_task(job, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    async def stop(self, within: float) -> None:
        """Let what is under way finish, at most this many seconds, then cancel it. Nothing begins any more."""
        self._stopping = True
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=within)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                pass
            case RetryLater() | TimedOut():
                log.info("job.put_off", job=task.get_name(), code=error.code)
            case SwitchboardError():
                log.warning("job.refused", job=task.get_name(), code=error.code)
            case _:
                log.error("job.failed", job=task.get_name(), error=type(error).__name__, exc_info=error)
