"""Use cases of the sla service: follow conversations, wake clocks, preview schedules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from services.sla.domain import clocks as rules
from services.sla.domain.clocks import Observation
from services.sla.domain.observations import observations
from services.sla.domain.terms import Settings, Terms, terms
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.clocks import ClockSnapshot, ClocksRead, Preview, PreviewSchedule, ReadClocks
from shared.contracts.conversations import ConversationChanged
from shared.contracts.settings import ScheduleSettings
from shared.errors import NotFound, RetryLater, Unprocessable
from shared.resources import Book
from shared.schedule import Schedule, ScheduleForm, due, is_open, working_time
from shared.schedule.open_time import HORIZON
from shared.store import Decide, Decision, Outcome

PATIENCE = 4.5
"""Seconds a preview waits for another; who asks does not wait much longer, and what nobody waits for is not begun."""


class Clocks(Protocol):
    """What the handlers ask of the repository."""

    async def change(
        self, id: str, cause: Meta, decide: Decide[ClockSnapshot], *, likely_new: bool = False
    ) -> Outcome[ClockSnapshot]: ...

    async def of_conversation(self, conversation: str) -> Sequence[ClockSnapshot]: ...


class Handlers:
    """One method per use case."""

    def __init__(
        self,
        clocks: Clocks,
        schedules: Book[ScheduleSettings],
        settings: Callable[[], Settings],
        clock: Clock,
    ) -> None:
        self._clocks = clocks
        self._schedules = schedules
        self._settings = settings
        self._clock = clock
        self._previewing = asyncio.Lock()

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Every clock that the change says something about."""
        settings = self._settings()
        if not _any_target(settings):
            return
        for seen in observations(event):
            await self._observe(seen, terms(event.conversation, seen.kind, settings), meta)

    async def preview(self, command: PreviewSchedule, _meta: Meta) -> Preview:
        """sla.md 17. A schedule that never opens, or a target beyond thirty years, is refused (422)."""
        if not 0 <= command.target_seconds <= HORIZON.total_seconds():
            raise Unprocessable("Give a target of no less than nothing and at most thirty years.")
        schedule = self._named(command.schedule)
        try:  # years of a strange schedule take seconds, and clocks must not wait for them
            async with asyncio.timeout(PATIENCE):
                await self._previewing.acquire()
        except TimeoutError as error:
            raise RetryLater("Another preview is being worked out. Ask again in a moment.") from error
        try:
            return await asyncio.to_thread(_previewed, schedule, command, self._clock.now())
        finally:
            self._previewing.release()

    async def read(self, command: ReadClocks, _meta: Meta) -> ClocksRead:
        """The clocks of a conversation."""
        return ClocksRead(clocks=tuple(await self._clocks.of_conversation(command.conversation)))

    async def _observe(self, seen: Observation, found: Terms | None, meta: Meta) -> None:
        def decide(current: ClockSnapshot | None) -> Decision[ClockSnapshot] | None:
            after = rules.observe(current, seen, found, self._clock.now())
            if after is None:
                return None
            state, alarms = after
            return Decision(state, says=lambda saved: rules.changed(saved, alarms))

        id = rules.clock_id(seen.conversation, seen.episode, seen.turn)
        await self._clocks.change(id, meta, decide, likely_new=seen.begins)

    def _named(self, schedule: str | ScheduleForm | None) -> Schedule | None:
        if schedule is None:
            return None
        if isinstance(schedule, str):
            found = self._schedules.get(schedule)
            if found is None:
                raise NotFound(f"There is no schedule {schedule}.")
            return found.hours.schedule()
        return replace(schedule.schedule())  # one of its own: the days worked out for it are not kept


def _previewed(schedule: Schedule | None, command: PreviewSchedule, now: datetime) -> Preview:
    start, until = command.start, command.until
    found = due(schedule, [(start, None)], timedelta(seconds=command.target_seconds))
    return Preview(
        due_at=found.due_at,
        breach_at=found.breach_at,
        working_seconds=None if until is None else working_time(schedule, start, until).total_seconds(),
        open_now=is_open(schedule, now),
    )


def woken(clock: ClockSnapshot, now: datetime) -> Decision[ClockSnapshot] | None:
    """What timers do with a clock whose instant has come."""
    state, alarms = rules.wake(clock, now)
    if state == clock:
        return None
    return Decision(state, says=lambda saved: rules.alarmed(saved, alarms))


def _any_target(settings: Settings) -> bool:
    return bool(
        settings.policies
        or settings.workflow.agreed_response_minutes
        or any(one.target_minutes for one in settings.distributions.values())
    )
