"""Colleagues and their availability."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.models import AgentsView, AvailabilityView
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, Principal, documented
from services.gateway.domain.access import Action
from shared.contracts.presence import AgentState, ReadAgents, SetAvailability
from shared.contracts.words import Availability
from shared.errors import RetryLater, TimedOut, Unprocessable
from shared.http import CleanRoute

router = APIRouter(prefix="/api/agents", tags=["agents"], route_class=CleanRoute, dependencies=documented)


class AvailabilityBody(BaseModel):
    """``away_state``: the id of one of the away states, where there are any (AG-07)."""

    availability: Availability
    away_state: Annotated[str, Query(max_length=64)] | None = None


@router.get("", responses={200: {"model": AgentsView}, **errors()}, response_model=None)
async def agents(
    principal: Me,
    parts: PartsOf,
    asks: Asks,
    channel: Annotated[
        str | None, Query(max_length=128, description="Only who can be given its conversations (WF-13)")
    ] = None,
) -> Response:
    """Active users by name, with their availability."""
    try:
        states = {state.id: state for state in (await asks.ask(ReadAgents(), timeout=2.0)).agents}
    except (RetryLater, TimedOut):
        states = {}
    wanted = set(parts.people.assignable(channel)) if channel is not None else None
    items = [
        _shown(parts, principal, id, states.get(id))
        for id, user in parts.people.users().items()
        if user.active and (wanted is None or id in wanted)
    ]
    return answer({"items": sorted(items, key=lambda item: (item["name"].casefold(), item["id"]))})


def _shown(parts: Parts, principal: Principal, id: str, state: AgentState | None) -> dict[str, Any]:
    user = parts.people.user(id)
    email = user.email if user is not None and principal.may(Action.MANAGE_SETTINGS) else None
    return {"name": parts.people.name(id), "email": email, **agent_fields(id, state)}


def agent_fields(id: str, state: AgentState | None) -> dict[str, Any]:
    """An agent's availability as the API gives it; who was never heard of is offline."""
    if state is None:
        return {
            "id": id,
            "availability": str(Availability.OFFLINE),
            "away_state": None,
            "since": None,
            "open_conversations": 0,
        }
    return state.model_dump(mode="json", include={"id", "availability", "away_state", "since", "open_conversations"})


@router.put("/me/availability", responses={200: {"model": AvailabilityView}, **errors()}, response_model=None)
async def set_availability(body: AvailabilityBody, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Say that you are available, away or offline (AG-06)."""
    session = principal.person()
    away_states = parts.workspace.away_states()
    away = body.away_state if body.availability is Availability.AWAY else None
    if body.availability is Availability.AWAY and away_states and away not in away_states:
        raise Unprocessable(
            "Choose one of the away states.", errors=[{"field": "away_state", "message": "Choose one."}]
        )
    if away is not None and away not in away_states:
        raise Unprocessable("There is no such away state.", errors=[{"field": "away_state", "message": "Unknown."}])
    if body.availability is not Availability.OFFLINE:
        await parts.leases.beat(session.user, session.lease)
    command = SetAvailability(agent=session.user, availability=body.availability, away_state=away)
    state = await asks.ask(command)
    return answer({"availability": str(state.availability), "away_state": state.away_state})
