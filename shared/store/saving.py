"""The one write that changes an aggregate: compare-and-set of state, causes, outbox and wake-up together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic

from pymongo import InsertOne, UpdateOne

from shared.store.decision import S
from shared.store.documents import Form, encoded
from shared.store.entry import Entry
from shared.store.known import REMEMBERED_CAUSES, Known, Unsent

Derive = Callable[[S], Mapping[str, Any]]


def dropping(entries: Iterable[str]) -> list[dict[str, Any]]:
    """The pipeline that takes entries out of an outbox; one left empty is not unsent any more.

    The document decides that by itself, so another process may have added to it meanwhile.
    """
    paths = [f"outbox.{entry}" for entry in entries]
    emptied = {"$eq": [{"$ifNull": ["$outbox", {}]}, {}]}
    settle = {"$set": {"unsent_since": {"$cond": [emptied, "$$REMOVE", "$unsent_since"]}}}
    return [{"$unset": paths}, settle] if paths else [settle]


class Writer(Generic[S]):
    """Builds writes. Only the state is written whole; outbox and causes are added to, so nothing is resurrected."""

    def __init__(self, form: Form[S], derive: Derive[S] | None, *, trail: bool) -> None:
        self._form = form
        self._derive = derive
        self._trail = trail

    def kept(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that go through the outbox: what is said, and what the trail must remember."""
        return [entry for entry in entries if entry.envelopes or self._trail]

    def change(
        self, known: Known[S], state: S, entries: list[Entry], drops: Iterable[str]
    ) -> tuple[UpdateOne, Known[S]]:
        """From ``known`` to ``state``; the entries in ``drops`` leave the outbox. What is known once it is saved."""
        version = entries[-1].version
        outbox = {id: unsent for id, unsent in known.outbox.items() if id not in set(drops)}
        added = {entry.id: Unsent(entry.at, entry.reply) for entry in self.kept(entries)}
        outbox |= added
        sets, unsets = self._fields(state, version)
        sets |= {f"outbox.{entry.id}": entry.kept() for entry in self.kept(entries)}
        unsets |= {f"outbox.{id}": "" for id in drops if id not in added}
        if outbox:
            sets["unsent_since"] = min(unsent.at for unsent in outbox.values())
        else:
            unsets["unsent_since"] = ""
        if known.parked:
            unsets["parked_at"] = ""
        update: dict[str, Any] = {"$set": sets}
        if unsets:
            update["$unset"] = unsets
        update["$push"] = {"causes": {"$each": _causes(entries), "$slice": -REMEMBERED_CAUSES}}
        # Upsert also where it exists: a lost race then comes back as a duplicate id at its own place in the bulk.
        write = UpdateOne({"_id": known.id, "version": known.version}, encoded(update), upsert=True)
        return write, known.after(state, version, entries, outbox)

    def insert(self, id: str, state: S, entry: Entry) -> tuple[InsertOne[Mapping[str, Any]], Known[S]]:
        """A document that must not be there yet."""
        kept = self.kept([entry])
        document, _ = self._fields(state, entry.version)
        document |= {"_id": id, "causes": _causes([entry])}
        if kept:
            document |= {"outbox": {each.id: each.kept() for each in kept}, "unsent_since": entry.at}
        outbox = {each.id: Unsent(each.at, each.reply) for each in kept}
        return InsertOne(encoded(document)), Known[S](id).after(state, entry.version, [entry], outbox)

    def _fields(self, state: S, version: int) -> tuple[dict[str, Any], dict[str, str]]:
        sets: dict[str, Any] = {"version": version, "state": self._form.store(state), "schema": self._form.schema}
        unsets = {}
        if self._derive is not None:
            sets["derived"] = dict(self._derive(state))
        wake_at = getattr(state, "wake_at", None)
        if isinstance(wake_at, datetime):
            sets["wake_at"] = wake_at
        else:
            unsets["wake_at"] = ""
        return sets, unsets


def _causes(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [
        {"id": entry.cause, "reply": entry.reply} if entry.reply is not None else {"id": entry.cause}
        for entry in entries
    ]
