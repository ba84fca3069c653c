"""Settings objects of every kind, by their models alone (architecture, Resources). Admins only (UI-02)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Response

from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.models import KindsView
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Manager, Principal, documented
from services.gateway.users import make_link
from shared.contracts.resources import (
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    Stored,
    StoredPage,
    UpdateResource,
)
from shared.contracts.settings import RESOURCES, ResourceModel, User
from shared.errors import InvalidInput, NotFound, PreconditionRequired, StaleVersion, SwitchboardError
from shared.http import CleanRoute

router = APIRouter(prefix="/api/settings", tags=["settings"], route_class=CleanRoute, dependencies=documented)

KINDS: Mapping[str, type[ResourceModel]] = {model.kind: model for model in RESOURCES}
_VERSION = re.compile(r'(?:W/)?"?(\d{1,15})"?')

Kind = Annotated[str, Path(max_length=64, description="As GET /api/settings lists them")]
ObjectId = Annotated[str, Path(max_length=128, description="`-` for the one object of a singleton")]
Value = Annotated[dict[str, Any], Body(description="As the kind's JSON schema says; secrets left out stay as they are")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=64, description="The object's ETag")]

Move = Annotated[
    bool,
    Query(description="Take what only one may have (a channel) from the object that has it; 409 says `movable`"),
]


class ChangedMeanwhile(SwitchboardError):
    """The If-Match of a settings object is not its version any more."""

    status = 412
    code = "precondition_failed"


def _model(kind: str) -> type[ResourceModel]:
    if kind not in KINDS:
        raise NotFound(f"There are no settings called {kind}; GET /api/settings lists them.")
    return KINDS[kind]


def _title(kind: str) -> str:
    return kind.replace("-", " ").capitalize()


def expected(if_match: str | None) -> int:
    if if_match is None:
        raise PreconditionRequired("Send the version that you read as If-Match.")
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise InvalidInput("If-Match must be the ETag of the object.")
    return int(found[1])


def stored_answer(stored: Stored, status: int = 200, **more: Any) -> Response:
    value = stored.model_dump(mode="json")
    return answer({**value, **more}, status, {"ETag": f'"{stored.version}"'})


@router.get("", responses={200: {"model": KindsView}, **errors()}, response_model=None)
async def kinds(_: Manager) -> Response:
    """Every kind of settings object, with the JSON schema that its form is drawn from."""
    return answer({"kinds": [kind_view(model) for model in RESOURCES]})


def kind_view(model: type[ResourceModel]) -> dict[str, Any]:
    """What a form is drawn from."""
    return {
        "kind": model.kind,
        "title": _title(model.kind),
        "singleton": model.singleton,
        "editable": True,
        "schema": model.model_json_schema(),
    }


@router.get("/{kind}", responses={200: {"model": StoredPage}, **errors(404)}, response_model=None)
async def page(
    kind: Kind,
    _: Manager,
    asks: Asks,
    search: Annotated[str, Query(max_length=255)] = "",
    after: Annotated[str | None, Query(max_length=1024)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Objects of a kind, by name."""
    model = _model(kind)
    command = ListResources(kind=kind, search=search, after=after, limit=limit)
    return answer(await asks.ask(command, service=model.owner))


@router.post("/{kind}", status_code=201, responses={201: {"model": Stored}, **errors(404, 409)}, response_model=None)
async def create(
    kind: Kind, value: Value, manager: Manager, asks: Asks, parts: PartsOf, move: Move = False
) -> Response:
    """A new object. The answer shows the secrets made for it, this once; a new user's carries his set-up link."""
    model = _model(kind)
    command = CreateResource(kind=kind, value=_given(parts, kind, None, value), by=manager.actor, move=move)
    stored = parts.workspace.suggestions(await asks.ask(command, service=model.owner))
    if model is not User:
        return stored_answer(stored, 201)
    return stored_answer(stored, 201, invite=await _invite(parts, stored.id))


@router.get("/{kind}/{id}", responses={200: {"model": Stored}, **errors(404)}, response_model=None)
async def read(kind: Kind, id: ObjectId, _: Manager, asks: Asks) -> Response:
    """One object, with its version as ETag."""
    return stored_answer(await asks.ask(ReadResource(kind=kind, id=id), service=_model(kind).owner))


@router.put("/{kind}/{id}", responses={200: {"model": Stored}, **errors(404, 409, 412, 428)}, response_model=None)
async def replace(
    kind: Kind,
    id: ObjectId,
    value: Value,
    manager: Manager,
    asks: Asks,
    parts: PartsOf,
    if_match: IfMatch = None,
    move: Move = False,
) -> Response:
    """Replace an object. 412 with ``current`` when somebody changed it first."""
    model, version = _model(kind), expected(if_match)
    given = _given(parts, kind, id, value)
    command = UpdateResource(kind=kind, id=id, version=version, value=given, by=manager.actor, move=move)
    try:
        return stored_answer(parts.workspace.suggestions(await asks.ask(command, service=model.owner)))
    except StaleVersion as stale:
        raise ChangedMeanwhile(stale.detail, **stale.extra) from stale


@router.delete("/{kind}/{id}", status_code=204, responses=errors(404, 409, 412, 428))
async def delete(kind: Kind, id: ObjectId, manager: Manager, asks: Asks, if_match: IfMatch = None) -> Response:
    """Delete an object."""
    model, version = _model(kind), expected(if_match)
    if model.singleton:
        raise NotFound(f"The {kind} settings are always there; change them instead.")
    await _delete(asks, manager, model, id, version)
    return nothing()


async def _delete(asks: Asking, manager: Principal, model: type[ResourceModel], id: str, version: int) -> None:
    try:
        command = DeleteResource(kind=model.kind, id=id, version=version, by=manager.actor)
        await asks.ask(command, service=model.owner)
    except StaleVersion as stale:
        raise ChangedMeanwhile(stale.detail, **stale.extra) from stale


def _given(parts: Parts, kind: str, id: str | None, value: dict[str, Any]) -> dict[str, Any]:
    """What was sent, but for what only the gateway itself sets: whether a user has chosen a password (AG-04)."""
    if kind != User.kind:
        return value
    known = parts.people.user(id) if id is not None else None
    return {**value, "activated": known is not None and known.activated}


async def _invite(parts: Parts, user: str) -> dict[str, Any]:
    hours = parts.settings.setup_link_hours
    return await make_link(parts.accounts, user, parts.public_url, parts.clock, hours)
