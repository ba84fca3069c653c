"""What you should know (AG-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.gateway.api.acts import Id
from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.conversations import Cursor
from services.gateway.api.models import NotificationsView
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Me, documented
from services.gateway.records import Notification
from services.gateway.rows import Rows
from shared.contracts.live import PersonNotified
from shared.http import CleanRoute
from shared.store import Row

router = APIRouter(prefix="/api/notifications", tags=["notifications"], route_class=CleanRoute, dependencies=documented)


class ReadBody(BaseModel):
    """Which to mark as read: these, or all."""

    ids: list[Id] = Field(default=[], max_length=500)
    all: bool = False


async def shown(rows: Rows, items: list[Notification]) -> list[dict[str, Any]]:
    """Notifications as the API gives them, with the contacts' names as they are now."""
    conversations = {item.conversation for item in items if item.conversation}
    return described(rows, items, await rows.get_many(conversations) if conversations else {})


def described(rows: Rows, items: Sequence[Notification], found: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Notifications as the API gives them; ``found`` are the rows of their conversations that there are."""
    names = {id: rows.shown(row)["contact_name"] for id, row in found.items()}
    return [
        {
            **item.model_dump(mode="json", exclude={"user", "withdrawn", "clock"}),
            "contact_name": names.get(item.conversation, ""),
        }
        for item in items
    ]


@router.get("", responses={200: {"model": NotificationsView}, **errors()}, response_model=None)
async def notifications(
    principal: Me, parts: PartsOf, after: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> Response:
    """Yours, newest first."""
    user = principal.person().user
    page = await parts.notifications.page(user, after, limit)
    unread = await parts.notifications.unread(user)
    return answer({"items": await shown(parts.rows, list(page.items)), "next": page.next, "unread": unread})


@router.post("/read", status_code=204, responses=errors())
async def read(body: ReadBody, principal: Me, parts: PartsOf) -> Response:
    """Mark as read."""
    user = principal.person().user
    await parts.notifications.read(user, None if body.all else body.ids)
    await parts.broadcast(PersonNotified(user=user))
    return nothing()
