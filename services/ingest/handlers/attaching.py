"""Files that are sent along: taken in pieces, checked against what the channel takes, forgotten when never sent."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta

from services.ingest.handlers.writing import takes
from services.ingest.repository import IngestRepository, Upload
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.files import StoreAttachment, StoredFile
from shared.contracts.messages import Attachment
from shared.contracts.settings import Channel
from shared.errors import Conflict, InvalidInput, TooLarge, Unprocessable
from shared.ids import derived
from shared.resources import Book
from shared.store import UPLOAD_PIECE, Blob
from shared.text import one_line

KEPT_UNSENT = timedelta(hours=24)
MOST_FORGOTTEN = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a file under way, ``UPLOAD_PIECE`` bytes but for the last. ``number`` counts from 0."""

    file: str
    name: str
    type: str
    number: int
    data: bytes
    end: bool


async def keep(repository: IngestRepository, channel: Channel, conversation: str, piece: Piece) -> Attachment | None:
    """Keep a piece; with the last one the file is there. Pieces may be repeated. 413 past the channel's limit."""
    if not piece.data:
        raise Unprocessable("The file is empty.")
    if len(piece.data) > UPLOAD_PIECE or (len(piece.data) < UPLOAD_PIECE and not piece.end):
        raise Conflict(f"A piece must have {UPLOAD_PIECE} bytes, but for the last.")
    if piece.number * UPLOAD_PIECE + len(piece.data) > channel.max_attachment_mb * 1_048_576:
        raise TooLarge(f"A file of this channel may have at most {channel.max_attachment_mb} MB.")
    if piece.number == 0:
        await repository.note_upload(piece.file, conversation)
    await repository.blobs.put_piece(piece.file, piece.number, piece.data)
    if not piece.end:
        return None
    name = one_line(piece.name.replace("\\", "/").rpartition("/")[2], 255) or "file"
    blob = await repository.blobs.put_together(
        piece.file, piece.number + 1, len(piece.data), name=name, type=piece.type
    )
    return attached(blob)


def attached(blob: Blob) -> Attachment:
    """A stored file, as a message carries it."""
    return Attachment(id=blob.id, name=blob.name, type=blob.type, size=blob.size)


class Attaching:
    """What agents upload (CH-08)."""

    def __init__(self, repository: IngestRepository, channels: Book[Channel], clock: Clock) -> None:
        self._repository = repository
        self._channels = channels
        self._clock = clock

    async def store(self, command: StoreAttachment, _meta: Meta) -> StoredFile:
        """One piece; with the last one the file is there."""
        thread = await self._repository.thread(command.conversation)
        channel = self._channels.get(thread.thread.channel)
        if channel is None or "attachments" not in channel.capabilities:
            raise Unprocessable("This channel cannot carry files.")
        if not takes(channel, command.media_type):
            raise Unprocessable(f"This channel does not take files of type {one_line(command.media_type, 100)}.")
        piece = Piece(
            file=derived("upload", command.by.id, command.conversation, command.upload),
            name=command.name,
            type=command.media_type,
            number=command.number,
            data=_bytes(command),
            end=command.end,
        )
        return StoredFile(attachment=await keep(self._repository, channel, command.conversation, piece))

    async def forget_unsent(self) -> None:
        """Files uploaded a day ago that no message carries; at most a hundred at a time."""
        for upload in await self._repository.uploads_before(self._clock.now() - KEPT_UNSENT, MOST_FORGOTTEN):
            await self._forget(upload)

    async def _forget(self, upload: Upload) -> None:
        if not await self._repository.has_file(upload.conversation, upload.id):
            await self._repository.blobs.delete(upload.id)
        await self._repository.forget_upload(upload.id)


def _bytes(command: StoreAttachment) -> bytes:
    try:
        return base64.b64decode(command.data, validate=True)
    except binascii.Error as error:
        raise InvalidInput("The piece is not base64.") from error
