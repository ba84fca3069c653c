"""Mail servers for the tests that need them: dovecot once a session, an SMTP listener each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.dovecot import PASSWORD, Account, Dovecot
from tests.support.mail import Outbox, listening


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(dovecot: Dovecot, prefix: str) -> Account:
    """A mailbox of this test's own."""
    return Account(dovecot, prefix)


@pytest.fixture
async def outbox() -> AsyncIterator[Outbox]:
    """What an SMTP server gets that wants ``PASSWORD``."""
    async with listening(Outbox(password=PASSWORD)) as outbox:
        yield outbox
