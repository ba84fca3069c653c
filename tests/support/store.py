"""Aggregates and repositories in memory, for handlers' tests. They pass the contract suite of the real ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.bus.envelope import Envelope
from shared.clock import Clock
from shared.contracts.base import Contract, Event, Meta
from shared.errors import Conflict
from shared.store import Decide, Decision, Index, Outcome, Page, Row, TrailRecord, trail_body
from shared.store.deciding import Waiting, decide_all, settle
from shared.store.decision import Says
from shared.store.documents import EPOCH, Form, decoded, encoded
from shared.store.entry import Entry
from shared.store.known import Known
from shared.store.trail import record
from tests.support.store_queries import Document, Documents

S = TypeVar("S", bound=Contract)
M = TypeVar("M", bound=BaseModel)
E = TypeVar("E", bound=Event)


class MemoryAggregates(Documents[S]):
    """``Aggregates`` without a database: every change is saved and published before ``change`` returns.

    ``published`` are the envelopes in order; ``said(EventType)`` the events of a type among them.
    """

    def __init__(
        self,
        model: type[S],
        *,
        clock: Clock,
        publish: Callable[[Envelope], Awaitable[None]] | None = None,
        name: str = "aggregates",
        indexes: Sequence[Index] = (),
        document: Callable[[S], Mapping[str, Any]] | None = None,
        stamp: Callable[[S, int], S] | None = None,
    ) -> None:
        super().__init__(name, indexes)
        self.published: list[Envelope] = []
        self._form = Form(model)
        self._clock = clock
        self._publish = publish
        self._derive = document
        self._stamp = stamp or (lambda state, version: state.model_copy(update={"version": version}))
        self._known: dict[str, Known[S]] = {}
        self._trails: dict[str, list[Entry]] = {}
        self._listeners: list[Callable[[S], None]] = []
        self.queue_age = 0.0

    async def start(self) -> None:
        """Nothing to prepare."""

    async def stop(self) -> None:
        """Nothing under way."""

    def said(self, kind: type[E]) -> list[E]:
        """The events of this type that were published, in order."""
        return [kind.model_validate_json(each.body) for each in self.published if each.meta.type == kind.type]

    async def change(self, id: str, cause: Meta, decide: Decide[S], *, likely_new: bool = False) -> Outcome[S]:
        known = self._known.get(id, Known(id))
        waiting: Waiting[S] = Waiting(cause, decide, None)  # type: ignore[arg-type]  # nobody waits here
        round = decide_all(known, [waiting], stamp=self._stamp, now=self._clock.now(), settled=lambda _: True)
        told = round.told[0]
        if isinstance(told, Exception):
            raise told
        if round.entries and told.state is not None:
            await self._save(known, told.state, round.entries[0])
        return told

    async def insert(self, state: S, cause: Meta, says: Says[S] = ()) -> bool:
        id = str(getattr(state, "id"))  # noqa: B009 - aggregates have ids
        if id in self._documents:
            return False
        outcome, entry = settle(Decision(state, says), id, cause, 1, self._stamp, self._clock.now())
        assert outcome.state is not None
        await self._save(Known(id), outcome.state, entry)
        return True

    async def trail(self, id: str, *, after: str | None = None, limit: int = 200) -> Page[TrailRecord]:
        lines = [entry.line(trail_body) for entry in self._trails.get(id, [])]
        start = int(after or 0)
        shown = tuple(record(line) for line in lines[start : start + limit])
        return Page(shown, str(start + limit) if start + limit < len(lines) else None)

    async def amend(self, ids: Iterable[str], at: int, fields: Mapping[str, Any], where: Mapping[str, Any]) -> int:
        query = {"_id": {"$in": list(ids)}, "version": at, **{f"state.{path}": one for path, one in where.items()}}
        found = self._matching(query, [])
        for document in found:
            state = decoded(encoded(document["state"]))
            for path, value in {**fields, "version": at + 1}.items():
                *outer, name = path.split(".")
                part = state
                for step in outer:
                    part = part[step]
                part[name] = value
            document = self._documents[document["_id"]]
            document |= {"version": at + 1, "state": state}
            if "wake_at" in fields:
                document.pop("wake_at", None)
            known = self._known[document["_id"]]
            self._known[document["_id"]] = Known(known.id, self._read(document), at + 1, known.causes)
        return len(found)

    def on_saved(self, listener: Callable[[S], None]) -> None:
        self._listeners.append(listener)

    async def due(self, until: datetime, *, after: datetime | None, limit: int) -> list[tuple[str, datetime]]:
        range = {"wake_at": {"$gte": after or EPOCH, "$lte": until}}
        found = self._matching(range, [("wake_at", 1)])[:limit]
        return [(each["_id"], each["wake_at"]) for each in found]

    async def park(self, id: str, wake_at: datetime) -> bool:
        document = self._documents.get(id, {})
        if document.get("wake_at") != wake_at:
            return False
        del document["wake_at"]
        return True

    def forget(self, id: str) -> None:
        """Nothing is remembered."""

    def _read(self, document: Document) -> S:
        return self._form.read(document["state"], None)

    async def _save(self, known: Known[S], state: S, entry: Entry) -> None:
        id = known.id
        document: Document = {"_id": id, "version": entry.version, "state": decoded(self._form.store(state))}
        if self._derive is not None:
            document["derived"] = decoded(encoded(self._derive(state)))
        if isinstance(wake_at := getattr(state, "wake_at", None), datetime):
            document["wake_at"] = wake_at
        self._refuse_doubles(id, document)
        self._documents[id] = document
        causes = {**known.causes, entry.cause: entry.reply}
        self._known[id] = Known(id, state=state, version=entry.version, causes=causes)
        self._trails.setdefault(id, []).append(entry)
        for each in entry.envelopes:
            self.published.append(each)
            if self._publish is not None:
                await self._publish(each)
        for listener in self._listeners:
            listener(state)


class MemoryRepository(Documents[M]):
    """``Repository`` without a database."""

    def __init__(self, model: type[M], *, name: str = "repository", indexes: Sequence[Index] = ()) -> None:
        super().__init__(name, indexes)
        self._model = model

    async def start(self) -> None:
        """Nothing to prepare."""

    async def insert(self, item: M) -> bool:
        return bool(await self.insert_many([item]))

    async def insert_among(self, items: Iterable[M]) -> frozenset[str]:
        return await self.insert_many(items)

    async def insert_many(self, items: Iterable[M]) -> frozenset[str]:
        new: set[str] = set()
        refused: Conflict | None = None
        for item in items:
            document = self._stored(item)
            if document["_id"] in self._documents:
                continue
            try:
                self._keep(document)
            except Conflict as error:
                refused = error
            else:
                new.add(document["_id"])
        if refused is not None:
            raise refused
        return frozenset(new)

    async def compare_and_set(self, item: M, version: int) -> bool:
        document = self._stored(item)
        if document["version"] == version:
            raise ValueError(f"version {version} cannot follow itself")
        there = self._documents.get(document["_id"])
        if there is not None and there["version"] != version:
            return False
        self._keep(document)
        return True

    async def put(self, item: M) -> None:
        self._keep(self._stored(item))

    async def set(self, filter: Mapping[str, Any], fields: Mapping[str, Any], *, unset: Sequence[str] = ()) -> int:
        found = self._matching(filter, ())
        for document in found:
            for path, value in decoded(encoded(fields)).items():
                _put(document, path, value)
            for path in unset:
                _drop(document, path)
            self._refuse_doubles(document["_id"], document)
        return len(found)

    async def delete(self, id: str, *, version: int | None = None) -> bool:
        there = self._documents.get(id)
        if there is None or (version is not None and there["version"] != version):
            return False
        del self._documents[id]
        return True

    async def delete_many(self, filter: Mapping[str, Any]) -> int:
        found = self._matching(filter, ())
        for document in found:
            del self._documents[document["_id"]]
        return len(found)

    def _read(self, document: Document) -> M:
        return self._model.model_validate({"id": document["_id"], **document})

    def _stored(self, item: M) -> Document:
        fields = item.model_dump()
        return decoded(encoded({"_id": fields.pop("id"), **fields}))

    def _keep(self, document: Document) -> None:
        self._refuse_doubles(document["_id"], document)
        self._documents[document["_id"]] = document


class MemoryProjection(Documents[Row]):
    """``Projection`` without a database."""

    def __init__(self, *, clock: Clock, name: str = "projection") -> None:
        super().__init__(name, ())
        self._clock = clock

    async def start(self) -> None:
        """Nothing to prepare."""

    async def stop(self) -> None:
        """Nothing waits."""

    async def project(self, id: str, source: str, version: int, fields: Mapping[str, Any]) -> bool:
        document = self._documents.setdefault(id, {"_id": id, "v": {}, "at": self._clock.now()})
        if document["v"].get(source, -1) >= version:
            return False
        document["v"][source] = version
        document[source] = decoded(encoded(fields))
        document["at"] = self._clock.now()
        return True

    async def upsert_newer(
        self, rows: Iterable[tuple[str, str, int, Mapping[str, Any]]], *, patience: float | None = None
    ) -> list[bool]:
        return [await self.project(*row) for row in rows]

    async def get_among(self, id: str) -> Row | None:
        return await self.get(id)

    async def remove(self, id: str) -> None:
        self._documents.pop(id, None)

    def _read(self, document: Document) -> Row:
        parts = {name: part for name, part in document.items() if name not in ("_id", "v", "at")}
        return Row(id=document["_id"], versions=dict(document["v"]), parts=parts, at=document["at"])


def _put(document: Document, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    document[last] = value


def _drop(document: Document, path: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        document = document.get(step, {})
    document.pop(last, None)
