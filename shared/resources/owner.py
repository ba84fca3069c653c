"""The owner's side of settings objects: the verbs, and the events that refresh the copies of others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import structlog

from shared.bus import Bus, Row, answers
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Actor, Done, Meta
from shared.contracts.resources import (
    CompareResources,
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    ResourceChanged,
    Revisions,
    Stored,
    StoredPage,
    UpdateResource,
)
from shared.contracts.settings import ResourceModel
from shared.errors import Conflict, NotFound, StaleVersion, SwitchboardError, Unprocessable
from shared.ids import derived
from shared.resources.book import Book
from shared.resources.declaration import Declaration
from shared.resources.secret_fields import keeping_secrets, secret_paths
from shared.resources.stored import Objects, SettingsObject
from shared.secrets import Vault
from shared.store import Database, Decision

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=ResourceModel)
SINGLETON = "-"
RELOAD_SECONDS = 30.0
MOST_HOLDERS = 20
"""Objects that one save may take something from."""


class ResourceOwner:
    """All kinds of settings objects of one service.

    ``book(Model)`` is the live view in memory, secrets opened: what the service itself decides by.
    """

    def __init__(
        self,
        database: Database,
        declarations: Sequence[Declaration[Any]],
        *,
        bus: Bus,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._books: Mapping[str, Book[Any]] = {d.model.kind: Book(d.model) for d in declarations}
        self._objects = Objects(database, declarations, publish=bus.publish, vault=vault, clock=clock)
        self._broadcast = bus.broadcast
        self._vault = vault
        self._clock = clock
        self._stale = asyncio.Event()
        bus.on_connect(self._stale.set)
        self._reloading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load every book, then keep them fresh."""
        await self._objects.start()
        await self.reload()
        self._reloading = asyncio.create_task(self._keep_fresh(), name="settings reload")

    async def stop(self) -> None:
        """Stop refreshing and let go of what is unsent."""
        if self._reloading is not None:
            self._reloading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reloading
        await self._objects.stop()

    def book(self, model: type[M]) -> Book[M]:
        """The live objects of a kind."""
        return self._books[model.kind]

    def verbs(self) -> Sequence[Row]:
        """What the owner answers."""
        return (
            answers(ListResources, self.page),
            answers(ReadResource, self.read),
            answers(CreateResource, self.create),
            answers(UpdateResource, self.update),
            answers(DeleteResource, self.delete),
            answers(CompareResources, self.compare),
        )

    # --- books ---------------------------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Fill the books from the store. What cannot be read any more is left out and logged."""
        marks = {kind: book.mark for kind, book in self._books.items()}
        found: dict[str, list[tuple[str, int, ResourceModel]]] = {kind: [] for kind in self._books}
        async for state in self._objects.every():
            if state.kind in found and not state.deleted and (value := self._objects.readable(state)) is not None:
                found[state.kind].append((state.object, state.version, value))
        for kind, items in found.items():
            self._books[kind].fill(items, marks[kind])

    async def on_changed(self, event: ResourceChanged, _meta: Meta) -> None:
        """Another process of this service saved something: read it again."""
        book = self._books.get(event.stored.kind)
        if book is None or book.knows(event.stored.id, event.stored.version):
            return
        state = await self._objects.load(event.stored.kind, event.stored.id)
        if state is not None:
            self._keep(state)

    def _keep(self, state: SettingsObject) -> None:
        value = None if state.deleted else self._objects.model(state)
        self._books[state.kind].put(state.object, state.version, value)

    async def _keep_fresh(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), RELOAD_SECONDS)
            self._stale.clear()
            try:
                await self.reload()
            except SwitchboardError as away:
                log.warning("settings.not_reloaded", code=away.code)

    # --- verbs ---------------------------------------------------------------------------------------------------

    async def page(self, command: ListResources, _meta: Meta) -> StoredPage:
        """A page by name. Settings are few (thousands at most), so the page is cut from what is in memory."""
        self._objects.declaration(command.kind)
        book = self._books[command.kind]
        wanted = command.search.casefold()
        named = sorted(
            (str(getattr(value, "name", "")).casefold(), id)
            for id, value in book.all().items()
            if wanted in str(getattr(value, "name", "")).casefold()
        )
        keys = [f"{name}\x1f{id}" for name, id in named]
        first = (
            0 if command.after is None else next((i for i, key in enumerate(keys) if key > command.after), len(keys))
        )
        last = first + command.limit
        states = await self._objects.load_many(command.kind, [id for _, id in named[first:last]])
        return StoredPage(
            items=tuple(self._objects.shown(state) for state in states if not state.deleted),
            next=keys[last - 1] if last < len(keys) else None,
        )

    async def read(self, command: ReadResource, _meta: Meta) -> Stored:
        """One object; a singleton nobody saved reads as its defaults at version 0."""
        declaration = self._objects.declaration(command.kind)
        state = await self._objects.load(command.kind, command.id)
        if state is not None and not state.deleted:
            return self._objects.shown(state)
        if declaration.model.singleton and command.id == SINGLETON:
            return self._objects.shown(self._objects.fresh(command.kind, SINGLETON, declaration.model(), SYSTEM))
        raise NotFound(f"There is no {command.kind} object {command.id}.")

    async def create(self, command: CreateResource, meta: Meta) -> Stored:
        """A new object, named by the command, so that asking twice creates one."""
        declaration = self._objects.declaration(command.kind)
        id = SINGLETON if declaration.model.singleton else derived("settings", command.kind, meta.event_id)
        given = self._objects.validated(declaration, command.value)
        value = declaration.prepare(given, None)
        state, saved = await self._save_moving(declaration, id, 0, value, command, meta)
        kept = self._objects.model(state)  # another than ``value`` when the command is repeated
        made = {path: str(_at(kept, path)) for path in secret_paths(kept) if _at(kept, path) and not _at(given, path)}
        return saved.model_copy(update={"revealed": made})

    async def update(self, command: UpdateResource, meta: Meta) -> Stored:
        """Replace the value at ``version``; secrets left out stay."""
        declaration = self._objects.declaration(command.kind)
        state = await self._objects.load(command.kind, command.id)
        if state is None or state.deleted:
            if not (declaration.model.singleton and command.id == SINGLETON):
                raise NotFound(f"There is no {command.kind} object {command.id}.")
            former, value = None, command.value
        else:
            former = self._objects.model(state)
            value = keeping_secrets(command.value, state.value, self._vault)
        model = declaration.prepare(self._objects.validated(declaration, value), former)
        _, saved = await self._save_moving(declaration, command.id, command.version, model, command, meta)
        return saved

    async def drafted(self, model: type[M], id: str | None, value: Mapping[str, Any]) -> M:
        """A value as it would be saved, secrets left out taken from object ``id``; 422 as saving it would say.

        Nothing is stored: for trying a setting before it is saved.
        """
        declaration = self._objects.declaration(model.kind)
        given = dict(value)
        state = await self._objects.load(model.kind, id) if id is not None else None
        if state is not None and not state.deleted:
            given = keeping_secrets(given, state.value, self._vault)
        draft = self._objects.validated(declaration, given)
        _check(declaration, id or "", draft, {})
        if not isinstance(draft, model):
            raise TypeError(f"{model.kind} is not {model.__name__}")
        return draft

    async def delete(self, command: DeleteResource, meta: Meta) -> Done:
        """Delete at ``version``. Deleting what is gone already is fine."""
        declaration = self._objects.declaration(command.kind)
        book = self._books[command.kind]
        value = book.get(command.id)
        if value is not None and (refusal := declaration.keep(command.id, value, book.all())):
            raise Unprocessable(refusal)

        def decide(current: SettingsObject | None) -> Decision[SettingsObject] | None:
            if current is None or current.deleted:
                return None
            if current.version != command.version:
                raise _stale(self._objects.shown(current))
            after = current.model_copy(
                update={"deleted": True, "changed_at": self._clock.now(), "changed_by": command.by}
            )
            return Decision(after, says=lambda saved: (self._objects.changed(current, saved),))

        outcome = await self._objects.change(command.kind, command.id, meta, decide)
        if outcome.state is not None:
            book.put(command.id, outcome.state.version, None)
            await self._broadcast(self._objects.changed(None, outcome.state))
        return Done()

    async def compare(self, _command: CompareResources, _meta: Meta) -> Revisions:
        """The revisions of all kinds, by this process's books."""
        return Revisions(revisions={kind: book.revision for kind, book in self._books.items()})

    # --- saving --------------------------------------------------------------------------------------------------

    async def _save_moving(
        self,
        declaration: Declaration[Any],
        id: str,
        version: int,
        model: ResourceModel,
        command: CreateResource | UpdateResource,
        meta: Meta,
    ) -> tuple[SettingsObject, Stored]:
        """Save; with ``move`` others first give up what this one claims. Cut short in between, nobody has it."""
        for _ in range(MOST_HOLDERS):
            try:
                return await self._save(declaration, id, version, model, command.by, meta)
            except StaleVersion:
                raise
            except Conflict as taken:
                if not command.move or not taken.extra.get("conflict", {}).get("movable"):
                    raise
                await self._give_up(declaration, taken.extra["conflict"]["id"], model, command.by, meta)
        return await self._save(declaration, id, version, model, command.by, meta)

    async def _give_up(
        self, declaration: Declaration[Any], holder: str, taker: ResourceModel, by: Actor, meta: Meta
    ) -> None:
        """One holder lets go of all that the taker claims of it, as an ordinary change in the admin's name."""
        state = await self._objects.load(declaration.model.kind, holder)
        if state is None or state.deleted:
            return
        former = self._objects.model(state)
        less = declaration.yields(former, set(declaration.claims(former)) & set(declaration.claims(taker)))
        if less is not None:
            cause = meta.model_copy(update={"event_id": derived("moved", meta.event_id, holder, state.version)})
            await self._save(declaration, holder, state.version, less, by, cause)

    async def _save(
        self, declaration: Declaration[Any], id: str, version: int, model: ResourceModel, by: Actor, meta: Meta
    ) -> tuple[SettingsObject, Stored]:
        kind = declaration.model.kind
        others = {other: value for other, value in self._books[kind].all().items() if other != id}
        _check(declaration, id, model, others)
        fresh = self._objects.fresh(kind, id, model, by)

        def decide(current: SettingsObject | None) -> Decision[SettingsObject] | None:
            alive = current is not None and not current.deleted
            if (current.version if current is not None and alive else 0) != version:
                raise _stale(self._objects.shown(current) if current is not None else None)
            after = fresh.model_copy(update={"created_at": current.created_at}) if current is not None else fresh
            return Decision(after, says=lambda saved: (self._objects.changed(current, saved),))

        try:
            outcome = await self._objects.change(kind, id, meta, decide)
        except StaleVersion:
            raise
        except Conflict as refusal:
            raise await self._objects.taken(declaration, id, model) from refusal
        state = outcome.state
        if state is None:
            raise NotFound(f"There is no {kind} object {id}.")
        self._keep(state)
        await self._broadcast(self._objects.changed(None, state))
        return state, self._objects.shown(state).model_copy(update={"warnings": tuple(declaration.warnings(model))})


def _check(declaration: Declaration[Any], id: str, model: ResourceModel, others: Mapping[str, ResourceModel]) -> None:
    """Raises Unprocessable (422) with all that is wrong."""
    if problems := declaration.check(id, model, others):
        found = [{"field": problem.field, "message": problem.message} for problem in problems]
        raise Unprocessable(problems[0].message, errors=found)


def _stale(current: Stored | None) -> StaleVersion:
    return StaleVersion(
        "Somebody changed it first: read it again and repeat your change.",
        current=current.model_dump(mode="json") if current is not None else None,
    )


def _at(model: Any, path: str) -> Any:
    for step in path.split("."):
        model = getattr(model, step, None)
    return model
