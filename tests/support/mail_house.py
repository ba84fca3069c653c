"""Steps of mail tests: a channel whose mailbox is read, what came of it, answers."""

from __future__ import annotations

from typing import Any

from shared.contracts.base import Actor
from shared.contracts.channels import ReadChannelStates
from shared.contracts.messages import (
    MessageReceived,
    MessageSnapshot,
    ReadMessage,
    SendMessage,
)
from shared.contracts.words import ActorKind
from tests.support.dovecot import PASSWORD, Account
from tests.support.eventually import eventually
from tests.support.ingest import House
from tests.support.mail import Outbox

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")
ADDRESS = "help@shop.example"


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


async def any_ok(house: House) -> bool:
    return any(state.state == "ok" for state in (await house.bus.ask(ReadChannelStates())).items)
