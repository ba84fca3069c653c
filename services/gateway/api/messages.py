"""Replies, notes, tags, sending again, masking."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, StringConstraints

from services.gateway.api.acts import Id
from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.conversations import ConversationId, permitted
from services.gateway.api.models import MessageAnswer
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, Principal, documented, unseen
from services.gateway.domain.access import Action, right_in
from services.gateway.domain.row import placed
from shared.contracts.acts import Tag
from shared.contracts.messages import (
    Attachment,
    EditNote,
    MaskMessage,
    MessageSnapshot,
    NoteVersions,
    ReadMessage,
    ReadNoteVersions,
    RetryMessage,
    SendMessage,
    Sent,
    TagMessage,
    WriteNote,
)
from shared.contracts.words import Direction, Right
from shared.errors import Forbidden, NotFound
from shared.http import CleanRoute

router = APIRouter(prefix="/api", tags=["messages"], route_class=CleanRoute, dependencies=documented)

MessageId = Annotated[str, Path(max_length=64)]
NoteText = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class Reply(BaseModel):
    """``seen``: the last message of the contact that you had on screen (a row's ``last_inbound``)."""

    text: Annotated[str, StringConstraints(max_length=100_000)] = ""
    attachments: list[Attachment] = Field(default=[], max_length=10)
    in_reply_to: Id | None = None
    seen: Id | None = None


class Note(BaseModel):
    """``mentions``: ids of users."""

    text: NoteText
    mentions: list[Id] = Field(default=[], max_length=50)


class NoteEdit(BaseModel):
    """The new text."""

    text: NoteText


class Tags(BaseModel):
    """Tags of one message, or of the latest one of the contact."""

    message_id: Id | None = None
    add: list[Tag] = Field(default=[], max_length=50)
    remove: list[Tag] = Field(default=[], max_length=50)


async def _stored(parts: Parts, sent: Sent) -> dict[str, Any]:
    """The message, and its row with the message taken in."""
    await parts.taking_in.message(sent.message)
    found = await parts.rows.get_many((sent.message.conversation,))
    row = found.get(sent.message.conversation)
    return {"message": sent.message, "row": parts.rows.shown(row) if row is not None else None}


@router.post(
    "/conversations/{id}/messages",
    status_code=201,
    responses={201: {"model": MessageAnswer}, **errors(404)},
    response_model=None,
)
async def reply(id: ConversationId, body: Reply, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Reply to the contact: stored as queued before this answers, then sent."""
    await permitted(parts, principal, id, Action.REPLY)
    command = SendMessage(
        conversation=id,
        text=body.text,
        attachments=tuple(body.attachments),
        in_reply_to=body.in_reply_to,
        seen=body.seen,
        by=principal.actor,
    )
    return answer(await _stored(parts, await asks.ask(command)), 201)


@router.post(
    "/conversations/{id}/notes",
    status_code=201,
    responses={201: {"model": MessageAnswer}, **errors(404)},
    response_model=None,
)
async def note(id: ConversationId, body: Note, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Write a note that only colleagues see (WF-18); who is mentioned and may see it is notified (WF-19)."""
    await permitted(parts, principal, id, Action.NOTE)
    command = WriteNote(conversation=id, text=body.text, mentions=tuple(body.mentions), by=principal.actor)
    return answer(await _stored(parts, await asks.ask(command)), 201)


@router.put("/notes/{id}", responses={200: {"model": MessageAnswer}, **errors(404)}, response_model=None)
async def edit_note(id: MessageId, body: NoteEdit, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Change a note: your own, or any where you supervise."""
    await _own_note(parts, asks, principal, id)
    sent = await asks.ask(EditNote(message_id=id, text=body.text, by=principal.actor))
    return answer(await _stored(parts, sent))


@router.delete("/notes/{id}", responses={200: {"model": MessageAnswer}, **errors(404)}, response_model=None)
async def delete_note(id: MessageId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Delete a note; that it was there stays in the trail."""
    await _own_note(parts, asks, principal, id)
    sent = await asks.ask(EditNote(message_id=id, text=None, by=principal.actor))
    return answer(await _stored(parts, sent))


@router.get("/notes/{id}/versions", responses={200: {"model": NoteVersions}, **errors(404)}, response_model=None)
async def note_versions(id: MessageId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """What a note said before it was changed (WF-18). Of a deleted one: for its author and supervisors."""
    note = await visible_message(parts, asks, principal, id, Action.NOTE)
    if note.deleted:
        await _own_note(parts, asks, principal, id)
    return answer(await asks.ask(ReadNoteVersions(message_id=id)))


@router.post("/messages/{id}/retry", responses={200: {"model": MessageAnswer}, **errors(404, 409)}, response_model=None)
async def retry(id: MessageId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Send a failed or uncertain message again."""
    await visible_message(parts, asks, principal, id, Action.REPLY)
    return answer(await _stored(parts, await asks.ask(RetryMessage(message_id=id, by=principal.actor))))


@router.post("/messages/{id}/mask", responses={200: {"model": MessageAnswer}, **errors(404)}, response_model=None)
async def mask(id: MessageId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Remove a message's content for good, everywhere (PR-03). Supervisors and admins."""
    await visible_message(parts, asks, principal, id, Action.MASK)
    return answer(await _stored(parts, await asks.ask(MaskMessage(message_id=id, by=principal.actor))))


@router.post("/conversations/{id}/tags", responses={200: {"model": MessageAnswer}, **errors(404)}, response_model=None)
async def tags(id: ConversationId, body: Tags, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Add and remove tags of a message."""
    await permitted(parts, principal, id, Action.TRIAGE)
    if body.message_id is not None:
        message = await _read(asks, body.message_id)
        if message.conversation != id:
            raise unseen("message")
    command = TagMessage(
        conversation=id,
        message_id=body.message_id,
        add=tuple(body.add),
        remove=tuple(body.remove),
        by=principal.actor,
    )
    return answer(await _stored(parts, await asks.ask(command)))


async def _read(asks: Asking, id: str) -> MessageSnapshot:
    try:
        return (await asks.ask(ReadMessage(message_id=id))).message
    except NotFound as error:
        raise unseen("message") from error


async def visible_message(parts: Parts, asks: Asking, principal: Principal, id: str, action: Action) -> MessageSnapshot:
    """The message, if he may do this to its conversation; 404 when he may not even see that."""
    message = await _read(asks, id)
    row = await parts.rows.visible(principal.access, message.conversation)
    if row is None:
        raise unseen("message")
    principal.need(action, placed(row.parts))
    return message


async def _own_note(parts: Parts, asks: Asking, principal: Principal, id: str) -> None:
    message = await visible_message(parts, asks, principal, id, Action.NOTE)
    if message.direction is not Direction.INTERNAL:
        raise unseen("note")
    row = await parts.rows.visible(principal.access, message.conversation)
    place = placed(row.parts) if row is not None else None
    supervises = place is not None and right_in(principal.access, place) is Right.SUPERVISOR
    if message.author.id != principal.actor.id and not supervises:
        raise Forbidden("Only its author, or who supervises here, may change a note.")
