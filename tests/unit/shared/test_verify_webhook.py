"""The published verifier agrees with what signs (AU-20, automation.md)."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.webhooks import new_secret, sign

FILE = Path(__file__).parents[3] / "docs" / "examples" / "verify_webhook.py"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _published() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_webhook", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = _published()


@given(st.binary(max_size=200), st.binary(min_size=24, max_size=64))
def test_the_published_verifier_accepts_what_we_sign(body: bytes, random: bytes) -> None:
    secret = new_secret(random)
    headers = {name.title(): value for name, value in sign(secret, "e1", NOW, body).items()}
    assert verifier.verify(headers, body, ["whsec_b3RoZXI=", secret], NOW.timestamp()) == "e1"
    with pytest.raises(verifier.InvalidWebhook):
        verifier.verify(headers, body + b" ", [secret], NOW.timestamp())


def test_the_vector_of_standard_webhooks() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the example that all its libraries are tested with."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert verifier.verify(headers, body, [secret], 1614265330.0) == headers["webhook-id"]
    assert sign(secret, headers["webhook-id"], datetime.fromtimestamp(1614265330, UTC), body) == headers


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_more_than_five_minutes_of_skew_is_refused(late: timedelta) -> None:
    secret = new_secret(b"0" * 32)
    headers = sign(secret, "e1", NOW, b"{}")
    with pytest.raises(verifier.InvalidWebhook, match="five minutes"):
        verifier.verify(headers, b"{}", [secret], (NOW + late).timestamp())


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_an_unsigned_request_is_refused(missing: str) -> None:
    secret = new_secret(b"0" * 32)
    headers = sign(secret, "e1", NOW, b"{}")
    del headers[missing]
    with pytest.raises(verifier.InvalidWebhook):
        verifier.verify(headers, b"{}", [secret], NOW.timestamp())
