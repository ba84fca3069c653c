"""What people choose for themselves: preferences of the page (PR-02, WF-30), availability at sign-in (AG-06)."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from services.gateway.api.answers import answer, errors
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Me, documented
from services.gateway.users import change_own
from shared.contracts.words import Availability
from shared.errors import Unprocessable
from shared.http import CleanRoute

router = APIRouter(prefix="/api/me", tags=["session"], route_class=CleanRoute, dependencies=documented)

MOST_BYTES = 65_536
PreferenceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class PreferencesView(BaseModel):
    """Whatever pages keep about how somebody works: filters, what is hidden."""

    values: dict[str, Any]


class PreferencesBody(BaseModel):
    """Names are the page's own; values any JSON, 64 KiB all together."""

    values: dict[PreferenceName, Any] = Field(max_length=100)


class OwnChoices(BaseModel):
    """What to change; what is absent stays."""

    default_availability: Availability | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] | None = None


class OwnChoicesView(BaseModel):
    """How it is now."""

    default_availability: Availability
    language: str


@router.get("/preferences", responses={200: {"model": PreferencesView}, **errors()}, response_model=None)
async def preferences(principal: Me, parts: PartsOf) -> Response:
    """Your preferences, the same on every device."""
    return answer({"values": await parts.preferences.of(principal.person().user)})


@router.put("/preferences", responses={200: {"model": PreferencesView}, **errors()}, response_model=None)
async def replace_preferences(body: PreferencesBody, principal: Me, parts: PartsOf) -> Response:
    """Replace all of them."""
    return answer({"values": await parts.preferences.change(principal.person().user, lambda _: _bounded(body.values))})


@router.patch("/preferences", responses={200: {"model": PreferencesView}, **errors()}, response_model=None)
async def change_preferences(body: PreferencesBody, principal: Me, parts: PartsOf) -> Response:
    """Set those that are named; null removes one."""

    def merged(former: dict[str, Any]) -> dict[str, Any]:
        return _bounded({name: value for name, value in {**former, **body.values}.items() if value is not None})

    return answer({"values": await parts.preferences.change(principal.person().user, merged)})


@router.patch("", responses={200: {"model": OwnChoicesView}, **errors()}, response_model=None)
async def change_own_choices(body: OwnChoices, principal: Me, parts: PartsOf) -> Response:
    """Your availability at sign-in (AG-06) and the language of your pages."""
    chosen = body.model_dump(mode="json", exclude_none=True)
    value = await change_own(parts.bus, principal.person().user, principal.actor, chosen, parts.clock)
    return answer({name: value[name] for name in OwnChoicesView.model_fields})


def _bounded(values: dict[str, Any]) -> dict[str, Any]:
    if len(values) > 100 or len(json.dumps(values)) > MOST_BYTES:
        raise Unprocessable("Preferences are 64 KiB at most, under 100 names.")
    return values
