"""Does what virtual agents' sessions have to do: one deed at a time in a conversation, many conversations at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.automation.domain.deeds import Deed
from services.automation.domain.sessions import Session

log = structlog.get_logger(__name__)

Perform = Callable[[Session, Deed], Awaitable[None]]
"""Attempts a deed and saves what came of it."""


class Runner:
    """Told of every saved session; attempts the deed that the state grants, in order, without end of its own.

    What a crash or an error cuts off is granted again when its lease (``wake_at``) is over.
    """

    def __init__(self, perform: Perform, *, at_once: int) -> None:
        self._perform = perform
        self._places = asyncio.Semaphore(at_once)
        self._latest: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    def saw(self, session: Session) -> None:
        """A session as saved by this process."""
        if session.due is None or self._stopping:
            self._latest.pop(session.id, None)
            return
        self._latest[session.id] = session
        if session.id not in self._tasks:
            self._tasks[session.id] = asyncio.create_task(self._run(session.id), name="virtual agent")

    async def stop(self, within: float) -> None:
        """Let what is under way finish, at most this many seconds."""
        self._stopping = True
        self._latest.clear()
        tasks = list(self._tasks.values())
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=within)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _run(self, id: str) -> None:
        """Until no state grants an attempt; the check and the end are one step, so no state is overlooked."""
        before: tuple[str, int] | None = None
        try:
            while (session := self._latest.pop(id, None)) is not None and (deed := session.due) is not None:
                if (deed.id, session.attempts) == before:
                    continue  # the same state heard of twice while it was attempted
                before = deed.id, session.attempts
                async with self._places:
                    await self._perform(session, deed)
        except Exception:
            log.exception("virtual_agent.deed_failed")  # the lease grants it again
        finally:
            del self._tasks[id]
        if (newer := self._latest.get(id)) is not None:
            self.saw(newer)
