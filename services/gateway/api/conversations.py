"""Reading conversations: lists, counts, one conversation whole, its timeline, trail and files."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from starlette.responses import StreamingResponse

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.models import ConversationView, CountsView, RowPage, TimelineView, TrailView
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, Principal, documented, unseen
from services.gateway.domain.access import Action
from services.gateway.domain.listing import Sort, Wanted
from services.gateway.domain.row import placed
from services.gateway.live import resume_point
from shared.contracts.base import Command, Contract
from shared.contracts.clocks import ReadClocks
from shared.contracts.contacts import ReadContact
from shared.contracts.conversation_commands import ReadConversation, ReadTrail
from shared.contracts.files import AttachmentChunk, ReadAttachment
from shared.contracts.messages import ReadTimeline
from shared.contracts.words import Status, Substatus, Visibility
from shared.errors import NotFound, RetryLater, TimedOut
from shared.http import CleanRoute
from shared.store import Row

R = TypeVar("R", bound=Contract)

router = APIRouter(prefix="/api/conversations", tags=["conversations"], route_class=CleanRoute, dependencies=documented)

ConversationId = Annotated[str, Path(max_length=64)]
Filter = Annotated[str | None, Query(max_length=128)]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the former page")]

SIDE_SECONDS = 2.0
"""How long a conversation waits for what it can be shown without."""
_SHOWN_RIGHTS = (
    Action.REPLY,
    Action.NOTE,
    Action.TRIAGE,
    Action.ARRANGE,
    Action.ASSIGN,
    Action.MASK,
    Action.EDIT_CONTACT,
)


async def visible(parts: Parts, principal: Principal, id: str) -> Row:
    """The row, or the one answer for what is not there and what may not be seen (WF-02)."""
    row = await parts.rows.visible(principal.access, id)
    if row is None:
        raise unseen("conversation")
    return row


async def permitted(parts: Parts, principal: Principal, id: str, action: Action) -> Row:
    """The row, if he may do this to it; 404 when he may not even see it, else 403."""
    row = await visible(parts, principal, id)
    principal.need(action, placed(row.parts))
    return row


@router.get("", responses={200: {"model": RowPage}, **errors()}, response_model=None)
async def rows(
    principal: Me,
    parts: PartsOf,
    status: Status = Status.NEW,
    substatus: Substatus | None = None,
    channel: Filter = None,
    team: Filter = None,
    owner: Annotated[str | None, Query(max_length=128, description="`me`, `none`, or a user's id")] = None,
    topic: Filter = None,
    contact: Filter = None,
    visibility: Visibility | None = None,
    sort: Sort | None = None,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Inbox rows that you may see. New goes by priority score, then longest waiting; others newest first."""
    owners = {"me": principal.access.id, "none": ""}
    wanted = Wanted(
        status=status,
        substatus=substatus,
        channel=channel,
        team=team,
        owner=owners.get(owner, owner) if owner is not None else None,
        topic=topic,
        visibility=visibility,
        contact=contact,
        sort=sort,
    )
    as_of = resume_point(parts.clock.now())
    page = await parts.rows.page(principal.access, wanted, after, limit)
    return answer({"items": [parts.rows.shown(row) for row in page.items], "next": page.next, "as_of": as_of})


@router.get("/counts", responses={200: {"model": CountsView}, **errors()}, response_model=None)
async def counts(principal: Me, parts: PartsOf) -> Response:
    """Open conversations by status, yours, nobody's, and by channel."""
    return answer(await parts.counts.of(principal.access))


@router.get("/{id}", responses={200: {"model": ConversationView}, **errors(404)}, response_model=None)
async def conversation(id: ConversationId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """One conversation whole: row, snapshot, contact, clocks, and what you may do to it."""
    row = await visible(parts, principal, id)
    contact_id = row.parts["conversation"]["contact"]
    snapshot, contact, clocks = await asyncio.gather(
        asks.ask(ReadConversation(conversation=id)),
        _if_there(asks, ReadContact(contact=contact_id)),
        _if_there(asks, ReadClocks(conversation=id)),
    )
    place = placed(row.parts)
    missing = [name for name, found in (("contact", contact), ("clocks", clocks)) if found is None]
    machine = principal.session is None
    shown = parts.workspace.displayed(contact.contact, machine=machine) if contact is not None else None
    return answer(
        {
            "row": parts.rows.shown(row),
            "conversation": snapshot.conversation,
            "contact": shown,
            "clocks": list(clocks.clocks) if clocks is not None else [],
            "may": {str(action): principal.may(action, place) for action in _SHOWN_RIGHTS},
            "missing": missing,
        }
    )


async def _if_there(asks: Asking, command: Command[R]) -> R | None:
    try:
        return await asks.ask(command, timeout=SIDE_SECONDS)
    except (NotFound, RetryLater, TimedOut):
        return None


@router.get("/{id}/timeline", responses={200: {"model": TimelineView}, **errors(404)}, response_model=None)
async def timeline(
    id: ConversationId,
    principal: Me,
    parts: PartsOf,
    asks: Asks,
    before: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Messages and notes, newest first."""
    await visible(parts, principal, id)
    page = await asks.ask(ReadTimeline(conversation=id, before=before, limit=limit))
    return answer({"items": list(page.messages), "next": page.next})


@router.get("/{id}/trail", responses={200: {"model": TrailView}, **errors(404)}, response_model=None)
async def trail(
    id: ConversationId,
    principal: Me,
    parts: PartsOf,
    asks: Asks,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """The audit trail, oldest first (PR-01)."""
    await visible(parts, principal, id)
    page = await asks.ask(ReadTrail(conversation=id, after=after, limit=limit))
    return answer({"items": list(page.entries), "next": page.next})


@router.get(
    "/{id}/attachments/{attachment}",
    responses={200: {"content": {"application/octet-stream": {}}}, **errors(404)},
    response_model=None,
)
async def attachment(
    id: ConversationId, attachment: Annotated[str, Path(max_length=128)], principal: Me, parts: PartsOf, asks: Asks
) -> Response:
    """A file of a message, to be saved and never run in our page (CH-15)."""
    await visible(parts, principal, id)
    first = await asks.ask(ReadAttachment(conversation=id, attachment=attachment))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(first.name or 'file', safe='')}",
        "Content-Length": str(first.size),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=3600",
    }
    return StreamingResponse(_bytes(asks, id, attachment, first), media_type=_plain_type(first.type), headers=headers)


def _plain_type(type: str) -> str:
    """The type, if it is a header's; what strangers say of their files is not to be trusted further."""
    return type if type.isascii() and type.isprintable() and "/" in type else "application/octet-stream"


async def _bytes(asks: Asking, id: str, attachment: str, chunk: AttachmentChunk) -> AsyncIterator[bytes]:
    offset = 0
    while True:
        piece = base64.b64decode(chunk.data)
        yield piece
        offset += len(piece)
        if chunk.end or not piece:
            return
        chunk = await asks.ask(ReadAttachment(conversation=id, attachment=attachment, offset=offset), part=str(offset))
