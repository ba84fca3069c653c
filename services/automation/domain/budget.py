"""The budget of a conversation: how often rules and virtual agents may act on it within an hour (AU-07). Pure.

Loops through the outside (an API client, two bots, auto-replies) are not marked as anybody's; the budget stops them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from shared.contracts.base import Contract, Instant, Meta

WINDOW = timedelta(hours=1)


class Spent(Contract):
    """A run that counts, and when."""

    id: str
    at: Instant


class Budget(Contract):
    """What was spent on a conversation within the last hour, earliest first; ``halted_until`` once it was too much."""

    id: str
    version: int = 0
    spent: tuple[Spent, ...] = ()
    halted_until: Instant | None = None


class Budgets(Protocol):
    """The budgets of all conversations."""

    async def spend(self, conversation: str, runs: Iterable[str], cause: Meta) -> frozenset[str]:
        """Count these runs (ids that follow from their cause, so that a repeat counts once) against the budget of the
        conversation; the ids that may go ahead. What may not must not be done: the trail and the admins are told."""
        ...


def spend(budget: Budget, runs: Iterable[str], now: datetime, limit: int) -> tuple[Budget, frozenset[str]]:
    """The budget after these runs, and which of them may go ahead; a run that counted before may again.

    Once it is spent nothing more goes ahead until the oldest runs are an hour old: then room is made one by one,
    but only after the whole hour of the halt.
    """
    recent = tuple(one for one in budget.spent if one.at > now - WINDOW)
    halted = budget.halted_until if budget.halted_until is not None and budget.halted_until > now else None
    known = {one.id for one in recent}
    fresh = [id for id in dict.fromkeys(runs) if id not in known]
    room = 0 if halted is not None else max(0, limit - len(recent))
    allowed = fresh[:room]
    after = budget.model_copy(
        update={
            "spent": (*recent, *(Spent(id=id, at=now) for id in allowed)),
            "halted_until": now + WINDOW if len(fresh) > room and halted is None else halted,
        }
    )
    return after, frozenset(allowed) | (known & set(runs))
