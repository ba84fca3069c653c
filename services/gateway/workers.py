"""Work by the clock: presence of open pages, sessions whose time ran out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog

from services.gateway.exporting import HourlyFiles
from services.gateway.live import Hub, Stream
from services.gateway.presence import BEAT_SECONDS, Leases
from services.gateway.repository import Accounts
from shared.clock import Clock
from shared.contracts.base import Event
from shared.contracts.live import SessionsEnded
from shared.errors import SwitchboardError

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60.0
FURTHEST = timedelta(days=60)
"""No session lasts longer than this without being used, so none that ended is further back."""


class Workers:
    """Keeps the people of open pages present, and ends what nobody uses."""

    def __init__(
        self,
        hub: Hub,
        leases: Leases,
        accounts: Accounts,
        clock: Clock,
        *,
        broadcast: Callable[[Event], Coroutine[Any, Any, None]],
        stopping: asyncio.Event,
        files: HourlyFiles | None = None,
    ) -> None:
        self._files = files
        self._hub = hub
        self._leases = leases
        self._accounts = accounts
        self._clock = clock
        self._broadcast = broadcast
        self._stopping = stopping
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._every(BEAT_SECONDS, self.beat), name="presence"),
            asyncio.create_task(self._every(SWEEP_SECONDS, self.sweep), name="ended sessions"),
            asyncio.create_task(self._end_streams(), name="end of streams"),
        ]
        if self._files is not None:
            self._tasks.append(asyncio.create_task(self._files.run(), name="admin log files"))

    async def stop(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def beat(self) -> None:
        """Open pages keep their people present, as long as their sessions last; those of a dropped key end."""
        for stream in self._hub.present:
            await self._beat(stream)

    async def _beat(self, stream: Stream) -> None:
        if not await stream.still_open():
            stream.end("signed_out")
        elif stream.lease is not None:
            self._leases.alive(stream.user, stream.lease)

    async def sweep(self) -> None:
        """Sessions that nobody used for too long end, and with them their presence (AG-11)."""
        now = self._clock.now()
        for session in await self._accounts.ended_sessions(now - FURTHEST, now, 500):
            if await self._accounts.end_session(session.id):
                self._leases.over(session.user, session.lease)
                await self._broadcast(SessionsEnded(user=session.user, sessions=(session.id,)))

    async def _end_streams(self) -> None:
        await self._stopping.wait()
        for stream in self._hub.present:
            stream.end("stopping")

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except SwitchboardError as error:
                log.info("worker.failed", work=work.__name__, code=error.code)
