"""Background work of csat: sends what is due and thanks for answers, one task each, a bounded number at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from services.csat.domain.invitations import Invitation, Stage, next_word

AT_ONCE = 10

Step = Callable[[Invitation], Awaitable[None]]


class Sender:
    """Told of every saved invitation; takes up those that are being opened, and those just answered."""

    def __init__(self, send: Step, thank: Step, log: FilteringBoundLogger) -> None:
        self._send = send
        self._thank = thank
        self._log = log
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def saw(self, invitation: Invitation) -> None:
        """Start what this state asks for, once. A follow-up or thank-you lost with the process is not worth
        another try."""
        if invitation.stage is Stage.OPENING:
            self._begin((invitation.id, "attempt"), self._send, invitation)
        elif invitation.stage is Stage.SENT and (word := next_word(invitation)) is not None:
            self._begin((invitation.id, word[0]), self._thank, invitation)

    async def stop(self) -> None:
        """What is under way is cancelled; its wake_at takes it up again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: tuple[str, str], step: Step, invitation: Invitation) -> None:
        if key not in self._tasks:
            task = asyncio.create_task(self._run(step, invitation), name="survey")
            self._tasks[key] = task
            task.add_done_callback(lambda _done: self._tasks.pop(key, None))

    async def _run(self, step: Step, invitation: Invitation) -> None:
        async with self._places:
            try:
                await step(invitation)
            except Exception as error:  # noqa: BLE001 - the attempt is repeated by wake_at; the log says why
                self._log.warning("survey.attempt_failed", attempt=invitation.attempt, error=type(error).__name__)
