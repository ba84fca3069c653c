"""The signed token of a survey's hosted page: it says the invitation and that we made it. Pure: keys are arguments."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Sequence

_ID = 16
_SIGNATURE = 16


def token(invitation: str, key: bytes) -> str:
    """43 URL-safe characters: the invitation's id (a UUID) and a signature of 128 bits."""
    id = uuid.UUID(invitation).bytes
    return base64.urlsafe_b64encode(id + _signature(id, key)).decode().rstrip("=")


def invitation_of(token: str, keys: Sequence[bytes]) -> str | None:
    """The invitation that the token was made for; None when it was not made with one of ``keys``."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    id, signature = raw[:_ID], raw[_ID:]
    if len(raw) != _ID + _SIGNATURE or not any(hmac.compare_digest(signature, _signature(id, key)) for key in keys):
        return None
    return str(uuid.UUID(bytes=id))


def _signature(id: bytes, key: bytes) -> bytes:
    return hmac.digest(key, id, hashlib.sha256)[:_SIGNATURE]
