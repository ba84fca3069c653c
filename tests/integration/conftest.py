"""Mail servers for the tests that need them: dovecot once a session, an SMTP listener each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.mail import PASSWORD, Account, Dovecot, Outbox, smtp_server


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(dovecot: Dovecot, prefix: str) -> Account:
    """A mailbox of this test's own."""
    return Account(dovecot.port, prefix)


@pytest.fixture
async def outbox() -> AsyncIterator[Outbox]:
    """What an SMTP server gets that wants ``PASSWORD``."""
    async with smtp_server(PASSWORD) as outbox:
        yield outbox
