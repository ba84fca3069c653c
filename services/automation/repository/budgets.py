"""Budgets of conversations: one small document each, while something acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.automation.domain.budget import Budget, spend
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Event, Meta
from shared.contracts.conversations import AutomationHalted
from shared.contracts.notices import AdminNotice, NoticeKind
from shared.ids import derived
from shared.store import Aggregates, Database, Decision

REMEMBERED = 4000
"""Budgets known as last written: spending again from one of them reads nothing."""


class StoredBudgets(Aggregates[Budget]):
    """Budgets by conversation. ``limit`` gives the runs an hour as of now."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock, limit: Callable[[], int]) -> None:
        super().__init__(database, "budgets", Budget, publish=publish, clock=clock, trail=False, cache=REMEMBERED)
        self._limit = limit
        self._now = clock.now

    async def spend(self, conversation: str, runs: Iterable[str], cause: Meta) -> frozenset[str]:
        """As ``domain.budget.Budgets`` says. The trail and the admins are told when it is spent.

        One write and no read: from what was last written here, else as if nothing was spent yet. Only a write that
        finds it otherwise (another process, a restart) reads.
        """
        wanted = tuple(runs)
        if not wanted:
            return frozenset()
        found: frozenset[str] = frozenset()

        def decide(current: Budget | None) -> Decision[Budget] | None:
            nonlocal found
            before = current or Budget(id=conversation)
            after, found = spend(before, wanted, self._now(), self._limit())
            if after == before:
                return None
            halted = after.halted_until is not None and after.halted_until != before.halted_until
            return Decision(after, says=self._halted(after) if halted else (), actor=SYSTEM)

        # The runs name the change, not the delivery: several parts may spend for one event.
        named = cause.model_copy(update={"event_id": derived("spend", cause.event_id, conversation, *wanted)})
        outcome = await self.change(conversation, named, decide, likely_new=True)
        if outcome.repeated and outcome.state is not None:
            found = frozenset(wanted) & {one.id for one in outcome.state.spent}
        return found

    def _halted(self, budget: Budget) -> tuple[Event, ...]:
        now, limit = self._now(), self._limit()
        if budget.halted_until is None:
            return ()
        return (
            AutomationHalted(conversation=budget.id, at=now, until=budget.halted_until, limit=limit),
            AdminNotice(
                notice=NoticeKind.AUTOMATION_STOPPED,
                at=now,
                reason=f"Rules and virtual agents acted {limit} times within an hour. They go on in an hour.",
                conversation=budget.id,
            ),
        )
