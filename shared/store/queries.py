"""Reading a collection: by id, bounded, or in pages by key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from shared.store.collection import Collection, Document
from shared.store.pages import Page, beyond, both, cursor, flat, whole

T = TypeVar("T")

Filter: TypeAlias = Mapping[str, Any]
"""A MongoDB query over document paths. Never built from raw input; no ``$text``, no ``$where``.

Begin with an equality (or ``$in``) that an index begins with, and bound ranges; ``$or`` only beside such a condition,
never alone: the embedded server scans everything for it.
"""

Order: TypeAlias = Sequence[tuple[str, int]]
"""Document paths with ``ASCENDING`` or ``DESCENDING``; every key present and not null in what is asked for."""

_ABSENT = object()


class Queries(ABC, Generic[T]):
    """The reading half of aggregates, projections and repositories."""

    _left_out: ClassVar[Mapping[str, int] | None] = None

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    @abstractmethod
    def _read(self, document: Document) -> T: ...

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._collection.name

    async def get(self, id: str) -> T | None:
        """The current one, from the store; None when there is none."""
        found = await self._collection.find({"_id": id}, fields=self._left_out, limit=1)
        return self._read(found[0]) if found else None

    async def get_many(self, ids: Iterable[str]) -> dict[str, T]:
        """Those that are there, by id, in one round trip."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        found = await self._collection.find({"_id": {"$in": wanted}}, fields=self._left_out)
        return {document["_id"]: self._read(document) for document in found}

    async def find(self, filter: Filter, *, order: Order = (), limit: int) -> list[T]:
        """At most ``limit`` of those that match."""
        found = await self._collection.find(flat(filter), fields=self._left_out, order=order, limit=limit)
        return [self._read(document) for document in found]

    async def select(
        self, filter: Filter, fields: Sequence[str], *, order: Order = (), limit: int
    ) -> list[tuple[str, dict[str, Any]]]:
        """Id and the values at these document paths of at most ``limit`` (0: all) that match: where whole ones cost too
        much.

        A path that a document lacks is absent from its values.
        """
        wanted: Mapping[str, int] = {"_id": 1, **dict.fromkeys(fields, 1)}
        found = await self._collection.find(flat(filter), fields=wanted, order=order, limit=limit)
        return [(document["_id"], values_at(document, fields)) for document in found]

    async def page(self, filter: Filter, *, order: Order = (), after: str | None = None, limit: int = 50) -> Page[T]:
        """A page in ``order`` (ties by id). InvalidInput for a cursor that is not of this order."""
        order, filter = whole(order), flat(filter)
        queries = [both(filter, bound) for bound in beyond(after, order)] if after is not None else [filter]
        found: list[Document] = []
        for query in queries:
            missing = limit + 1 - len(found)
            found += await self._collection.find(query, fields=self._left_out, order=order, limit=missing)
            if len(found) > limit:
                break
        items = tuple(self._read(document) for document in found[:limit])
        return Page(items, cursor(found[limit - 1], order) if len(found) > limit else None)

    async def count(self, filter: Filter, *, limit: int = 0) -> int:
        """How many match, counted up to ``limit`` (0: all)."""
        return await self._collection.count(flat(filter), limit)


def values_at(document: Document, paths: Sequence[str]) -> dict[str, Any]:
    """The values at dotted paths, by path."""
    values: dict[str, Any] = {}
    for path in paths:
        part: Any = document
        for step in path.split("."):
            part = part.get(step, _ABSENT) if isinstance(part, dict) else _ABSENT
        if part is not _ABSENT:
            values[path] = part
    return values
