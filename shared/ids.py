"""Names: new ids, and ids derived from what caused them, so that repeating a cause repeats the id."""

from __future__ import annotations

import json
import uuid
from functools import lru_cache
from hashlib import sha1

NAMESPACE = uuid.UUID("6f0a4f6e-3a0c-5d54-9a53-0f5d5bb1c0de")
_named = sha1(NAMESPACE.bytes, usedforsecurity=False)
_written = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def new_id() -> str:
    """A fresh random id (UUIDv4 text)."""
    return str(uuid.uuid4())


def derived(*parts: str | int) -> str:
    """The id (UUIDv5 text) that these parts always give; parts cannot run into one another.

    Put together here, because a message needs dozens and ``uuid.uuid5`` with ``json.dumps`` takes three times as long.
    """
    name = _named.copy()
    name.update(_written(parts).encode())
    digest = bytearray(name.digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5
    digest[8] = digest[8] & 0x3F | 0x80  # the variant of RFC 4122
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@lru_cache(maxsize=16_384)
def conversation_id(channel: str, address: str, visibility: str, root: str) -> str:
    """The conversation of a thread key (workflow.md): channel, the contact's address on it, visibility, root."""
    return derived("conversation", channel, address, visibility, root)


def message_id(channel: str, external_id: str) -> str:
    """The inbound message of (channel, external id): a replayed delivery gives the same id (CH-04)."""
    return derived("message", channel, external_id)


def event_id(cause: str, aggregate: str, role: str) -> str:
    """The event that handling ``cause`` creates on ``aggregate`` in ``role``."""
    return derived("event", cause, aggregate, role)


def fact_id(event: str, position: int) -> str:
    """The fact at ``position`` of an event's changes."""
    return derived("fact", event, position)
