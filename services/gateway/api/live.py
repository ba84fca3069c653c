"""Live updates over server-sent events (UI-07)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import format_sse_event
from starlette.responses import Response

from services.gateway.api.answers import errors
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Gate, Me, Principal, cookie_token, documented
from services.gateway.live import END, Push, Stream, push
from shared.errors import InvalidInput
from shared.http import CleanRoute, EventStream

router = APIRouter(prefix="/api", tags=["live"], route_class=CleanRoute, dependencies=documented)

SLACK = timedelta(seconds=30)
"""What a page may have missed besides: clocks of processes differ, and writes under way land late."""
MOST_IDS = 200
PING_SECONDS = 15.0
"""With nothing to say for so long, a comment keeps proxies from closing the connection."""
_PING = format_sse_event(comment="ping")


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


@router.get(
    "/live",
    response_class=Response,
    response_model=None,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Until the page goes away"}, **errors()},
)
async def live(
    request: Request,
    principal: Me,
    parts: PartsOf,
    since: Annotated[datetime | None, Depends(resume_from)],
    shown: Annotated[list[str], Depends(on_screen)],
) -> EventStream:
    """Rows, counts, colleagues, hints, notifications and settings as they change.

    `row`, `gone`, `counts`, `agent`, `hint`, `notification`, `settings`, `timeline`; after `resync` read everything
    again. A page that comes back sends the last id and what it has on screen, and gets all that it missed.
    """
    return EventStream(_events(parts, _stream(request, parts, principal), since, shown))


async def _events(parts: Parts, stream: Stream, since: datetime | None, shown: list[str]) -> AsyncGenerator[bytes]:
    parts.hub.open(stream)
    try:
        yield _event(push("hello", {}, parts.clock.now()))
        for item in await parts.hub.resume(stream, since, shown):
            yield _event(item)
        while (heard := await _next(stream)) is not END:
            yield _PING if heard is None else _event(heard)
    finally:
        parts.hub.close(stream)


async def _next(stream: Stream) -> Push | None:
    """What the page is to hear next; None when it has heard nothing for a while."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            return await stream.queue.get()
    except TimeoutError:
        return None


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


def _event(item: Push) -> bytes:
    return format_sse_event(event=item.event, data_str=item.data, id=item.id)
