"""How the channels' connections stand, and trying one before it is saved. Admins only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.principal import Manager, documented
from shared.contracts.channels import ChannelStates, ChannelTried, ReadChannelStates, TryChannel
from shared.http import CleanRoute

TRY_SECONDS = 30.0

router = APIRouter(prefix="/api/channels", tags=["settings"], route_class=CleanRoute, dependencies=documented)


class ChannelDraft(BaseModel):
    """``value`` as for saving the channel; with ``id``, secrets left out are those it has."""

    id: Annotated[str, Field(max_length=128)] | None = None
    value: dict[str, Any]


@router.get("/status", responses={200: {"model": ChannelStates}, **errors()}, response_model=None)
async def status(_: Manager, asks: Asks) -> Response:
    """How each mailbox stands: since when, what is wrong, when it is tried again."""
    return answer(await asks.ask(ReadChannelStates()))


@router.post("/try", responses={200: {"model": ChannelTried}, **errors(404)}, response_model=None)
async def attempt(body: ChannelDraft, _: Manager, asks: Asks) -> Response:
    """Connect and sign in both ways as given, nothing saved. What does not work says what to do."""
    return answer(await asks.ask(TryChannel(id=body.id, value=body.value), timeout=TRY_SECONDS))
