"""Files that travel with messages, and mails as their senders laid them out: what ingest answers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Actor, Command, Contract
from shared.contracts.messages import Attachment


class AttachmentChunk(Contract):
    """``data`` is base64 text; ``end`` marks the last chunk."""

    name: str
    type: str
    size: int
    data: str
    end: bool


class ReadAttachment(Command[AttachmentChunk]):
    """Bytes of a stored attachment from ``offset``, for the gateway to serve with safe headers (CH-15)."""

    type: ClassVar[str] = "ingest.read_attachment"
    service: ClassVar[str] = "ingest"

    conversation: str
    attachment: str
    offset: int = 0


class Original(Contract):
    """A whole message as its sender laid it out, made safe: cleaned HTML, ready for a sandboxed frame (CH-15).

    ``blocked`` counts the remote pictures that were left out.
    """

    html: str
    blocked: int = 0


class ReadOriginal(Command[Original]):
    """The formatted original of a message; remote pictures only with ``images``. 404 when there is none."""

    type: ClassVar[str] = "ingest.read_original"
    service: ClassVar[str] = "ingest"

    message_id: str
    images: bool = False


class StoredFile(Contract):
    """``attachment`` is there with the last piece: put it into a reply."""

    attachment: Attachment | None = None


class StoreAttachment(Command[StoredFile]):
    """One piece (base64 text, at most 192 KiB of bytes) of a file that an agent attaches in a conversation (CH-08).

    ``upload`` is a name of the caller's choice, ``number`` counts from 0, ``end`` marks the last one. Pieces may be
    repeated. 413 and 422 as the conversation's channel limits size and type.
    """

    type: ClassVar[str] = "ingest.store_attachment"
    service: ClassVar[str] = "ingest"

    conversation: str
    upload: str
    name: str
    media_type: str
    number: int = Field(ge=0)
    data: str
    end: bool = False
    by: Actor
