"""Does what virtual agents' sessions have to do: one deed at a time in a conversation, a few at once for each agent."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from services.automation.domain.deeds import Deed
from services.automation.domain.sessions import Session
from shared.jobs import Jobs

Perform = Callable[[Session, Deed], Awaitable[None]]
"""Attempts a deed and saves what came of it."""


class Runner:
    """Told of every saved session; attempts the deed that the state grants, in order, without end of its own.

    What a crash or an error cuts off is granted again when its lease (``wake_at``) is over. ``of_one`` virtual agent so
    many are attempted at once: one whose endpoint is slow holds up no other.
    """

    def __init__(self, perform: Perform, *, of_one: int) -> None:
        self._perform = perform
        self._places: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(of_one))
        self._latest: dict[str, Session] = {}
        self._running: set[str] = set()
        self._jobs = Jobs()
        self._stopping = False

    def saw(self, session: Session) -> None:
        """A session as saved by this process."""
        if session.due is None or self._stopping:
            self._latest.pop(session.id, None)
            return
        self._latest[session.id] = session
        if session.id not in self._running:
            self._running.add(session.id)
            self._jobs.begin("virtual agent", self._run(session.id))

    async def stop(self, within: float) -> None:
        """Let the deeds under way finish, at most this many seconds; the rest is granted again by its lease."""
        self._stopping = True
        self._latest.clear()
        await self._jobs.stop(within)

    async def _run(self, id: str) -> None:
        """Until no state grants an attempt; the check and the end are one step, so no state is overlooked."""
        before: tuple[str, int] | None = None
        try:
            while (session := self._latest.pop(id, None)) is not None and (deed := session.due) is not None:
                if (deed.id, session.attempts) == before:
                    continue  # the same state heard of twice while it was attempted
                before = deed.id, session.attempts
                async with self._places[session.agent]:
                    await self._perform(session, deed)
        finally:
            self._running.discard(id)
            if (newer := self._latest.get(id)) is not None:
                self.saw(newer)
