"""Begins to follow what is open already, when time-based rules come or change, or the hours that they count by."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import OpenPage, ReadOpen
from shared.contracts.conversations import ConversationSnapshot
from shared.errors import RetryLater, TimedOut
from shared.ids import derived, new_id

PAUSE_SECONDS = 5.0
WINDOW = 100


class Follows(Protocol):
    """``Waiting.follow``."""

    def __call__(self, conversation: ConversationSnapshot, cause: Meta) -> Awaitable[None]: ...


class CatchUp:
    """Reads every open conversation once for each change of the time-based rules; in windows, again after a failure."""

    def __init__(
        self,
        wanted: Callable[[], str | None],
        follow: Follows,
        bus: Asks,
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        """``wanted`` names the time-based rules as of now; None while there are none."""
        self._wanted = wanted
        self._follow = follow
        self._bus = bus
        self._clock = clock
        self._log = log
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def look(self) -> None:
        """The rules, or the hours that they count by, changed."""
        self._changed.set()

    def start(self) -> None:
        """Begin."""
        self._changed.set()
        self._task = asyncio.create_task(self._run(), name="following")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        done: str | None = None
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = self._wanted()
            if wanted is None or wanted == done:
                continue
            try:
                await self._read_all()
            except (RetryLater, TimedOut) as error:
                self._log.info("following.put_off", code=error.code)
            except Exception as error:  # noqa: BLE001 - what is open must be followed all the same, a little later
                self._log.error("following.failed", error=type(error).__name__, exc_info=error)
            else:
                done = wanted
                continue
            await asyncio.sleep(PAUSE_SECONDS)
            self._changed.set()

    async def _read_all(self) -> None:
        after: str | None = None
        while True:
            page: OpenPage = await self._bus.ask(ReadOpen(after=after, limit=WINDOW))
            named = derived("catch up", new_id())
            cause = Meta(
                event_id=named, type="automation.catch_up", occurred_at=self._clock.now(), correlation_id=named
            )
            await asyncio.gather(*(self._follow(one, cause) for one in page.conversations))
            after = page.next
            if after is None:
                return
