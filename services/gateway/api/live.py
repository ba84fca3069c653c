"""Live updates over server-sent events (UI-07)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.gateway.api.answers import errors
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Gate, Me, Principal, cookie_token, documented
from services.gateway.live import END, Push, Stream, push
from shared.errors import InvalidInput
from shared.http import CleanRoute

router = APIRouter(prefix="/api", tags=["live"], route_class=CleanRoute, dependencies=documented)

SLACK = timedelta(seconds=30)
"""What a page may have missed besides: clocks of processes differ, and writes under way land late."""
MOST_IDS = 200


def resume_from(
    since: Annotated[str | None, Query(max_length=20, description="Resume point: the last event's id")] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
) -> datetime | None:
    """The instant to resume from, with some slack; None for a page that begins."""
    text = last_event_id or since
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 14:
        raise InvalidInput("`since` must be the id of an event of this stream, or the `as_of` of a list.")
    return datetime.fromtimestamp(int(text) / 1000, UTC) - SLACK


def on_screen(
    ids: Annotated[str, Query(max_length=16_000, description="Conversations on screen, by commas")] = "",
) -> list[str]:
    """The conversations that the page shows."""
    found = list(dict.fromkeys(id for id in ids.split(",") if id))
    if len(found) > MOST_IDS or any(len(id) > 64 for id in found):
        raise InvalidInput(f"`ids` must be at most {MOST_IDS} conversations, separated by commas.")
    return found


@router.get("/live", response_class=EventSourceResponse, responses=errors())
async def live(
    request: Request,
    principal: Me,
    parts: PartsOf,
    since: Annotated[datetime | None, Depends(resume_from)],
    shown: Annotated[list[str], Depends(on_screen)],
) -> AsyncIterator[ServerSentEvent]:
    """Rows, counts, colleagues, hints, notifications and settings as they change.

    `row`, `gone`, `counts`, `agent`, `hint`, `notification`, `settings`, `timeline`; after `resync` read everything
    again. A page that comes back sends the last id and what it has on screen, and gets all that it missed.
    """
    stream = _stream(request, parts, principal)
    parts.hub.open(stream)
    try:
        now = push("hello", {}, parts.clock.now())
        yield _event(now)
        for item in await parts.hub.resume(stream, since, shown):
            yield _event(item)
        while (item := await stream.queue.get()) is not END:
            yield _event(item)
    finally:
        parts.hub.close(stream)


def _stream(request: Request, parts: Parts, principal: Principal) -> Stream:
    if principal.key is not None:
        access, key = principal.access, principal.key.id
        return Stream(access, lambda: access, key, still_open=lambda: parts.accounts.has_key(key))
    session = principal.person()
    user, token = session.user, cookie_token(request)
    gate: Gate = request.app.state.gate

    async def still_open() -> bool:
        found = await gate.peek(parts, token) if token else None
        return found is not None

    return Stream(
        principal.access,
        current=lambda: parts.people.access(user),
        user=user,
        session=session.id,
        lease=session.lease,
        still_open=still_open,
    )


def _event(item: Push) -> ServerSentEvent:
    return ServerSentEvent(event=item.event, raw_data=item.data, id=item.id)
