"""Signed addresses of stored files, for endpoints that have no session with us. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

LIFETIME = timedelta(days=7)


def file_path(channel: str, attachment: str, until: datetime, key: bytes) -> str:
    """The path and query by which a file can be fetched until then."""
    seconds = int(until.timestamp())
    return (
        f"/hooks/{channel}/files/{attachment}?until={seconds}&signature={_signature(channel, attachment, seconds, key)}"
    )


def is_signed(channel: str, attachment: str, until: int, signature: str, keys: Sequence[bytes], now: datetime) -> bool:
    """Whether we made this address, and it is not too old."""
    made = (_signature(channel, attachment, until, key) for key in keys)
    given = signature.encode("utf-8", "replace")
    return now.timestamp() <= until and any(hmac.compare_digest(given, one.encode()) for one in made)


def _signature(channel: str, attachment: str, until: int, key: bytes) -> str:
    said = "\n".join((channel, attachment, str(until))).encode("utf-8", "replace")
    return hmac.digest(key, said, hashlib.sha256).hex()
