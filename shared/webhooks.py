"""Standard Webhooks signatures over raw bytes, both ways. Pure: time is an argument.

Rules: https://www.standardwebhooks.com, version 1 with symmetric keys: HMAC-SHA256 over ``id.timestamp.body``,
``v1,<base64>``, several signatures by blanks, skew of at most five minutes either way.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.errors import Unauthenticated

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def key_of(secret: str) -> bytes:
    """The key of a secret: base64 with or without ``whsec_``; what is not base64 is taken as the text itself."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def new_secret(random: bytes) -> str:
    """A secret to show to the admin once, of 24 to 64 random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def sign(secret: str, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed request."""
    seconds = str(int(at.timestamp()))
    signature = base64.b64encode(_digest(key_of(secret), webhook_id, seconds, body)).decode()
    return {ID: webhook_id, TIMESTAMP: seconds, SIGNATURE: f"v1,{signature}"}


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The webhook-id of a request that one of ``secrets`` signed; else ``Unauthenticated`` says what is wrong.

    ``headers`` are looked up in lower case.
    """
    webhook_id, seconds, given = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (webhook_id and seconds and given):
        raise Unauthenticated(f"The request must carry {ID}, {TIMESTAMP} and {SIGNATURE} (Standard Webhooks).")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        raise Unauthenticated(f"{TIMESTAMP} must be seconds since 1970.")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise Unauthenticated(f"{TIMESTAMP} is more than five minutes away from our clock.")
    offered = [value for version, _, value in (part.partition(",") for part in given.split()) if version == "v1"]
    for secret in secrets:
        expected = base64.b64encode(_digest(key_of(secret), webhook_id, seconds, body))
        if any(hmac.compare_digest(expected, one.encode()) for one in offered):
            return webhook_id
    raise Unauthenticated("No signature fits: check the signing secret, and sign the bytes exactly as sent.")


def _digest(key: bytes, webhook_id: str, seconds: str, body: bytes) -> bytes:
    return hmac.digest(key, b".".join((webhook_id.encode("utf-8", "replace"), seconds.encode(), body)), hashlib.sha256)
