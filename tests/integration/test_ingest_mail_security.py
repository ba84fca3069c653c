"""Mail servers are spoken to in secret and by token: TLS, STARTTLS and OAuth 2.0, on real ones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.contracts.channels import TryChannel
from tests.support.dovecot import PASSWORD, Account, token
from tests.support.ingest import House, ingest_at
from tests.support.mail import Outbox, listening, mail
from tests.support.mail_house import config, connected, received, reply
from tests.support.receiver import receiver

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str, account: Account, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("SSL_CERT_FILE", str(account.server.certificate.authority))
    async with ingest_at(mongo_url, prefix, mail_lease=3.0) as house:
        yield house


async def tried(house: House, account: Account, outbox: Outbox, **fields: Any) -> list[str | None]:
    value = {"name": "Mail", "config": config(account, outbox, **fields)}
    return [check.problem for check in (await house.bus.ask(TryChannel(value=value))).checks]


async def test_CH_01_tls_is_spoken_and_the_certificate_verified_both_ways(
    house: House, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = account.server.certificate.server()
    async with (
        listening(Outbox(password=PASSWORD), tls=tls, at_once=True) as at_once,
        listening(Outbox(password=PASSWORD), tls=tls) as later,
    ):
        whole: dict[str, Any] = {"imap_security": "tls", "imap_port": account.server.tls_port, "smtp_security": "tls"}
        upgraded: dict[str, Any] = {"imap_security": "starttls", "smtp_security": "starttls"}
        assert await tried(house, account, at_once, **whole) == [None, None]
        assert await tried(house, account, later, **upgraded) == [None, None]
        elsewhere = {"imap_host": "127.0.0.1", "smtp_host": "127.0.0.1"}
        for outbox, fields in ((at_once, whole), (later, upgraded)):
            for problem in await tried(house, account, outbox, **fields, **elsewhere):
                assert problem is not None
                assert "its certificate is for another name" in problem
        monkeypatch.delenv("SSL_CERT_FILE")
        for outbox, fields in ((at_once, whole), (later, upgraded)):
            for problem in await tried(house, account, outbox, **fields):
                assert problem is not None
                assert "its certificate is not trusted here" in problem


async def test_CH_02_mail_comes_and_goes_by_oauth_tokens_over_tls(house: House, account: Account) -> None:
    tls = account.server.certificate.server()
    async with receiver() as provider, listening(Outbox(password=PASSWORD), tls=tls) as outbox:
        fields: dict[str, Any] = {
            "sign_in": "oauth2",
            "imap_password": None,
            "oauth_token_url": f"{provider.url}/token",
            "oauth_client_id": "switchboard",
            "oauth_client_secret": "a secret",
            "imap_security": "tls",
            "imap_port": account.server.tls_port,
            "smtp_security": "starttls",
        }
        provider.usual = granted(token(account.user, b"somebody else's key"))
        received_by, sent_by = await tried(house, account, outbox, **fields)
        assert received_by is not None
        assert "does not accept this user and secret" in received_by
        assert sent_by is None  # ours looks only at the form of a token
        provider.usual = granted(right := token(account.user))
        await connected(house, account, outbox, **fields)
        account.put(mail("first", name="m1@ana.example"))
        await received(house)
        account.put(mail("second", name="m2@ana.example"))  # told by IDLE, over TLS
        _, event = await received(house, 2)
        await reply(house, event.message.conversation)
        (answer,) = await outbox.got(1)
        assert (str(answer["In-Reply-To"]), outbox.tokens[-1]) == ("<m2@ana.example>", right)


def granted(access_token: str) -> tuple[int, dict[str, str], bytes]:
    """What a token address answers (RFC 6749, 5.1)."""
    body = {"access_token": access_token, "token_type": "Bearer", "expires_in": 3600}
    return 200, {"content-type": "application/json"}, json.dumps(body).encode()
