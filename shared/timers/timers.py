"""One loop per collection that sleeps until the nearest instant it knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeAlias

from prometheus_client import CollectorRegistry

from shared.contracts.base import Meta
from shared.store.decision import Decide, Decision, Outcome, S

Wake: TypeAlias = Callable[[S, datetime], Decision[S] | None]
"""Pure: what becomes of a state whose ``wake_at`` has come. It must move ``wake_at`` (later, or to None)."""


class Clock(Protocol):
    """Tells the time: aware, UTC."""

    def now(self) -> datetime: ...


class Wakes(Protocol[S]):
    """What timers ask of aggregates."""

    @property
    def name(self) -> str: ...

    async def change(self, id: str, cause: Meta, decide: Decide[S]) -> Outcome[S]: ...

    async def due(self, until: datetime, *, after: datetime | None, limit: int) -> list[tuple[str, datetime]]: ...

    async def park(self, id: str, wake_at: datetime) -> bool: ...

    def on_saved(self, listener: Callable[[S], None]) -> None: ...


class Timers(Generic[S]):
    """Wakes the aggregates of one collection. Any number of replicas may run: each instant is handled once."""

    def __init__(self, aggregates: Wakes[S], wake: Wake[S], clock: Clock, *, metrics: CollectorRegistry) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Begin."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Let what is waking finish, then end."""
        raise NotImplementedError
