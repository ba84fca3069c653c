"""Deliveries being handled: tasks of our own, so that a lost connection does not cancel a handler half-way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import Gauge


class Work:
    """What is in flight. The client library cancels what runs on a channel that closes; these it does not know."""

    def __init__(self, gauge: Gauge) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._gauge = gauge

    def begin(self, handling: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(handling)
        self._tasks.add(task)
        self._gauge.inc()
        task.add_done_callback(self._ended)

    async def finish(self, within: float) -> int:
        """Wait for what is in flight, cancel what takes longer; how many were cancelled."""
        if not self._tasks:
            return 0
        _, late = await asyncio.wait(self._tasks, timeout=within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=within)
        return len(late)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._gauge.dec()
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error  # a bug in the bus itself: the loop's exception handler reports it


def cancelled_from_outside() -> bool:
    """Whether the running task was asked to end (else a ``CancelledError`` came from something it waited for)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def breaking() -> Iterator[None]:
    """The client cancels what waits on a connection that breaks; here that is a ``ConnectionError`` like any other."""
    try:
        yield
    except asyncio.CancelledError as error:
        if cancelled_from_outside():
            raise
        raise ConnectionError("the connection to the broker broke") from error
