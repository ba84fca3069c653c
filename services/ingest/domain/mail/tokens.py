"""Names that only we can give: our mails' Message-IDs and the addresses that replies come back to. Pure.

Whoever answers one of our mails names it, in References or in the address written to; the signature keeps others from
making up such a name, so that nobody gets into a conversation by guessing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Sequence

_NAME = re.compile(r"sb\.([a-z2-7]{26})\.([a-z2-7]{16})@")
_PLUS = re.compile(r"([a-z2-7]{26})([a-z2-7]{16})")
LONGEST_LOCAL_PART = 64


def message_name(message: str, channel: str, domain: str, key: bytes) -> str:
    """The Message-ID of our message ``message`` (a UUID), without brackets; every attempt to send it has the same."""
    return f"sb.{_short(message)}.{_mac('message', message, channel, key)}@{domain}"


def message_of(name: str, channel: str, keys: Sequence[bytes]) -> str | None:
    """The message of ours that a Message-ID names; None when it is not ours, or of another channel."""
    found = _NAME.match(name.lower())
    return _checked(found, "message", channel, keys) if found else None


def reply_address(address: str, conversation: str, channel: str, key: bytes) -> str | None:
    """``name+token@domain`` for answers in a conversation; None when the name is too long for one."""
    name, _, domain = address.partition("@")
    local = f"{name}+{_short(conversation)}{_mac('conversation', conversation, channel, key)}"
    return f"{local}@{domain}" if len(local) <= LONGEST_LOCAL_PART else None


def conversation_of(address: str, channel: str, keys: Sequence[bytes]) -> str | None:
    """The conversation that an address names after its ``+``."""
    found = _PLUS.fullmatch(address.lower().partition("@")[0].rpartition("+")[2])
    return _checked(found, "conversation", channel, keys) if found else None


def _checked(found: re.Match[str], purpose: str, channel: str, keys: Sequence[bytes]) -> str | None:
    id = str(uuid.UUID(bytes=base64.b32decode(found[1].upper() + "======")))
    return id if any(hmac.compare_digest(found[2], _mac(purpose, id, channel, key)) for key in keys) else None


def _short(id: str) -> str:
    return base64.b32encode(uuid.UUID(id).bytes).decode().rstrip("=").lower()


def _mac(purpose: str, id: str, channel: str, key: bytes) -> str:
    said = "\n".join((purpose, id, channel)).encode("utf-8", "replace")
    return base64.b32encode(hmac.digest(key, said, hashlib.sha256)[:10]).decode().lower()
