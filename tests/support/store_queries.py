"""Answers, over plain documents, those of MongoDB's queries that our code asks."""

from __future__ import annotations

import functools
import operator as operators
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from shared.errors import Conflict
from shared.store import Index, Page
from shared.store.pages import beyond, both, cursor, whole

T = TypeVar("T")

Document = dict[str, Any]

COMPARISONS = {"$gt": operators.gt, "$gte": operators.ge, "$lt": operators.lt, "$lte": operators.le}


def at(document: Any, path: str) -> list[Any]:
    """The values at a dotted path; none when it is absent, several when it leads through an array."""
    head, _, rest = path.partition(".")
    if isinstance(document, list | tuple):
        return [value for part in document for value in at(part, path)]
    if not isinstance(document, Mapping) or head not in document:
        return []
    return at(document[head], rest) if rest else [document[head]]


def matches(document: Document, query: Mapping[str, Any]) -> bool:
    """Whether the document is one of those asked for."""
    for path, wanted in query.items():
        match path:
            case "$and":
                fits = all(matches(document, part) for part in wanted)
            case "$or":
                fits = any(matches(document, part) for part in wanted)
            case _:
                fits = _fits(at(document, path), wanted)
        if not fits:
            return False
    return True


def ordered(documents: Iterable[Document], order: Sequence[tuple[str, int]]) -> list[Document]:
    """Sorted by these paths."""

    def compare(a: Document, b: Document) -> int:
        for path, direction in order:
            left, right = (at(a, path) or [None])[0], (at(b, path) or [None])[0]
            if left != right:
                return direction * (-1 if _before(left, right) else 1)
        return 0

    return sorted(documents, key=functools.cmp_to_key(compare))


def _fits(values: list[Any], wanted: Any) -> bool:
    candidates = [*values, *(part for value in values if isinstance(value, list | tuple) for part in value)]
    if not isinstance(wanted, Mapping) or not any(key.startswith("$") for key in wanted):
        return wanted in candidates or (wanted is None and not values)
    return all(_operator(operator, values, candidates, operand) for operator, operand in wanted.items())


def _operator(operator: str, values: list[Any], candidates: list[Any], operand: Any) -> bool:
    match operator:
        case "$eq":
            return bool(operand in candidates)
        case "$ne":
            return bool(operand not in candidates)
        case "$in":
            return any(each in operand for each in candidates) or (None in operand and not values)
        case "$nin":
            return not any(each in operand for each in candidates)
        case "$exists":
            return bool(values) is bool(operand)
        case "$not":
            return not _fits(values, operand)
        case "$gt" | "$gte" | "$lt" | "$lte":
            return any(_compares(operator, each, operand) for each in candidates)
        case _:
            raise NotImplementedError(f"the fake store does not know {operator}")


def _compares(operator: str, value: Any, operand: Any) -> bool:
    if value is None or isinstance(value, str) != isinstance(operand, str):
        return False
    try:
        return bool(COMPARISONS[operator](value, operand))
    except TypeError:
        return False


def _before(left: Any, right: Any) -> bool:
    return right is not None and (left is None or bool(left < right))


class Documents(Generic[T]):
    """What both fakes share: documents by id, and the questions asked of them."""

    def __init__(self, name: str, indexes: Sequence[Index]) -> None:
        self.name = name
        self._indexes = indexes
        self._documents: dict[str, Document] = {}

    def _read(self, document: Document) -> T:
        raise NotImplementedError

    async def get(self, id: str) -> T | None:
        return self._read(self._documents[id]) if id in self._documents else None

    async def get_many(self, ids: Iterable[str]) -> dict[str, T]:
        return {id: self._read(self._documents[id]) for id in ids if id in self._documents}

    async def find(self, filter: Mapping[str, Any], *, order: Sequence[tuple[str, int]] = (), limit: int) -> list[T]:
        return [self._read(document) for document in self._matching(filter, order)[:limit]]

    async def page(
        self,
        filter: Mapping[str, Any],
        *,
        order: Sequence[tuple[str, int]] = (),
        after: str | None = None,
        limit: int = 50,
    ) -> Page[T]:
        order = whole(order)
        queries = [both(filter, bound) for bound in beyond(after, order)] if after is not None else [filter]
        found = [document for query in queries for document in self._matching(query, order)]
        items = tuple(self._read(document) for document in found[:limit])
        return Page(items, cursor(found[limit - 1], order) if len(found) > limit else None)

    async def count(self, filter: Mapping[str, Any], *, limit: int = 0) -> int:
        found = len(self._matching(filter, ()))
        return min(found, limit) if limit else found

    def _matching(self, filter: Mapping[str, Any], order: Sequence[tuple[str, int]]) -> list[Document]:
        return ordered((each for each in self._documents.values() if matches(each, filter)), order)

    def _refuse_doubles(self, id: str, document: Document) -> None:
        for index in self._indexes:
            mine = _keys(document, index)
            if not index.unique or not mine:
                continue
            for other, there in self._documents.items():
                if other != id and mine & _keys(there, index):
                    raise Conflict("another one has it already", keys=[path for path, _ in index.keys])


def _keys(document: Document, index: Index) -> set[tuple[Any, ...]]:
    """What a unique index keeps of a document: one key, or one for each value of an array."""
    columns = []
    for path, _ in index.keys:
        values = [part for value in at(document, path) for part in (value if isinstance(value, list) else [value])]
        columns.append(values or [None])
    if index.sparse and all(column == [None] for column in columns):
        return set()
    keys: set[tuple[Any, ...]] = {()}
    for column in columns:
        keys = {(*key, value) for key in keys for value in column}
    return keys
