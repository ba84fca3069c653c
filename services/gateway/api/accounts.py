"""API keys and set-up links. Admins only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.models import KeysView, LinkView, NewKeyView
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Gate, Manager, documented
from services.gateway.domain.access import Scope
from services.gateway.keys import make_key
from services.gateway.records import ApiKey
from services.gateway.users import make_link
from shared.contracts.live import SessionsEnded
from shared.errors import NotFound, Unprocessable
from shared.http import CleanRoute

router = APIRouter(prefix="/api", tags=["keys and invitations"], route_class=CleanRoute, dependencies=documented)


class NewKey(BaseModel):
    """What the key is for, and what it may do."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
    scopes: list[Scope] = Field(min_length=1, max_length=3)


def _shown(key: ApiKey) -> dict[str, object]:
    return key.model_dump(mode="json", exclude={"hash"})


@router.get("/keys", responses={200: {"model": KeysView}, **errors()}, response_model=None)
async def keys(_: Manager, parts: PartsOf) -> Response:
    """Every API key, without the keys themselves."""
    found = await parts.accounts.keys()
    return answer({"items": [_shown(key) for key in found], "available_scopes": [str(scope) for scope in Scope]})


@router.post("/keys", status_code=201, responses={201: {"model": NewKeyView}, **errors()}, response_model=None)
async def create_key(body: NewKey, manager: Manager, parts: PartsOf) -> Response:
    """A new API key. It is in this answer and nowhere else."""
    key, secret = make_key(body.name, body.scopes, manager.actor, parts.clock.now())
    await parts.accounts.add_key(key)
    return answer({**_shown(key), "key": secret}, 201)


@router.delete("/keys/{id}", status_code=204, responses=errors(404))
async def drop_key(id: Annotated[str, Path(max_length=64)], _: Manager, parts: PartsOf, request: Request) -> Response:
    """End a key, and what it has open. Other processes of the gateway forget it at once, or within seconds."""
    if not await parts.accounts.drop_key(id):
        raise NotFound("There is no such key.")
    gate: Gate = request.app.state.gate
    gate.keys.forget_all()
    await parts.broadcast(SessionsEnded(user=id))
    return nothing()


@router.post("/users/{id}/invite", responses={200: {"model": LinkView}, **errors(404)}, response_model=None)
async def invite(id: Annotated[str, Path(max_length=64)], _: Manager, parts: PartsOf) -> Response:
    """A new set-up link for a user; his former ones stop working (AG-04)."""
    user = parts.people.user(id)
    if user is None:
        raise NotFound("There is no such user.")
    if not user.active:
        raise Unprocessable("Activate the user first.")
    hours = parts.settings.setup_link_hours
    return answer(await make_link(parts.accounts, id, parts.public_url, parts.clock, hours))
