"""The signed token by which a web chat knows its visitor again. Pure: time, ids and keys are arguments."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import Unauthenticated

LIFETIME = timedelta(days=400)
RENEW_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in front of one chat box; ``id`` is his address on that channel."""

    id: str
    channel: str
    since: datetime


def token(visitor: Visitor, key: bytes) -> str:
    """``payload.signature``, both URL-safe base64; it says nothing but the visitor's id, channel and date."""
    payload = _encode(json.dumps([visitor.id, visitor.channel, int(visitor.since.timestamp())]).encode())
    return f"{payload}.{_encode(_digest(payload, key))}"


def visitor_of(text: str, channel: str, keys: Sequence[bytes], now: datetime) -> Visitor:
    """The visitor that ``token`` was made for; ``Unauthenticated`` when forged, old, or of another channel."""
    payload, _, signature = text.partition(".")
    try:
        given = _decode(signature)
        if not any(hmac.compare_digest(given, _digest(payload, key)) for key in keys):
            raise _refused()
        id, of_channel, seconds = json.loads(_decode(payload))
    except (ValueError, binascii.Error) as error:
        raise _refused() from error
    since = datetime.fromtimestamp(seconds, now.tzinfo)
    if of_channel != channel or now - since > LIFETIME:
        raise _refused()
    return Visitor(id=str(id), channel=channel, since=since)


def worth_renewing(visitor: Visitor, now: datetime) -> bool:
    """Whether a new token should be handed out with this visit."""
    return now - visitor.since > RENEW_AFTER


def _refused() -> Unauthenticated:
    return Unauthenticated("The chat session is unknown or too old: start a new one.")


def _digest(payload: str, key: bytes) -> bytes:
    return hmac.digest(key, payload.encode("utf-8", "replace"), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
