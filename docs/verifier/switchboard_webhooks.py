"""Verifies what Switchboard posts to you (Standard Webhooks). One file, standard library only: copy it.

    from switchboard_webhooks import Refused, verify

    event = verify(headers, body, "whsec_...")     # the body's bytes exactly as they came

Signature: HMAC-SHA256 over ``<webhook-id>.<webhook-timestamp>.<body>`` with the key that follows ``whsec_`` (base64),
sent as ``webhook-signature: v1,<base64>``; several are separated by blanks. A timestamp more than five minutes away is
refused, so that nobody can replay a recorded request. Remember the ``webhook-id``: a delivery that is repeated has the
same one. ``vectors.json`` beside this file has examples for other languages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE_SECONDS = 300


class Refused(ValueError):
    """The request is not from Switchboard, or is too old. Answer 401 and do nothing."""


def verify(headers: Mapping[str, str], body: bytes, secret: str, *, now: float | None = None) -> dict[str, Any]:
    """The event in the body. ``headers`` in any case; ``now`` in seconds since 1970, for tests. Raises Refused."""
    found = {name.lower(): value for name, value in headers.items()}
    id, seconds, given = (found.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not id or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 11:
        raise Refused("webhook-id or webhook-timestamp is missing or malformed")
    if abs((time.time() if now is None else now) - int(seconds)) > TOLERANCE_SECONDS:
        raise Refused("the timestamp is more than five minutes away")
    expected = signature(id, seconds, body, secret).encode()
    if not any(hmac.compare_digest(expected, one.encode()) for one in given.split()):
        raise Refused("no signature fits")
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Refused("the body is not JSON") from error
    if not isinstance(event, dict):
        raise Refused("the body is not a JSON object")
    return event


def signature(id: str, seconds: str, body: bytes, secret: str) -> str:
    """What ``webhook-signature`` must hold."""
    signed = b".".join((id.encode(), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
