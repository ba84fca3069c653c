"""Mail both ways, over a real IMAP server and a real SMTP listener."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any

import pytest

from shared.contracts.files import ReadAttachment, ReadOriginal, StoreAttachment
from shared.contracts.messages import (
    Attachment,
    MaskMessage,
    MessageAccepted,
    MessageFailed,
    MessageReceived,
    MessageUncertain,
    RetryMessage,
    StartConversation,
)
from shared.contracts.words import Delivery, Medium, MessageKind
from shared.errors import NotFound, TooLarge, Unprocessable
from shared.ids import new_id
from shared.store import UPLOAD_PIECE
from tests.support.dovecot import Account
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at
from tests.support.mail import Outbox, bounce, mail
from tests.support.mail_house import ADDRESS, EVA, any_ok, config, connected, read, received, reply

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix, mail_lease=3.0) as house:
        yield house


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
        mail("by her own, and ours to Ana", sender=mallory, name="x5@evil.example", answers=["x1@evil.example", ours]),
    )
    found = {one.message.text: one.message.conversation for one in await received(house, 6)}
    assert len({found[text] for text in ("hola", "by both names", "by the address", "by a made-up name")}) == 4
    assert found["by the address, herself"] == event.message.conversation
    assert found["by her own, and ours to Ana"] == found["by both names"]


async def test_a_mail_wakes_us_at_once(house: House, account: Account, outbox: Outbox) -> None:
    await connected(house, account, outbox)
    account.put(mail("first"))
    await received(house)
    account.put(mail("second"))  # IDLE by now: the mailbox is looked at only every 60 s otherwise
    await eventually(lambda: len(house.said(MessageReceived)) == 2)


async def test_an_address_is_written_to_as_servers_take_it_or_refused_at_once(
    house: House, account: Account, outbox: Outbox
) -> None:
    await connected(house, account, outbox, address="Help@Shop.example")
    account.put(*(f"From: {who}\r\n\r\nhola".encode() for who in ("ana@peña.example", "ñandu@example.org")))
    first, second = await received(house, 2)
    await reply(house, first.message.conversation)
    (answer,) = await outbox.got(1)
    assert str(answer["To"]) == "ana@xn--pea-8ma.example"
    await reply(house, second.message.conversation)
    (failed,) = await eventually(lambda: house.said(MessageFailed))
    assert failed.reason == "The address of the contact cannot receive mail."
    account.put(answer.as_bytes(), mail("last"))  # a copy of what we sent is no message of a contact
    assert [one.message.text for one in await received(house, 3)] == ["hola", "hola", "last"]


async def opened(house: House, account: Account, outbox: Outbox, **fields: Any) -> MessageReceived:
    """A mailbox with one mail in it, taken in."""
    await connected(house, account, outbox, **fields)
    account.put(mail(name="m1@ana.example"))
    (event,) = await received(house)
    return event


async def test_a_bounce_fails_the_mail_it_is_about_and_opens_nothing(
    house: House, account: Account, outbox: Outbox
) -> None:
    event = await opened(house, account, outbox)
    sent = await reply(house, event.message.conversation)
    (answer,) = await outbox.got(1)
    await eventually(lambda: house.said(MessageAccepted))
    name = str(answer["Message-ID"]).strip("<>")
    account.put(bounce("x" + name[1:]), bounce(name, action="delayed"), bounce(name))
    (failed,) = await eventually(lambda: house.said(MessageFailed))
    assert (failed.message_id, failed.reason) == (sent.id, "550 5.1.1 No such user")
    assert (await read(house, sent.id)).delivery is Delivery.FAILED
    # A report about a mail that we never sent is a mail like others, of a machine.
    _, other = await received(house, 2)
    assert (other.message.automatic_reply, other.thread.address) == (True, "mailer-daemon@mx.example.org")


async def test_nothing_automatic_answers_a_machine_and_ours_says_that_it_is_one(
    house: House, account: Account, outbox: Outbox
) -> None:
    event = await opened(house, account, outbox)
    conversation = event.message.conversation
    await reply(house, conversation, "We are on it.", automatic=True)
    (answer,) = await outbox.got(1)
    assert str(answer["Auto-Submitted"]) == "auto-replied"
    name = str(answer["Message-ID"]).strip("<>")
    account.put(mail("I am away.", answers=[name], name="m2@ana.example", Auto_Submitted="auto-replied"))
    _, away = await received(house, 2)
    assert (away.message.conversation, away.message.automatic_reply) == (conversation, True)
    with pytest.raises(Unprocessable) as refused:
        await reply(house, conversation, "We are on it.", automatic=True)
    assert refused.value.extra["rule"] == "automatic_reply"
    await reply(house, conversation, "A person may.")
    await outbox.got(2)


async def test_a_mail_without_an_answer_is_uncertain_and_only_a_person_sends_it_again(
    house: House, account: Account, outbox: Outbox
) -> None:
    event = await opened(house, account, outbox)
    outbox.answers = [None]
    sent = await reply(house, event.message.conversation)
    (uncertain,) = await eventually(lambda: house.said(MessageUncertain))
    assert uncertain.message_id == sent.id
    outbox.answers = ["550 no such user"]
    await house.bus.ask(RetryMessage(message_id=sent.id, by=EVA))
    (failed,) = await eventually(lambda: house.said(MessageFailed))
    assert failed.reason == "The mail was refused: 550 no such user"
    await house.bus.ask(RetryMessage(message_id=sent.id, by=EVA))
    mails = await outbox.got(2)
    assert len({str(one["Message-ID"]) for one in mails}) == 1


async def test_CH_08_files_go_both_ways_and_PR_03_masking_forgets_them(
    house: House, account: Account, outbox: Outbox
) -> None:
    await connected(house, account, outbox)
    html = '<p>See <img src="cid:logo"> and <img src="https://t.example/1.gif"></p>'
    made = message_from_bytes(mail("See", name="m1@ana.example", html=html), policy=SMTP)
    assert isinstance(made, EmailMessage)
    body = made.get_body(("html",))
    assert isinstance(body, EmailMessage)
    body.add_related(b"\x89PNG", "image", "png", cid="<logo>", filename="logo.png")
    made.add_attachment(b"PK zip of death", maintype="application", subtype="zip", filename="a.zip")
    account.put(made.as_bytes())
    (event,) = await received(house)
    logo, archive = event.message.attachments
    assert (logo.inline, archive.name, archive.size, event.message.remote_images) == (True, "a.zip", 15, True)
    shown = await house.bus.ask(ReadOriginal(message_id=event.message.id))
    assert ("data:image/png;base64,iVBORw==" in shown.html, "t.example" in shown.html, shown.blocked) == (
        True,
        False,
        1,
    )
    shown = await house.bus.ask(ReadOriginal(message_id=event.message.id, images=True))
    assert "https://t.example/1.gif" in shown.html

    stored = await upload(house, event.message.conversation, b"a" * UPLOAD_PIECE + b"bc")
    sent = await reply(house, event.message.conversation, "Here", attachments=(stored,))
    (answer,) = await outbox.got(1)
    _, file = list(answer.iter_parts())  # type: ignore[attr-defined]  # policy SMTP makes EmailMessage
    assert (file.get_filename(), file.get_content()) == ("invoice.pdf", b"a" * UPLOAD_PIECE + b"bc")

    await eventually(lambda: house.said(MessageAccepted))
    for id in (event.message.id, sent.id):
        masked = (await house.bus.ask(MaskMessage(message_id=id, by=EVA))).message
        assert (masked.text, masked.html, masked.subject, masked.attachments) == ("", None, None, ())
    with pytest.raises(NotFound):
        await house.bus.ask(ReadOriginal(message_id=event.message.id))
    chunk = ReadAttachment(conversation=event.message.conversation, attachment=archive.id or "")
    with pytest.raises(NotFound):
        await house.bus.ask(chunk)


async def upload(house: House, conversation: str, data: bytes, type: str = "application/pdf") -> Attachment:
    pieces = [data[start : start + UPLOAD_PIECE] for start in range(0, len(data), UPLOAD_PIECE)]
    name = new_id()
    for number, piece in enumerate(pieces):
        command = StoreAttachment(
            conversation=conversation,
            upload=name,
            name="invoice.pdf",
            media_type=type,
            number=number,
            data=base64.b64encode(piece).decode(),
            end=number == len(pieces) - 1,
            by=EVA,
        )
        for _ in range(2):  # a piece may be repeated
            stored = (await house.bus.ask(command)).attachment
    assert stored is not None
    return stored


async def test_CH_08_a_channel_limits_the_files_that_agents_send(
    house: House, account: Account, outbox: Outbox
) -> None:
    value = config(account, outbox)
    await house.channel(value, max_attachment_mb=1, attachment_types=["image/*", "application/pdf"])
    await eventually(lambda: any_ok(house))
    account.put(mail())
    (event,) = await received(house)
    conversation = event.message.conversation
    with pytest.raises(Unprocessable):
        await upload(house, conversation, b"x", type="application/zip")
    with pytest.raises(TooLarge):
        await upload(house, conversation, b"x" * (1_048_576 + 1))
    assert (await upload(house, conversation, b"x", type="image/png")).size == 1


async def test_CH_14_a_mail_we_write_first_begins_a_thread_that_its_answer_joins(
    house: House, account: Account, outbox: Outbox
) -> None:
    event = await opened(house, account, outbox)
    command = StartConversation(
        channel=event.thread.channel, address="ana@example.org", subject="Your parcel", text="It is here.", by=EVA
    )
    sent = (await house.bus.ask(command)).message
    (first,) = await outbox.got(1)
    assert (str(first["Subject"]), first["In-Reply-To"], sent.subject) == ("Your parcel", None, "Your parcel")
    assert sent.conversation != event.message.conversation
    account.put(mail("Thanks", answers=[str(first["Message-ID"]).strip("<>")], name="m9@ana.example"))
    _, answer = await received(house, 2)
    assert answer.message.conversation == sent.conversation
    # A copy of what we sent, laid into the same folder, is no message of a contact.
    account.put(first.as_bytes(), mail("last"))
    assert [one.message.text for one in await received(house, 3)] == ["hola", "Thanks", "last"]
