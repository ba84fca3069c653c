"""What others read of ingest: timelines, contacts, files."""

from __future__ import annotations

import asyncio
import base64

from services.ingest.domain.mail.html import SHOWN, of_plain, page, safe
from services.ingest.domain.message import StoredMessage
from services.ingest.handlers.writing import shown
from services.ingest.repository import IngestRepository
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactRead, ReadContact
from shared.contracts.files import AttachmentChunk, Original, ReadAttachment, ReadOriginal
from shared.contracts.messages import (
    NoteVersion,
    NoteVersions,
    ReadMessage,
    ReadNoteVersions,
    ReadTimeline,
    Sent,
    Timeline,
)
from shared.contracts.words import Direction
from shared.errors import NotFound

CHUNK = 192 * 1024
"""Bytes of a file in one answer; a multiple of 3, so that the base64 parts can be joined."""


PICTURES = 5 * 1_048_576
"""Bytes of pictures that are put into one original."""


class Reading:
    """Handlers that change nothing."""

    def __init__(self, repository: IngestRepository) -> None:
        self._repository = repository

    async def timeline(self, command: ReadTimeline, _meta: Meta) -> Timeline:
        """A page of messages and notes, newest first by the network's time."""
        page = await self._repository.timeline(command.conversation, command.before, command.limit)
        thread = await self._repository.threads.get(command.conversation)
        tags = thread.tags if thread is not None else {}
        messages = tuple(shown(state, tags.get(state.id, ())) for state in page.items)
        return Timeline(messages=messages, next=page.next)

    async def message(self, command: ReadMessage, _meta: Meta) -> Sent:
        """One message or note."""
        state = await self._repository.message(command.message_id)
        thread = await self._repository.threads.get(state.message.conversation)
        return Sent(message=shown(state, thread.tags.get(state.id, ()) if thread is not None else ()))

    async def note_versions(self, command: ReadNoteVersions, _meta: Meta) -> NoteVersions:
        """What a note said before each of its changes (WF-18)."""
        state = await self._repository.message(command.message_id)
        if state.message.direction is not Direction.INTERNAL:
            raise NotFound("There is no such note.")
        versions = [NoteVersion(at=edit.at, by=edit.by, text=edit.text) for edit in reversed(state.edits)]
        return NoteVersions(items=tuple(versions))

    async def contact(self, command: ReadContact, _meta: Meta) -> ContactRead:
        """A contact and the thread keys of its conversations."""
        contact = await self._repository.contacts.get(command.contact)
        if contact is None:
            raise NotFound("There is no such contact.")
        return ContactRead(contact=contact.snapshot(), threads=await self._repository.threads_of(contact.id))

    async def original(self, command: ReadOriginal, _meta: Meta) -> Original:
        """A message as its sender laid it out, made safe now; the pictures that came along in their place (CH-15)."""
        state = await self._repository.message(command.message_id)
        id = state.message.html
        if id is None or state.message.masked_at is not None:
            raise NotFound("There is no original of this message.")
        written = (await self._whole(id)).decode("utf-8", "replace")
        pictures = await self._pictures(state)
        cleaned, blocked = await asyncio.to_thread(safe, written, images=command.images, inline=pictures)
        return Original(html=page(cleaned or of_plain(state.message.text)), blocked=blocked)

    async def _pictures(self, state: StoredMessage) -> dict[str, str]:
        """Data URLs of what the HTML calls by content id, as many as fit."""
        kept = {file.id: file for file in state.message.attachments if file.id is not None}
        found: dict[str, str] = {}
        room = PICTURES
        for name, id in state.mail.pictures if state.mail is not None else ():
            file = kept.get(id)
            if file is None or file.type not in SHOWN or (room := room - (file.size or 0)) < 0:
                continue
            found[name] = f"data:{file.type};base64,{base64.b64encode(await self._whole(id)).decode()}"
        return found

    async def _whole(self, id: str) -> bytes:
        pieces: list[bytes] = []
        offset = 0
        while piece := await self._repository.blobs.read(id, offset):
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    async def attachment(self, command: ReadAttachment, _meta: Meta) -> AttachmentChunk:
        """Bytes of a stored file from an offset, if a message of the conversation has it."""
        id = command.attachment
        about = await self._repository.blobs.about(id)
        if about is None or not await self._repository.has_file(command.conversation, id):
            raise NotFound("There is no such file in this conversation.")
        read = await self._repository.blobs.read(id, command.offset, CHUNK)
        return AttachmentChunk(
            name=about.name,
            type=about.type,
            size=about.size,
            data=base64.b64encode(read).decode(),
            end=command.offset + len(read) >= about.size,
        )
