"""Standard Webhooks signatures, against the reference library."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from shared.errors import Unauthenticated
from shared.webhooks import key_of, new_secret, sign, verify

NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = new_secret(bytes(range(32)))
IDS = st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs")), min_size=1, max_size=30)


@given(IDS, st.text(max_size=200))
def test_the_reference_library_verifies_what_we_sign(webhook_id: str, body: str) -> None:
    headers = sign(SECRET, webhook_id, NOW, body.encode())
    seconds, signature = headers["webhook-timestamp"], headers["webhook-signature"]
    assert Webhook(SECRET).sign(webhook_id, datetime.fromtimestamp(int(seconds), UTC), body) == signature
    assert verify(headers, body.encode(), (SECRET,), NOW) == webhook_id


def test_we_verify_what_the_reference_library_signs() -> None:
    body = '{"text": "ñandú"}'
    signature = Webhook(SECRET).sign("msg_1", NOW, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": signature}
    assert verify(headers, body.encode(), (SECRET,), NOW) == "msg_1"


def test_one_good_signature_among_several_is_enough_and_so_is_one_good_secret() -> None:
    headers = sign(SECRET, "m", NOW, b"x")
    headers["webhook-signature"] = "v1a,abc v1,AAAA " + headers["webhook-signature"] + " v2,zz"
    assert verify(headers, b"x", (new_secret(bytes(32)), SECRET), NOW) == "m"


@pytest.mark.parametrize("skew", [timedelta(minutes=5), -timedelta(minutes=5)])
def test_five_minutes_of_skew_are_the_most(skew: timedelta) -> None:
    headers = sign(SECRET, "m", NOW, b"x")
    assert verify(headers, b"x", (SECRET,), NOW + skew) == "m"
    with pytest.raises(Unauthenticated):
        verify(headers, b"x", (SECRET,), NOW + skew * 1.01)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=30)))
def test_any_headers_at_all_are_refused_clearly(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        verify(headers, b"body", (SECRET,), NOW)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_changing_anything_that_is_signed_is_noticed(part: str) -> None:
    headers, body, secret = sign(SECRET, "m", NOW, b"x"), b"x", SECRET
    if part == "body":
        body = b"y"
    elif part == "secret":
        secret = new_secret(bytes(32))
    else:
        headers[part] = str(int(headers[part]) + 1) if part.endswith("stamp") else "n"
    with pytest.raises(Unauthenticated):
        verify(headers, body, (secret,), NOW)


def test_secrets_are_base64_with_a_prefix_or_plain_text() -> None:
    assert key_of(SECRET) == bytes(range(32))
    assert key_of(base64.b64encode(b"abc").decode()) == b"abc"
    assert key_of("not base64!") == b"not base64!"
