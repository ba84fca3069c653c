"""Verifies what Switchboard sends to your endpoint (webhooks, virtual agents, webhook channels). No dependencies.

Standard Webhooks, version 1 with symmetric keys: https://www.standardwebhooks.com. Copy it into your program:

    from verify_webhook import InvalidWebhook, verify

    try:
        event_id = verify(request.headers, request.body, ["whsec_…"])
    except InvalidWebhook as problem:
        return 401, str(problem)

Give the body exactly as it came, in bytes: parsing it and writing it anew changes it. Drop what you have seen: the
same event comes at least once, always under the same id. Python 3.8 or later.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping

TOLERANCE_SECONDS = 300


class InvalidWebhook(Exception):
    """Answer 401 and do nothing."""


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float | None = None) -> str:
    """The event's id, or InvalidWebhook. Several secrets while you change them; ``now`` in seconds since 1970."""
    given = {name.lower(): value for name, value in headers.items()}
    event_id, seconds = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event_id or not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        raise InvalidWebhook("webhook-id or webhook-timestamp is missing or malformed")
    if abs((time.time() if now is None else now) - int(seconds)) > TOLERANCE_SECONDS:
        raise InvalidWebhook("webhook-timestamp is more than five minutes away from this clock")
    signed = b".".join((event_id.encode(), seconds.encode(), body))
    offered = [part[3:] for part in given.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    for secret in secrets:
        expected = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest())
        if any(hmac.compare_digest(expected, signature.encode()) for signature in offered):
            return event_id
    raise InvalidWebhook("no signature fits")


def _key(secret: str) -> bytes:
    text = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
