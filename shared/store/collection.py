"""One collection: every round trip counted, every error in our words, every order of writes durable."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

from shared.store.failures import StoreAway, in_our_words, refusal
from shared.store.indexes import Index
from shared.store.metrics import StoreMetrics

REDECLARED = (85, 86)
"""MongoDB's codes for an index of that name with other options, or other keys."""

Document: TypeAlias = dict[str, Any]
Write: TypeAlias = InsertOne[Mapping[str, Any]] | UpdateOne


class Collection:
    """The few operations that behave the same on MongoDB and on the embedded server."""

    def __init__(self, driver: AsyncIOMotorCollection, service: str, metrics: StoreMetrics) -> None:
        self.name = driver.name
        self._driver = driver
        self._count = {
            op: metrics.operations.labels(service, self.name, op)
            for op in ("find", "count", "aggregate", "bulk", "update", "replace", "delete", "index")
        }
        self._documents = metrics.documents.labels(service, self.name)
        self._flush = metrics.flush.labels(service, self.name)

    async def make_indexes(self, indexes: Sequence[Index]) -> None:
        """Make those that are missing; one that a release declares otherwise than before is made anew."""
        if not indexes:
            return
        self._count["index"].inc()
        with in_our_words():
            try:
                await self._driver.create_indexes([_model(index) for index in indexes])
            except OperationFailure as error:
                if error.code not in REDECLARED:
                    raise
                await self._drop_redeclared(indexes)
                await self._driver.create_indexes([_model(index) for index in indexes])

    async def _drop_redeclared(self, indexes: Sequence[Index]) -> None:
        known = await self._driver.index_information()
        for index in indexes:
            found = known.get(index.name)
            if found is not None and _shape(found) != (tuple(index.keys), index.unique, index.sparse):
                await self._driver.drop_index(index.name)

    async def find(
        self,
        filter: Mapping[str, Any],
        *,
        fields: Mapping[str, Any] | None = None,
        order: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """At most ``limit`` documents (0: all), in one round trip where the answer is moderate."""
        plain, logical = _split(filter)
        if plain and logical:
            stages: list[Mapping[str, Any]] = [{"$match": plain}, {"$match": logical}]
            stages += [{"$sort": dict(order)}] if order else []
            stages += [{"$limit": limit}] if limit else []
            stages += [{"$project": dict(fields)}] if fields else []
            return await self.aggregate(stages)
        self._count["find"].inc()
        cursor = self._driver.find(dict(filter), dict(fields) if fields else None, limit=limit)
        if order:
            cursor = cursor.sort(list(order))
        with in_our_words():
            return [cast(Document, document) for document in await cursor.to_list(None)]

    async def count(self, filter: Mapping[str, Any], limit: int = 0) -> int:
        """How many match, counted up to ``limit`` (0: all)."""
        plain, logical = _split(filter)
        if plain and logical:
            stages: list[Mapping[str, Any]] = [{"$match": plain}, {"$match": logical}]
            stages += [{"$limit": limit}] if limit else []
            found = await self.aggregate([*stages, {"$count": "n"}])
            return int(found[0]["n"]) if found else 0
        self._count["count"].inc()
        with in_our_words():
            options: dict[str, Any] = {"limit": limit} if limit else {}
            return await self._driver.count_documents(dict(filter), **options)

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """The answer of a pipeline."""
        self._count["aggregate"].inc()
        with in_our_words():
            found = await self._driver.aggregate(list(pipeline)).to_list(None)
        return [cast(Document, document) for document in found]

    async def bulk(self, writes: Sequence[Write]) -> dict[int, Exception]:
        """Unordered; what was refused, by position. ``StoreAway``: nobody knows which of them happened."""
        self._count["bulk"].inc()
        self._documents.inc(len(writes))
        began = time.perf_counter()
        try:
            with in_our_words():
                await self._driver.bulk_write(list(writes), ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            if details.get("writeConcernErrors"):
                raise StoreAway("the database has not confirmed the writes") from error
            return {problem["index"]: refusal(problem) for problem in details.get("writeErrors", ())}
        finally:
            self._flush.observe(time.perf_counter() - began)
        return {}

    async def update(self, filter: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False) -> int:
        """Update the one that matches; 1 when it did (or was made)."""
        self._count["update"].inc()
        with in_our_words():
            result = await self._driver.update_one(dict(filter), dict(change), upsert=upsert)
        return result.matched_count + (1 if result.upserted_id is not None else 0)

    async def update_many(
        self, filter: Mapping[str, Any], change: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> int:
        """Update all that match, by operators or by a pipeline; how many did.

        One transaction on the embedded server, where each update of a bulk is one of its own.
        """
        self._count["update"].inc()
        stages = dict(change) if isinstance(change, Mapping) else list(change)
        with in_our_words():
            return (await self._driver.update_many(dict(filter), stages)).matched_count

    async def replace(self, filter: Mapping[str, Any], document: Mapping[str, Any]) -> int:
        """Replace the one that matches, or make it; ``LostRace`` when its id is there but does not match."""
        self._count["replace"].inc()
        with in_our_words():
            result = await self._driver.replace_one(dict(filter), document, upsert=True)
        return result.matched_count + (1 if result.upserted_id is not None else 0)

    async def delete(self, filter: Mapping[str, Any]) -> int:
        """Delete all that match; how many did."""
        self._count["delete"].inc()
        with in_our_words():
            return (await self._driver.delete_many(dict(filter))).deleted_count


def _split(filter: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Conditions on paths, and the rest (``$or``, ``$and``).

    The embedded server uses no index for a query that has any of the rest, but it does for the first of two
    stages. MongoDB makes one of the two again.
    """
    plain = {path: condition for path, condition in filter.items() if not path.startswith("$")}
    return plain, {path: condition for path, condition in filter.items() if path.startswith("$")}


def _shape(found: Mapping[str, Any]) -> tuple[tuple[tuple[str, int], ...], bool, bool]:
    """Keys, unique and sparse of an index as the server describes it."""
    keys = tuple((str(path), int(direction)) for path, direction in found["key"])
    return keys, bool(found.get("unique")), bool(found.get("sparse"))


def _model(index: Index) -> IndexModel:
    options = {key: True for key in ("unique", "sparse") if getattr(index, key)}
    return IndexModel(list(index.keys), name=index.name, **options)
