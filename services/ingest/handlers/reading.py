"""What others read of ingest: timelines, contacts, files."""

from __future__ import annotations

import base64

from services.ingest.handlers.writing import shown
from services.ingest.repository import IngestRepository
from shared.contracts.base import Meta
from shared.contracts.messages import (
    AttachmentChunk,
    ContactRead,
    ReadAttachment,
    ReadContact,
    ReadMessage,
    ReadTimeline,
    Sent,
    Timeline,
)
from shared.errors import NotFound

CHUNK = 192 * 1024
"""Bytes of a file in one answer; a multiple of 3, so that the base64 parts can be joined."""


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

    async def contact(self, command: ReadContact, _meta: Meta) -> ContactRead:
        """A contact and the thread keys of its conversations."""
        contact = await self._repository.contacts.get(command.contact)
        if contact is None:
            raise NotFound("There is no such contact.")
        return ContactRead(contact=contact.snapshot(), threads=await self._repository.threads_of(contact.id))

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
