"""Aggregates: load, decide, save in one place, with events kept in the document until they are published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from shared.clock import Clock
from shared.contracts.base import Meta
from shared.store.client import Database
from shared.store.collection import Document
from shared.store.deciding import settle
from shared.store.decision import Decide, Decision, Outcome, S, Says
from shared.store.documents import EPOCH, Form, Upgrade
from shared.store.entry import Entry, TrailBody
from shared.store.failures import LostRace, StoreAway, Taken
from shared.store.group import GroupCommit, GroupRead
from shared.store.indexes import ASCENDING, Index
from shared.store.known import Known, Snapshots
from shared.store.outbox import Outbox, Publish
from shared.store.pages import Page
from shared.store.queries import Queries
from shared.store.saving import Writer, dropping
from shared.store.trail import Trail, TrailRecord, trail_body
from shared.store.turns import Parts, Turns

STOP_WITHIN = 5.0


class Aggregates(Queries[S]):
    """One collection of aggregates.

    In the store: ``{_id, version, state, causes, outbox, unsent_since, wake_at, derived, schema}``. Filters and
    indexes say ``state.status``, ``derived.claims``. ``wake_at`` is the state's own field of that name, if any.
    The outbox is a map by change, because one update cannot both push to and pull from a list.
    """

    _left_out: ClassVar[Mapping[str, int] | None] = {"causes": 0, "outbox": 0}

    def __init__(
        self,
        database: Database,
        name: str,
        model: type[S],
        *,
        publish: Publish,
        clock: Clock,
        trail: bool,
        indexes: Sequence[Index] = (),
        document: Callable[[S], Mapping[str, Any]] | None = None,
        stamp: Callable[[S, int], S] | None = None,
        trail_body: TrailBody = trail_body,
        schema: int = 1,
        upgrades: Mapping[int, Upgrade] | None = None,
        cache: int = 1000,
    ) -> None:
        """``trail`` keeps every change for good, and with it the causes older than the last 32, which are forgotten
        without it. ``document`` derives extra index fields, kept under ``derived`` (leave absent ones out, never None).

        ``stamp`` sets the version of a state that keeps it in more than its field ``version``. ``trail_body``
        says what the trail keeps of an event. ``cache`` is how many last-written snapshots are remembered.
        """
        super().__init__(database.collection(name))
        self._form = Form(model, schema, upgrades)
        self._indexes = [*indexes, *_own_indexes(model)]
        self._clock = clock
        self._stamp = stamp or _stamped
        self._listeners: list[Callable[[S], None]] = []
        self._snapshots: Snapshots[S] = Snapshots(cache)
        self._writer = Writer(self._form, document, trail=trail)
        self._trail = Trail(database, name, trail_body) if trail else None
        self._commit = GroupCommit(self._collection, database.metrics, database.service)
        intake = database.collection(name, intake=True)
        self._inserts = GroupCommit(intake, database.metrics, database.service)
        self.outbox = self._make_outbox(database, publish)
        self._turns = Turns(self._make_parts(database))

    def _make_outbox(self, database: Database, publish: Publish) -> Outbox:
        metrics, where = database.metrics, (database.service, self.name)
        return Outbox(
            self._collection,
            publish=publish,
            trail=self._trail,
            drop=self._drop,
            clock=self._clock,
            metrics=(metrics.unpublished.labels(*where), metrics.republished.labels(*where)),
        )

    def _make_parts(self, database: Database) -> Parts[S]:
        return Parts(
            form=self._form,
            reads=GroupRead(self._collection),
            commit=self._commit,
            writer=self._writer,
            outbox=self.outbox,
            trail=self._trail,
            snapshots=self._snapshots,
            stamp=self._stamp,
            clock=self._clock,
            lost=database.metrics.lost.labels(database.service, self.name),
            saved=self._tell,
        )

    async def start(self) -> None:
        """Make the indexes; begin to publish what an earlier process left unsent."""
        await self._collection.make_indexes(self._indexes)
        if self._trail is not None:
            await self._trail.start()
        self.outbox.start()

    async def stop(self) -> None:
        """Finish what is under way within a bound, and make a last pass over what is unsent."""
        await self._turns.idle(STOP_WITHIN)
        await self.outbox.stop(STOP_WITHIN)

    async def change(self, id: str, cause: Meta, decide: Decide[S], *, likely_new: bool = False) -> Outcome[S]:
        """Load, decide, save. Returns once saved; its events are published right after.

        ``decide`` gets the current state (None: there is none) and may be called again after a lost race. One
        cause changes one aggregate once: for a second change by the same event derive a cause of its own.
        ``likely_new`` spares the read where there is most probably none yet; where there is, it costs a lost race.
        Raises what ``decide`` raises, ``Conflict`` when a unique index refuses, ``RetryLater`` when the store is
        away or 100 changes of the aggregate are unsent.
        """
        return await self._turns.take(id, cause, decide, likely_new=likely_new)

    async def insert(self, state: S, cause: Meta, says: Says[S] = ()) -> bool:
        """Insert once by the state's id, without reading first: False when it was there, and nothing is said.

        Goes over connections of its own, in bulk with others that wait.
        """
        id = _id(state)
        outcome, entry = settle(Decision(state, says), id, cause, 1, self._stamp, self._clock.now())
        saved = outcome.state
        if saved is None:
            raise TypeError("an insertion without a state")
        write, known = self._writer.insert(id, saved, entry)
        try:
            await self._inserts.write(write)
        except LostRace:
            return False
        except Taken:
            if await self.count({"_id": id}, limit=1):  # the embedded server may name another index than the id's
                return False
            raise
        except StoreAway:
            return await self._after_silence(known, entry)
        self._inserted(known, entry)
        return True

    async def trail(self, id: str, *, after: str | None = None, limit: int = 200) -> Page[TrailRecord]:
        """The changes of an aggregate, oldest first, those still in its outbox included."""
        if self._trail is None:
            return Page(())
        found = await self._collection.find({"_id": id}, fields={"outbox": 1}, limit=1)
        unsent = [Entry.of(key, id, kept) for key, kept in (found[0].get("outbox", {}) if found else {}).items()]
        return await self._trail.page(id, unsent, after, limit)

    async def amend(self, ids: Iterable[str], at: int, fields: Mapping[str, Any], where: Mapping[str, Any]) -> int:
        """Set the same ``fields`` in the states of ``ids`` at version ``at`` that also have ``where``; in how many.

        Paths are the state's own (``wake_at`` may only be set to None). They become version ``at`` + 1 in one
        statement, which says nothing and remembers no cause: for what many lose alike and losing it twice is
        harmless. Who was at another version, or being changed, is left to ``change``. Nobody's ``on_saved`` is told.
        """
        free = [id for id in ids if not self._turns.busy(id)]
        if not free:
            return 0
        drops = {id: self.outbox.take_droppable(id) for id in free}
        for id in free:
            self._snapshots.forget(id)
        query = {"_id": {"$in": free}, "version": at, **{f"state.{path}": value for path, value in where.items()}}
        sets = {f"state.{path}": value for path, value in {**fields, "version": at + 1}.items()}
        change: list[dict[str, Any]] = [{"$set": {**sets, "version": at + 1}}]
        if "wake_at" in fields:
            change.append({"$unset": ["wake_at"]})
        if confirmed := set().union(*drops.values()):
            change += dropping(confirmed)
        amended = 0
        try:
            amended = await self._collection.update_many(query, change)
        finally:
            if amended < len(free):
                for id, entries in drops.items():
                    self.outbox.give_back(id, entries)
        return amended

    def on_saved(self, listener: Callable[[S], None]) -> None:
        """Call ``listener`` with every state this process saves (synchronously; it must not block or raise)."""
        self._listeners.append(listener)

    async def due(self, until: datetime, *, after: datetime | None, limit: int) -> list[tuple[str, datetime]]:
        """(id, wake_at) up to ``until``, earliest first, from ``after`` on: a bounded range of one index."""
        found = await self._collection.find(
            {"wake_at": {"$gte": after or EPOCH, "$lte": until}},
            fields={"wake_at": 1},
            order=[("wake_at", ASCENDING)],
            limit=limit,
        )
        return [(document["_id"], document["wake_at"]) for document in found]

    async def park(self, id: str, wake_at: datetime) -> bool:
        """Take it out of what is due until its next change; False when it has moved on by itself."""
        change = {"$unset": {"wake_at": ""}, "$set": {"parked_at": self._clock.now()}}
        self._snapshots.forget(id)
        return await self._collection.update({"_id": id, "wake_at": wake_at}, change) > 0

    def forget(self, id: str) -> None:
        """Read it from the store the next time: somebody else has probably changed it."""
        if not self._turns.busy(id):
            self._snapshots.forget(id)

    @property
    def queue_age(self) -> float:
        """Seconds the oldest waiting write has waited: past a bound, whoever takes in work should slow down."""
        return max(self._commit.age, self._inserts.age)

    def _read(self, document: Document) -> S:
        return self._form.read(document["state"], document.get("schema"))

    def _tell(self, state: S) -> None:
        for listener in self._listeners:
            listener(state)

    def _inserted(self, known: Known[S], entry: Entry) -> None:
        self._snapshots.put(known)
        for kept in self._writer.kept([entry]):
            self.outbox.send(kept)
        if known.state is not None:
            self._tell(known.state)

    async def _after_silence(self, known: Known[S], entry: Entry) -> bool:
        """Nobody knows whether the insertion happened: it is there by our cause, by another's, or not at all."""
        found = await self._collection.find({"_id": known.id}, fields={"causes": 1}, limit=1)
        if not found:
            raise StoreAway("the database gave no answer: try again")
        if entry.cause not in [cause["id"] for cause in found[0]["causes"]]:
            return False
        self._inserted(known, entry)
        return True

    def _drop(self, id: str, entries: set[str]) -> bool:
        if self._turns.busy(id):
            return False
        known = self._snapshots.peek(id)
        if known is not None:
            known.outbox = {entry: unsent for entry, unsent in known.outbox.items() if entry not in entries}
        return True


def _own_indexes(model: type[BaseModel]) -> list[Index]:
    unsent = Index("unsent_since", (("unsent_since", ASCENDING),), sparse=True)
    wake = Index("wake_at", (("wake_at", ASCENDING),), sparse=True)
    return [unsent, wake] if "wake_at" in model.model_fields else [unsent]


def _stamped(state: S, version: int) -> S:
    return state.model_copy(update={"version": version})


def _id(state: S) -> str:
    name: str = getattr(state, "id")  # noqa: B009 - the model is known to have it, its base is not
    return name
