"""Aggregates: load, decide, save in one place, with events kept in the document until they are published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol

from shared.bus.envelope import Envelope
from shared.contracts.base import Meta
from shared.store.client import Database
from shared.store.decision import Decide, Outcome, S, Says
from shared.store.indexes import Index
from shared.store.pages import Page
from shared.store.repository import Filter, Order, Upgrade
from shared.store.trail import TrailRecord, trail_body


class Clock(Protocol):
    """Tells the time: aware, UTC."""

    def now(self) -> datetime: ...


class Aggregates(Generic[S]):
    """One collection of aggregates.

    In the store: ``{_id, version, state, causes, outbox, unsent_since, wake_at, derived, schema}``. Filters and
    indexes say ``state.status``, ``derived.claims``. ``wake_at`` is the state's own field of that name, if any.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        model: type[S],
        *,
        publish: Callable[[Envelope], Awaitable[None]],
        clock: Clock,
        trail: bool,
        indexes: Sequence[Index] = (),
        document: Callable[[S], Mapping[str, Any]] | None = None,
        stamp: Callable[[S, int], S] | None = None,
        trail_body: Callable[[str, dict[str, Any]], dict[str, Any]] = trail_body,
        schema: int = 1,
        upgrades: Mapping[int, Upgrade] | None = None,
        cache: int = 1000,
    ) -> None:
        """``document`` derives extra index fields, kept under ``derived`` (leave absent ones out, never None).

        ``stamp`` sets the version of a state that keeps it in more than its field ``version``. ``trail_body``
        says what the trail keeps of an event. ``cache`` is how many last-written snapshots are remembered.
        """
        raise NotImplementedError

    async def start(self) -> None:
        """Make the indexes; begin to publish what an earlier process left unsent."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Finish what is under way within a bound, and make a last pass over what is unsent."""
        raise NotImplementedError

    async def change(self, id: str, cause: Meta, decide: Decide[S]) -> Outcome[S]:
        """Load, decide, save. Returns once saved; its events are published right after.

        ``decide`` gets the current state (None: there is none) and may be called again after a lost race. One
        cause changes one aggregate once: for a second change by the same event derive a cause of its own.
        Raises what ``decide`` raises, ``Conflict`` when a unique index refuses, ``RetryLater`` when the store is
        away or 100 changes of the aggregate are unsent.
        """
        raise NotImplementedError

    async def insert(self, state: S, cause: Meta, says: Says[S] = ()) -> bool:
        """Insert once by ``state.id``, without reading first: False when it was there, and nothing is said.

        Goes over connections of its own, in bulk with others that wait.
        """
        raise NotImplementedError

    async def get(self, id: str) -> S | None:
        """The current state, from the store."""
        raise NotImplementedError

    async def get_many(self, ids: Iterable[str]) -> dict[str, S]:
        """Those that are there, by id, in one round trip."""
        raise NotImplementedError

    async def find(self, filter: Filter, *, order: Order = (), limit: int) -> list[S]:
        """At most ``limit`` of those that match."""
        raise NotImplementedError

    async def page(self, filter: Filter, *, order: Order = (), after: str | None = None, limit: int = 50) -> Page[S]:
        """A page in ``order`` (ties by id). InvalidInput for a cursor that is not of this order."""
        raise NotImplementedError

    async def count(self, filter: Filter, *, limit: int = 0) -> int:
        """How many match, counted up to ``limit`` (0: all)."""
        raise NotImplementedError

    async def trail(self, id: str, *, after: str | None = None, limit: int = 200) -> Page[TrailRecord]:
        """The changes of an aggregate, oldest first, those still in its outbox included."""
        raise NotImplementedError

    def on_saved(self, listener: Callable[[S], None]) -> None:
        """Call ``listener`` with every state this process saves (synchronously; it must not block or raise)."""
        raise NotImplementedError

    async def due(self, until: datetime, *, after: datetime | None, limit: int) -> list[tuple[str, datetime]]:
        """(id, wake_at) up to ``until``, earliest first, from ``after`` on: a bounded range of one index."""
        raise NotImplementedError

    async def park(self, id: str, wake_at: datetime) -> bool:
        """Take it out of what is due until its next change; False when it has moved on by itself."""
        raise NotImplementedError

    @property
    def queue_age(self) -> float:
        """Seconds the oldest waiting write has waited: past a bound, whoever takes in work should slow down."""
        raise NotImplementedError
