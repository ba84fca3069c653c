"""Plain collections: frozen models by id, insert-once, compare-and-set, keyset pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel
from pymongo import InsertOne

from shared.store.client import Database
from shared.store.collection import Document
from shared.store.documents import Form, Upgrade, encoded
from shared.store.failures import LostRace, Taken
from shared.store.group import GroupCommit
from shared.store.indexes import Index
from shared.store.queries import Filter, Queries

M = TypeVar("M", bound=BaseModel)

SCHEMA = "schema"
GATHER_SECONDS = 0.03
"""How long ``insert_among`` waits for company."""


class Repository(Queries[M]):
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
        super().__init__(database.collection(name))
        if SCHEMA in model.model_fields:
            raise ValueError(f"{model.__name__}: a field cannot be named {SCHEMA}")
        self._form = Form(model, schema, upgrades)
        self._indexes = indexes
        self._inserts = GroupCommit(self._collection, database.metrics, database.service, wait=GATHER_SECONDS)

    async def start(self) -> None:
        """Make the indexes."""
        await self._collection.make_indexes(self._indexes)

    async def insert(self, item: M) -> bool:
        """Insert once: False when the id was there (it stays as it was).

        Conflict when another unique index refuses. After a silence of the database it may be there already, by
        us: ask for the same id again, and False means that it is.
        """
        return bool(await self.insert_many([item]))

    async def insert_many(self, items: Iterable[M]) -> frozenset[str]:
        """Insert once each, in one round trip; the ids that were new. Conflict as ``insert``, after the others."""
        inserts = self._insertions(items)
        if not inserts:
            return frozenset()
        return await self._new(list(inserts), await self._collection.bulk(list(inserts.values())))

    async def insert_among(self, items: Iterable[M]) -> frozenset[str]:
        """As ``insert_many``, but in one bulk with what others insert a moment later: where nobody waits for it."""
        inserts = self._insertions(items)
        writing = [self._inserts.write(insert) for insert in inserts.values()]
        answers = await asyncio.gather(*writing, return_exceptions=True)
        refused = {position: answer for position, answer in enumerate(answers) if answer is not None}
        return await self._new(list(inserts), refused)

    def _insertions(self, items: Iterable[M]) -> dict[str, InsertOne[Mapping[str, Any]]]:
        return {str(getattr(item, "id")): InsertOne(self._stored(item)) for item in items}  # noqa: B009 - with an id

    async def _new(self, ids: Sequence[str], refused: Mapping[int, BaseException]) -> frozenset[str]:
        """The ids that were inserted; raises what was refused for another reason than that its id was there."""
        taken = [ids[position] for position, problem in refused.items() if isinstance(problem, Taken)]
        # The embedded server may name another index than the id's.
        there = set(await self._ids(taken)) if taken else set()
        for position, problem in refused.items():
            if not isinstance(problem, LostRace) and ids[position] not in there:
                raise problem
        return frozenset(id for position, id in enumerate(ids) if position not in refused)

    async def compare_and_set(self, item: M, version: int) -> bool:
        """Replace the document that is at ``version`` (0: none is there yet); ``item.version`` must differ.

        False when it is at another version: read again. Conflict when another unique index refuses. After a
        silence of the database (``RetryLater``) it may have happened: read again.
        """
        id, new = str(getattr(item, "id")), int(getattr(item, "version"))  # noqa: B009 - models with id and version
        if new == version:
            raise ValueError(f"version {version} cannot follow itself")
        try:
            replaced = await self._collection.replace({"_id": id, "version": version}, self._stored(item))
        except LostRace:
            return False
        except Taken:
            current = await self._collection.find({"_id": id}, fields={"version": 1}, limit=1)
            if current and current[0].get("version") != version:
                return False  # the embedded server may name another index than the id's
            raise
        return replaced > 0

    async def put(self, item: M) -> None:
        """Write whatever is there (leases, preferences: the last one wins)."""
        id = str(getattr(item, "id"))  # noqa: B009 - models with an id
        await self._collection.replace({"_id": id}, self._stored(item))

    async def set(self, filter: Filter, fields: Mapping[str, Any], *, unset: Sequence[str] = ()) -> int:
        """Set fields of every document that matches; how many matched."""
        change: dict[str, Any] = {}
        if fields:
            change["$set"] = encoded(fields)
        if unset:
            change["$unset"] = dict.fromkeys(unset, "")
        return await self._collection.update_many(filter, change)

    async def delete(self, id: str, *, version: int | None = None) -> bool:
        """Whether it was there (at ``version``, when given) and is gone."""
        at = {"version": version} if version is not None else {}
        return await self._collection.delete({"_id": id, **at}) > 0

    async def delete_many(self, filter: Filter) -> int:
        """How many are gone."""
        return await self._collection.delete(filter)

    async def _ids(self, ids: Sequence[str]) -> list[str]:
        return [each["_id"] for each in await self._collection.find({"_id": {"$in": list(ids)}}, fields={"_id": 1})]

    def _stored(self, item: M) -> RawBSONDocument:
        fields = item.model_dump()
        return encoded({"_id": fields.pop("id"), **fields, SCHEMA: self._form.schema})

    def _read(self, document: Document) -> M:
        fields = {name: value for name, value in document.items() if name not in ("_id", SCHEMA)}
        return self._form.read({"id": document["_id"], **fields}, document.get(SCHEMA))
