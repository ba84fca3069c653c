"""Presence leases: routing is told that a session is alive while its page is open or it makes requests."""

from __future__ import annotations

import time
from collections import OrderedDict

from shared.bus import Asks, metadata
from shared.clock import Clock
from shared.contracts.base import Command
from shared.contracts.presence import AgentState, Heartbeat
from shared.ids import new_id
from shared.jobs import Jobs

BEAT_SECONDS = 20.0
_REMEMBERED = 10_000


class Leases:
    """Sends heartbeats, at most one in ``BEAT_SECONDS`` for each session."""

    def __init__(self, bus: Asks, clock: Clock, jobs: Jobs) -> None:
        self._bus = bus
        self._clock = clock
        self._jobs = jobs
        self._beaten: OrderedDict[str, float] = OrderedDict()

    def alive(self, user: str, lease: str) -> None:
        """This session is in use; whoever says so does not wait."""
        now = time.monotonic()
        if now - self._beaten.get(lease, float("-inf")) < BEAT_SECONDS:
            return
        self._beaten[lease] = now
        self._beaten.move_to_end(lease)
        while len(self._beaten) > _REMEMBERED:
            self._beaten.popitem(last=False)
        self._jobs.begin("heartbeat", self._ask(Heartbeat(agent=user, session=lease)))

    async def beat(self, user: str, lease: str) -> AgentState:
        """This session is in use; returns once routing knows."""
        self._beaten[lease] = time.monotonic()
        return await self._ask(Heartbeat(agent=user, session=lease))

    def over(self, user: str, lease: str) -> None:
        """This session ended: signed out, or nobody used it for too long."""
        self._beaten.pop(lease, None)
        self._jobs.begin("lease over", self._ask(Heartbeat(agent=user, session=lease, ended=True)))

    async def _ask(self, command: Command[AgentState]) -> AgentState:
        meta = metadata(command, cause=None, event_id=new_id(), now=self._clock.now())
        return await self._bus.ask(command, meta=meta)
