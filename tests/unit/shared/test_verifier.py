"""The published verifier and its vectors: what we sign is accepted, everything else is refused (AU-20)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from docs.verifier.switchboard_webhooks import Refused, verify
from shared.errors import Unauthenticated
from shared.webhooks import sign
from shared.webhooks import verify as ours

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "docs" / "verifier" / "vectors.json").read_text()
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_AU_20_the_published_verifier_agrees_with_every_vector(vector: dict[str, Any]) -> None:
    headers, body, secret, now = vector["headers"], vector["body"].encode(), vector["secret"], vector["now"]
    if vector["accepted"]:
        assert verify(headers, body, secret, now=now) == json.loads(body)
        assert ours(headers, body, [secret], datetime.fromtimestamp(now, UTC)) == headers["webhook-id"]
        return
    with pytest.raises(Refused):
        verify(headers, body, secret, now=now)
    with pytest.raises(Unauthenticated):
        ours(headers, body, [secret], datetime.fromtimestamp(now, UTC))


def test_AU_20_what_we_sign_now_is_accepted_by_it_and_by_the_library_of_the_standard() -> None:
    secret, body = VECTORS[0]["secret"], b'{"type":"message.received"}'
    headers = sign(secret, "id-1", datetime.now(UTC), body)
    assert verify({name.title(): value for name, value in headers.items()}, body, secret) == json.loads(body)
    assert Webhook(secret).verify(body, headers) == json.loads(body)


@pytest.mark.parametrize("body", [b"[]", b"no json"])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    secret = VECTORS[0]["secret"]
    with pytest.raises(Refused):
        verify(sign(secret, "id-1", datetime.now(UTC), body), body, secret)
