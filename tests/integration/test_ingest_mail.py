"""Mail both ways, over a real IMAP server and a real SMTP listener."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.ingest.domain.mailbox import Mailbox
from shared.contracts.base import Actor
from shared.contracts.channels import ReadChannelStates
from shared.contracts.messages import (
    MessageAccepted,
    MessageReceived,
    MessageSnapshot,
    ReadMessage,
    ReadOriginal,
    SendMessage,
)
from shared.contracts.words import ActorKind, Delivery, Medium, MessageKind
from shared.store import Repository, Store
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at
from tests.support.mail import PASSWORD, Account, Dovecot, Outbox, mail, smtp_server

pytestmark = pytest.mark.integration

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")
ADDRESS = "help@shop.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(dovecot: Dovecot, prefix: str) -> Account:
    return Account(dovecot.port, prefix)


@pytest.fixture
async def outbox() -> AsyncIterator[Outbox]:
    async with smtp_server(PASSWORD) as outbox:
        yield outbox


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix, mail_lease=3.0) as house:
        yield house


def config(account: Account, outbox: Outbox, **fields: Any) -> dict[str, Any]:
    return {
        "medium": "email",
        "address": ADDRESS,
        "display_name": "Shop",
        "imap_host": "localhost",
        "imap_port": account.port,
        "imap_security": "none",
        "imap_user": account.user,
        "imap_password": PASSWORD,
        "smtp_host": "localhost",
        "smtp_port": outbox.port,
        "smtp_security": "none",
        **fields,
    }


async def connected(house: House, account: Account, outbox: Outbox, **fields: Any) -> str:
    """The id of a channel whose mailbox is being read."""
    channel = (await house.channel(config(account, outbox, **fields))).id
    await eventually(lambda: reads(house, channel))
    return channel


async def reads(house: House, channel: str) -> bool:
    states = (await house.bus.ask(ReadChannelStates())).items
    return [(state.channel, state.state) for state in states] == [(channel, "ok")]


async def received(house: House, count: int = 1) -> list[MessageReceived]:
    return (await eventually(lambda: len(found := house.said(MessageReceived)) >= count and found)) or []


async def read(house: House, id: str) -> MessageSnapshot:
    return (await house.bus.ask(ReadMessage(message_id=id))).message


async def reply(house: House, conversation: str, text: str = "¡Claro!", **fields: Any) -> MessageSnapshot:
    return (await house.bus.ask(SendMessage(conversation=conversation, text=text, by=EVA, **fields))).message


async def test_CH_02_a_mail_is_answered_and_the_answer_to_that_joins(
    house: House, account: Account, outbox: Outbox
) -> None:
    channel = await connected(house, account, outbox)
    account.put(mail("¿Dónde está mi pedido?", name="m1@ana.example", subject="Pedido 7"))
    (event,) = await received(house)
    message = event.message
    assert (event.medium, message.kind, event.thread.address) == (Medium.EMAIL, MessageKind.MAIL, "ana@example.org")
    assert (message.text, message.subject, event.contact.name) == ("¿Dónde está mi pedido?", "Pedido 7", "Ana")
    assert (event.thread.channel, event.thread.root) == (channel, "m1@ana.example")

    sent = await reply(house, message.conversation)
    (answer,) = await outbox.got(1)
    assert (str(answer["From"]), str(answer["To"])) == (f"Shop <{ADDRESS}>", "ana@example.org")
    assert (str(answer["Subject"]), str(answer["In-Reply-To"])) == ("Re: Pedido 7", "<m1@ana.example>")
    assert (str(answer["References"]), answer["Auto-Submitted"]) == ("<m1@ana.example>", None)
    assert answer.get_payload(decode=True).decode().strip() == "¡Claro!"  # type: ignore[union-attr]  # no multipart
    await eventually(lambda: house.said(MessageAccepted))
    assert (await read(house, sent.id)).delivery is Delivery.SENT

    name = str(answer["Message-ID"]).strip("<>")
    quoting = "Gracias.\n\nEl lun, 2 mar 2026, Shop <help@shop.example> escribió:\n> ¡Claro!"
    account.put(mail(quoting, name="m2@ana.example", subject="Re: Pedido 7", answers=["m1@ana.example", name]))
    _, second = await received(house, 2)
    assert (second.message.conversation, second.message.text) == (message.conversation, "Gracias.")
    assert second.message.html is not None
    whole = await house.bus.ask(ReadOriginal(message_id=second.message.id))
    assert "&gt; ¡Claro!" in whole.html
    await reply(house, message.conversation, "De nada.")
    _, third = await outbox.got(2)
    assert str(third["References"]).split() == ["<m1@ana.example>", f"<{name}>", "<m2@ana.example>"]


async def test_a_forged_header_does_not_join_a_strangers_conversation(
    house: House, account: Account, outbox: Outbox
) -> None:
    await connected(house, account, outbox, plus_addresses=True)
    account.put(mail(name="m1@ana.example"))
    (event,) = await received(house)
    await reply(house, event.message.conversation)
    (answer,) = await outbox.got(1)
    ours, back = str(answer["Message-ID"]).strip("<>"), parseaddr(str(answer["Reply-To"]))[1]
    assert back.startswith("help+")
    mallory = "Ana <mallory@evil.example>"
    account.put(
        mail("by both names", sender=mallory, name="x1@evil.example", answers=["m1@ana.example", ours]),
        mail("by the address", sender=mallory, name="x2@evil.example", to=back),
        mail("by a made-up name", name="x3@ana.example", answers=["sb." + "a" * 26 + "." + "b" * 16 + "@shop.example"]),
        mail("by the address, herself", name="x4@ana.example", to=back),
    )
    found = {one.message.text: one.message.conversation for one in await received(house, 5)}
    assert len({found[text] for text in ("hola", "by both names", "by the address", "by a made-up name")}) == 4
    assert found["by the address, herself"] == event.message.conversation


async def test_a_mail_wakes_us_at_once(house: House, account: Account, outbox: Outbox) -> None:
    await connected(house, account, outbox)
    account.put(mail("first"))
    await received(house)
    account.put(mail("second"))  # IDLE by now: the mailbox is looked at only every 60 s otherwise
    await eventually(lambda: len(house.said(MessageReceived)) == 2, 4)


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
