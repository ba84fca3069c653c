"""The admin audit log, schedule previews."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Discriminator, Field, StringConstraints, Tag

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.conversations import Cursor, Filter
from services.gateway.api.models import AdminLogView
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Me, documented
from services.gateway.domain.access import Action
from shared.contracts.base import Instant
from shared.contracts.clocks import Preview, PreviewSchedule
from shared.http import CleanRoute
from shared.schedule import ScheduleForm

router = APIRouter(prefix="/api", tags=["reports"], route_class=CleanRoute, dependencies=documented)


def _hours_or_id(value: object) -> str:
    return "hours" if isinstance(value, (dict, ScheduleForm)) else "id"


Id: TypeAlias = Annotated[Annotated[str, StringConstraints(max_length=128)] | None, Tag("id")]
Hours: TypeAlias = Annotated[ScheduleForm, Tag("hours")]


class PreviewBody(BaseModel):
    """``schedule``: an id, null for always open, or the hours themselves (sla.md 17)."""

    schedule: Annotated[Id | Hours, Discriminator(_hours_or_id)] = None
    start: Instant
    target_seconds: float = Field(ge=0, le=10 * 366 * 86400.0)
    until: Instant | None = None


@router.post("/schedules/preview", responses={200: {"model": Preview}, **errors(404)}, response_model=None)
async def preview(body: PreviewBody, _: Me, asks: Asks) -> Response:
    """When a message at ``start`` would be due. Stores nothing."""
    command = PreviewSchedule(
        schedule=body.schedule, start=body.start, target_seconds=body.target_seconds, until=body.until
    )
    return answer(await asks.ask(command))


@router.get("/admin-log", responses={200: {"model": AdminLogView}, **errors()}, response_model=None)
async def admin_log(
    principal: Me,
    parts: PartsOf,
    search: Annotated[str, Query(max_length=255, description="Words that all occur")] = "",
    user: Filter = None,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Every change of a setting: when, what, who (PR-04)."""
    principal.need(Action.READ_ADMIN_LOG)
    page = await parts.admin_log.page(search, user, after, limit)
    items = [entry.model_dump(mode="json", exclude={"words"}) for entry in page.items]
    return answer({"items": items, "next": page.next})
