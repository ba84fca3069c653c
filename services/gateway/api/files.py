"""Files that agents send along, and messages as their senders laid them out."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.conversations import permitted
from services.gateway.api.messages import MessageId
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Me, documented, unseen
from services.gateway.domain.access import Action
from shared.contracts.files import ReadOriginal, StoreAttachment
from shared.contracts.messages import Attachment, ReadMessage
from shared.errors import NotFound, Unprocessable
from shared.http import CleanRoute
from shared.ids import new_id
from shared.text import one_line

UPLOADS = "/api/attachments"
PIECE = 196_608
"""Bytes of a file in one message to ingest."""

STORE_SECONDS = 15.0

router = APIRouter(prefix="/api", tags=["messages"], route_class=CleanRoute, dependencies=documented)

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file's bytes, nothing around them",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_HTML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page for a frame of its own"}
}


class FileAnswer(BaseModel):
    """The file as stored; put it into a reply's ``attachments`` within a day."""

    attachment: Attachment


@router.post(
    "/attachments",
    status_code=201,
    responses={201: {"model": FileAnswer}, **errors(404)},
    response_model=None,
    openapi_extra=_BODY,
)
async def upload(
    request: Request,
    principal: Me,
    parts: PartsOf,
    asks: Asks,
    conversation: Annotated[str, Query(max_length=64, description="Where it is to be sent")],
    name: Annotated[str, Query(min_length=1, max_length=255)],
    type: Annotated[str, Query(max_length=127, pattern=r"^[a-z]+/[a-z0-9.+-]+$")] = "application/octet-stream",
) -> Response:
    """Store a file to be sent in a conversation (CH-08). Unsent it goes after a day."""
    await permitted(parts, principal, conversation, Action.REPLY)
    file = StoreAttachment(
        conversation=conversation,
        upload=new_id(),
        name=one_line(name, 255) or "file",
        media_type=type,
        number=0,
        data="",
        by=principal.actor,
    )
    number, piece = 0, b""
    async for following in _pieces(request):
        if piece:
            await _store(asks, file, number, piece)
            number += 1
        piece = following
    if not piece:
        raise Unprocessable("The file is empty.")
    stored = await _store(asks, file, number, piece, end=True)
    return answer({"attachment": stored}, 201)


@router.get("/messages/{id}/html", responses={**_HTML, **errors(404)}, response_model=None)
async def original(
    id: MessageId,
    principal: Me,
    parts: PartsOf,
    asks: Asks,
    images: Annotated[bool, Query(description="Fetch its pictures from elsewhere, which tells the sender")] = False,
) -> Response:
    """A message as its sender laid it out, cleaned, for a frame of its own: nothing in it runs (CH-15)."""
    try:
        message = (await asks.ask(ReadMessage(message_id=id))).message
    except NotFound as error:
        raise unseen("message") from error
    if await parts.rows.visible(principal.access, message.conversation) is None:
        raise unseen("message")
    found = await asks.ask(ReadOriginal(message_id=id, images=images))
    pictures = "data: https: http:" if images else "data:"
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Blocked-Images": str(found.blocked),
        "Cache-Control": "private, no-store",
    }
    return Response(found.html.encode("utf-8", "replace"), media_type="text/html; charset=utf-8", headers=headers)


async def _store(
    asks: Asking, file: StoreAttachment, number: int, piece: bytes, *, end: bool = False
) -> Attachment | None:
    data = base64.b64encode(piece).decode()
    command = file.model_copy(update={"number": number, "data": data, "end": end})
    return (await asks.ask(command, part=str(number), timeout=STORE_SECONDS)).attachment


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of ``PIECE`` bytes, the last one shorter."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)
