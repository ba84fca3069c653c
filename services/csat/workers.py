"""Background work of csat: sends invitations that are due, one task each, a bounded number at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from services.csat.domain.invitations import Invitation, Stage

AT_ONCE = 10


class Sender:
    """Told of every saved invitation; takes up those that are being opened."""

    def __init__(self, send: Callable[[Invitation], Awaitable[None]], log: FilteringBoundLogger) -> None:
        self._send = send
        self._log = log
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def saw(self, invitation: Invitation) -> None:
        """Start the attempt that this state asks for, once."""
        key = (invitation.id, invitation.attempt)
        if invitation.stage is Stage.OPENING and key not in self._tasks:
            task = asyncio.create_task(self._attempt(invitation), name="survey")
            self._tasks[key] = task
            task.add_done_callback(lambda _done: self._tasks.pop(key, None))

    async def stop(self) -> None:
        """What is under way is cancelled; its wake_at takes it up again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attempt(self, invitation: Invitation) -> None:
        async with self._places:
            try:
                await self._send(invitation)
            except Exception as error:  # noqa: BLE001 - the attempt is repeated by wake_at; the log says why
                self._log.warning("survey.attempt_failed", attempt=invitation.attempt, error=type(error).__name__)
