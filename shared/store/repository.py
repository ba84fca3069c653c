"""Plain collections: frozen models by id, insert-once, compare-and-set, keyset pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from shared.store.client import Database
from shared.store.indexes import Index
from shared.store.pages import Page

M = TypeVar("M", bound=BaseModel)

Filter: TypeAlias = Mapping[str, Any]
"""A MongoDB query over document paths. Bounded ranges; no ``$text``, no ``$where``. Never built from raw input."""

Order: TypeAlias = Sequence[tuple[str, int]]
"""Document paths with ``ASCENDING`` or ``DESCENDING``; every key present and not null in what is asked for."""

Upgrade: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class Repository(Generic[M]):
    """Models with an ``id``, stored with their fields at the top of the document (``id`` as ``_id``).

    ``compare_and_set`` needs an ``int`` field ``version``. ``schema`` is the number of the stored form;
    ``upgrades[n]`` turns form n into n + 1 when read.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        model: type[M],
        *,
        indexes: Sequence[Index] = (),
        schema: int = 1,
        upgrades: Mapping[int, Upgrade] | None = None,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Make the indexes."""
        raise NotImplementedError

    async def get(self, id: str) -> M | None:
        raise NotImplementedError

    async def get_many(self, ids: Iterable[str]) -> dict[str, M]:
        """Those that are there, by id, in one round trip."""
        raise NotImplementedError

    async def insert(self, item: M) -> bool:
        """Insert once: False when the id was there (it stays as it was). Conflict when another unique index refuses."""
        raise NotImplementedError

    async def insert_many(self, items: Iterable[M]) -> frozenset[str]:
        """Insert once each, in one round trip; the ids that were new. Conflict as ``insert``, after the others."""
        raise NotImplementedError

    async def compare_and_set(self, item: M, version: int) -> bool:
        """Replace the document that is at ``version`` (0: none is there yet); ``item.version`` must be greater.

        False when it is at another version: read again. Conflict when another unique index refuses.
        """
        raise NotImplementedError

    async def put(self, item: M) -> None:
        """Write whatever is there (leases, preferences: the last one wins)."""
        raise NotImplementedError

    async def set(self, filter: Filter, fields: Mapping[str, Any], *, unset: Sequence[str] = ()) -> int:
        """Set fields of every document that matches; how many matched."""
        raise NotImplementedError

    async def find(self, filter: Filter, *, order: Order = (), limit: int) -> list[M]:
        """At most ``limit`` of those that match."""
        raise NotImplementedError

    async def page(self, filter: Filter, *, order: Order = (), after: str | None = None, limit: int = 50) -> Page[M]:
        """A page in ``order`` (ties by id). InvalidInput for a cursor that is not of this order."""
        raise NotImplementedError

    async def count(self, filter: Filter, *, limit: int = 0) -> int:
        """How many match, counted up to ``limit`` (0: all)."""
        raise NotImplementedError

    async def delete(self, id: str, *, version: int | None = None) -> bool:
        """Whether it was there (at ``version``, when given) and is gone."""
        raise NotImplementedError

    async def delete_many(self, filter: Filter) -> int:
        """How many are gone."""
        raise NotImplementedError
