"""Settings objects as their owner stores them: sealed, versioned, told apart by what only one of a kind may claim."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import Actor, Contract, Instant, Meta
from shared.contracts.resources import ResourceChanged, Stored
from shared.contracts.settings import ResourceModel
from shared.errors import Conflict, NotFound, Unprocessable
from shared.field_errors import field_errors
from shared.resources.declaration import Declaration
from shared.resources.secret_fields import opened, public, sealed, set_secrets
from shared.secrets import Vault
from shared.store import ASCENDING, Aggregates, Database, Decide, Index, Outcome

log = structlog.get_logger(__name__)


class SettingsObject(Contract):
    """A settings object as its owner stores it; secrets in ``value`` are sealed."""

    id: str
    version: int = 0
    kind: str
    object: str
    value: dict[str, Any]
    created_at: Instant
    changed_at: Instant
    changed_by: Actor
    deleted: bool = False


class Objects:
    """The settings objects of one service in its database, by kind and id, and the forms in which they are shown."""

    def __init__(
        self,
        database: Database,
        declarations: Sequence[Declaration[Any]],
        *,
        publish: Publish,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._declarations: Mapping[str, Declaration[Any]] = {d.model.kind: d for d in declarations}
        self._vault = vault
        self._clock = clock
        self._aggregates = Aggregates(
            database,
            "settings",
            SettingsObject,
            publish=publish,
            clock=clock,
            trail=True,
            indexes=(Index("claims", (("derived.claims", ASCENDING),), unique=True, sparse=True),),
            document=self._derived,
        )

    async def start(self) -> None:
        """Make the indexes; publish what was left unsent."""
        await self._aggregates.start()

    async def stop(self) -> None:
        """Let go of what is unsent."""
        await self._aggregates.stop()

    def declaration(self, kind: str) -> Declaration[Any]:
        """The rules of a kind; NotFound (404) when there is no such kind."""
        if kind not in self._declarations:
            raise NotFound(f"There are no settings called {kind}.")
        return self._declarations[kind]

    async def load(self, kind: str, id: str) -> SettingsObject | None:
        """The object, deleted or not; None when there never was one."""
        return await self._aggregates.get(_aggregate(kind, id))

    async def load_many(self, kind: str, ids: Sequence[str]) -> list[SettingsObject]:
        """Those that there are, in this order."""
        wanted = [_aggregate(kind, id) for id in ids]
        found = await self._aggregates.get_many(wanted)
        return [found[id] for id in wanted if id in found]

    async def every(self) -> AsyncIterator[SettingsObject]:
        """All of them, deleted ones too."""
        after: str | None = None
        while True:
            page = await self._aggregates.page({}, order=(("_id", ASCENDING),), after=after, limit=500)
            for state in page.items:
                yield state
            after = page.next
            if after is None:
                return

    async def change(self, kind: str, id: str, cause: Meta, decide: Decide[SettingsObject]) -> Outcome[SettingsObject]:
        """Decide and save; Conflict (409) when another live object holds what it claims."""
        return await self._aggregates.change(_aggregate(kind, id), cause, decide)

    def fresh(self, kind: str, id: str, model: ResourceModel, by: Actor) -> SettingsObject:
        """The object as it would be stored now, secrets sealed."""
        now = self._clock.now()
        value = sealed(model, self._vault)
        return SettingsObject(
            id=_aggregate(kind, id), kind=kind, object=id, value=value, created_at=now, changed_at=now, changed_by=by
        )

    def validated(self, declaration: Declaration[Any], value: Mapping[str, Any]) -> ResourceModel:
        """The model of a value given by a caller; Unprocessable (422) with the field and what is wrong."""
        try:
            model: ResourceModel = declaration.model.model_validate(value)
        except ValidationError as error:
            problems = field_errors(error)
            first = problems[0]
            raise Unprocessable(f"{first['field']}: {first['message']}", errors=problems) from error
        return model

    def model(self, state: SettingsObject) -> ResourceModel:
        """The stored value, secrets opened."""
        model: ResourceModel = self._declarations[state.kind].model.model_validate(opened(state.value, self._vault))
        return model

    def readable(self, state: SettingsObject) -> ResourceModel | None:
        """As ``model``; None, and a line in the log, for what cannot be read any more."""
        try:
            return self.model(state)
        except ValueError as error:
            log.error("settings.unreadable", kind=state.kind, id=state.object, error=type(error).__name__)
            return None

    def shown(self, state: SettingsObject) -> Stored:
        """The object as the API gives it: without secrets, in today's form."""
        return Stored(
            id=state.object,
            kind=state.kind,
            version=state.version,
            value=public(self._today(state)),
            created_at=state.created_at,
            changed_at=state.changed_at,
            changed_by=state.changed_by,
            deleted=state.deleted,
            secrets=tuple(set_secrets(state.value)),
        )

    def changed(self, before: SettingsObject | None, after: SettingsObject) -> ResourceChanged:
        """What is said of a change."""
        return ResourceChanged(
            stored=self.shown(after),
            before=public(before.value) if before is not None and not before.deleted else None,
            after=None if after.deleted else public(after.value),
        )

    async def taken(self, declaration: Declaration[Any], id: str, model: ResourceModel) -> Conflict:
        """The refusal of a claim that another live object holds, naming both."""
        aggregate = _aggregate(declaration.model.kind, id)
        wanted = _claims(declaration, model)
        for holder in await self._aggregates.find({"derived.claims": {"$in": wanted}}, limit=5):
            if holder.id != aggregate:
                return self._refusal(declaration, wanted, holder)
        return Conflict("Something that only one may have is taken. Read again and repeat your change.")

    def _refusal(self, declaration: Declaration[Any], wanted: Sequence[str], holder: SettingsObject) -> Conflict:
        former = self.model(holder)
        theirs = _claims(self.declaration(holder.kind), former)
        held = {claim.partition("/")[2] for claim in set(wanted) & set(theirs)}
        claim = min(held, default="")
        movable = holder.kind == declaration.model.kind and declaration.yields(former, held) is not None
        name = str(holder.value.get("name", holder.object))
        what = "this name" if claim.startswith("name:") else claim
        return Conflict(
            declaration.taken(claim, name) or f"“{name}” has {what} already, and only one may.",
            conflict={"id": holder.object, "kind": holder.kind, "name": name, "claim": claim, "movable": movable},
        )

    def _derived(self, state: SettingsObject) -> Mapping[str, Any]:
        declaration = self._declarations.get(state.kind)
        claims = [] if declaration is None or state.deleted else _claims(declaration, self.model(state))
        return {"claims": claims} if claims else {}

    def _today(self, state: SettingsObject) -> dict[str, Any]:
        declaration = self._declarations.get(state.kind)
        return state.value if declaration is None else declaration.upgrade(state.value)


def _claims(declaration: Declaration[Any], model: ResourceModel) -> list[str]:
    family = declaration.family or declaration.model.kind
    return [f"{family}/{claim}" for claim in declaration.claims(model)]


def _aggregate(kind: str, id: str) -> str:
    return f"{kind}/{id}"
