"""Mailboxes read: from where, by whom, cut short, made anew, refused; on a real IMAP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.ingest.domain.mailbox import Mailbox
from shared.contracts.channels import ChannelState, ReadChannelStates, TryChannel
from shared.contracts.messages import MessageReceived
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn, NoticeKind
from shared.contracts.resources import UpdateResource
from shared.errors import Unprocessable
from shared.store import Repository, Store
from tests.support.dovecot import PASSWORD, Account
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at
from tests.support.mail import Outbox, mail
from tests.support.mail_house import any_ok, config, connected, reads, received

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix, mail_lease=3.0, mail_poll=2.0, mail_patience=0) as house:
        yield house


async def test_what_came_before_is_left_alone_unless_days_are_asked_for(
    house: House, account: Account, outbox: Outbox
) -> None:
    account.put(mail("old", name="old@ana.example"))
    first = await house.channel(config(account, outbox))
    await eventually(lambda: reads(house, first.id))
    account.put(mail("new", name="new@ana.example"))
    assert [one.message.text for one in await received(house)] == ["new"]
    with account.client() as client:
        client.create_folder("Archive")
        for number in range(45):
            client.append("Archive", mail(f"n{number}", name=f"n{number}@ana.example"))
    await house.channel(config(account, outbox, imap_folder="Archive", import_days=7, address="b@shop.example"))
    found = [one.message.text for one in await received(house, 46)]
    assert found == ["new", *(f"n{number}" for number in range(45))]


async def test_cut_off_between_storing_and_the_cursor_nothing_is_lost_or_doubled(
    mongo_url: str, prefix: str, account: Account, outbox: Outbox
) -> None:
    async with looking_at(mongo_url, prefix) as boxes:
        async with ingest_at(mongo_url, prefix, mail_lease=1.0) as house:
            channel = await connected(house, account, outbox)
            account.put(mail("one", name="1@ana.example"))
            await received(house)
            await eventually(lambda: read_to(boxes, channel, 1))
        # As a process leaves it that dies right after storing: the cursor is not moved, the lease is held.
        box = await boxes.get(channel)
        assert box is not None
        until = box.held_until + timedelta(seconds=1)
        dead = {"last_uid": 0, "holder": "dead", "held_until": until, "version": box.version + 1}
        await boxes.put(box.model_copy(update=dead))
        account.put(mail("two", name="2@ana.example"))
        async with ingest_at(mongo_url, prefix, mail_lease=1.0) as house:
            (event,) = await received(house)
            await eventually(lambda: read_to(boxes, channel, 2))
            assert (event.message.text, len(house.said(MessageReceived))) == ("two", 1)


async def test_two_processes_read_one_mailbox_in_turn(
    mongo_url: str, prefix: str, account: Account, outbox: Outbox
) -> None:
    async with AsyncExitStack() as ends, looking_at(mongo_url, prefix) as boxes:
        first = await ends.enter_async_context(ingest_at(mongo_url, prefix, mail_lease=1.0))
        channel = await connected(first, account, outbox)
        async with ingest_at(mongo_url, prefix, mail_lease=1.0) as second:
            account.put(*(mail(f"n{number}", name=f"n{number}@ana.example") for number in range(5)))
            await eventually(lambda: read_to(boxes, channel, 5))
            assert (len(first.said(MessageReceived)), second.said(MessageReceived)) == (5, [])
            await ends.aclose()
            account.put(mail("last", name="last@ana.example"))
            assert [event.message.text for event in await received(second)] == ["last"]


async def test_a_folder_made_anew_gives_nothing_twice_and_loses_nothing(
    house: House, account: Account, outbox: Outbox
) -> None:
    account.make("Support")
    await connected(house, account, outbox, imap_folder="Support")
    account.put(mail("one", name="1@ana.example"), folder="Support")
    await received(house)
    account.make("Support")  # the server may leave us waiting in the one that is gone, until the next poll
    account.put(mail("one", name="1@ana.example"), mail("two", name="2@ana.example"), folder="Support")
    await eventually(lambda: len(house.said(MessageReceived)) >= 2)
    account.put(mail("three", name="3@ana.example"), folder="Support")
    assert [one.message.text for one in await received(house, 3)] == ["one", "two", "three"]


async def test_CH_01_a_connection_is_tried_before_it_is_saved_and_says_what_is_wrong(
    house: House, account: Account, outbox: Outbox
) -> None:
    async def tried(id: str | None = None, **fields: Any) -> list[str | None]:
        value = {"name": "Mail", "config": config(account, outbox, **fields)}
        answer = await house.bus.ask(TryChannel(id=id, value=value))
        return [check.problem for check in answer.checks]

    assert await tried() == [None, None]
    received_by, sent_by = await tried(imap_password="wrong")
    assert received_by is not None
    assert sent_by is not None
    assert "does not accept this user and secret" in received_by
    assert "does not accept this user and secret" in sent_by
    assert "wrong" not in received_by + sent_by
    (no_folder, _) = await tried(imap_folder="Nowhere")
    assert no_folder == "The folder Nowhere cannot be opened. Check its name."
    (no_tls, no_starttls) = await tried(imap_security="tls", smtp_security="starttls")
    assert no_tls is not None
    assert no_starttls is not None
    assert "does not speak TLS there" in no_tls
    assert "does not offer this encryption" in no_starttls
    (nobody, _) = await tried(imap_port=1)
    assert nobody == "localhost:1 cannot be used: nobody answers there; check the port."
    with pytest.raises(Unprocessable):
        await tried(imap_host="no host")
    saved = await house.channel(config(account, outbox))
    assert await tried(saved.id, imap_password=None) == [None, None]


async def test_a_failing_mailbox_says_so_backs_off_and_comes_back_and_admins_hear_of_both_once(
    house: House, account: Account, outbox: Outbox
) -> None:
    stored = await house.channel(config(account, outbox, imap_password="wrong", smtp_password=PASSWORD))
    (state,) = await eventually(lambda: failing(house))
    assert state.problem is not None
    assert "does not accept" in state.problem
    assert state.next_try_at is not None
    assert state.since is not None
    value = {**stored.value, "config": config(account, outbox)}
    update = UpdateResource(kind="channels", id=stored.id, version=stored.version, value=value)
    (notice,) = await eventually(lambda: house.said(AdminNotice))
    assert (notice.notice, notice.kind, notice.id) == (NoticeKind.MAILBOX_FAILING, "channels", stored.id)
    assert (notice.name, notice.reason) == (stored.value["name"], state.problem)
    assert house.said(AdminNoticeWithdrawn) == []
    await house.bus.ask(update, service="ingest")
    await eventually(lambda: any_ok(house))
    (over,) = await eventually(lambda: house.said(AdminNoticeWithdrawn))
    assert (over.notice.id, len(house.said(AdminNotice))) == (stored.id, 1)


async def failing(house: House) -> tuple[ChannelState, ...]:
    return tuple(one for one in (await house.bus.ask(ReadChannelStates())).items if one.state == "failing")


@asynccontextmanager
async def looking_at(mongo_url: str, prefix: str) -> AsyncIterator[Repository[Mailbox]]:
    """The leases and cursors as stored."""
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    try:
        yield Repository(store.database("ingest"), "mailboxes", Mailbox)
    finally:
        await store.close()


async def read_to(boxes: Repository[Mailbox], channel: str, uid: int) -> bool:
    box = await boxes.get(channel)
    return box is not None and box.last_uid >= uid
