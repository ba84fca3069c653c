"""Virtual agents on a real store and a real endpoint: what was not told before a restart is told after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.automation.main import build
from shared.bus import answers
from shared.bus.topology import Topology
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactRead, ReadContact
from shared.contracts.conversation_commands import ConversationReply, ReadConversation
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import ReadMessage, SendMessage, Sent
from shared.contracts.resources import CreateResource
from tests.support.clock import ManualClock
from tests.support.conversations import CHANNEL, Story, contact, desk, inbound
from tests.support.eventually import eventually
from tests.support.premises import premises
from tests.support.receiver import listening
from tests.support.reference_bot import ReferenceBot

pytestmark = pytest.mark.integration
SECRET = "whsec_c3dpdGNoYm9hcmQgdGVzdCBrZXkgMDEyMzQ1Njc4OSE="


async def test_AU_21_an_event_that_was_not_taken_before_a_restart_is_told_after_it_and_answered_once(
    mongo_url: str, prefix: str
) -> None:
    clock = ManualClock(datetime.now(UTC))
    sent: dict[str, str] = {}
    message = inbound("m1", 0, "hello").message
    story = Story(desk(triage=True)).message("m1", 0)

    async def read_conversation(_command: ReadConversation, _meta: Meta) -> ConversationReply:
        return ConversationReply(conversation=story.now)

    async def read_contact(_command: ReadContact, _meta: Meta) -> ContactRead:
        return ContactRead(contact=contact())

    async def read_message(_command: ReadMessage, _meta: Meta) -> Sent:
        return Sent(message=message)

    async def send(command: SendMessage, meta: Meta) -> Sent:
        sent[meta.event_id] = command.text
        return Sent(message=message)

    async with (
        listening(ReferenceBot(secret=SECRET)) as bot,
        premises(mongo_url, prefix, Topology(), clock=clock, private=True) as place,
    ):
        routing, ingest = await place.owns_nothing("routing"), await place.owns_nothing("ingest")
        await place.owns_nothing("sla")
        await routing.start([answers(ReadConversation, read_conversation)])
        await ingest.start(
            [answers(ReadContact, read_contact), answers(ReadMessage, read_message), answers(SendMessage, send)]
        )
        first = await place.open("automation", build)
        value = {"name": "Robin", "channels": [CHANNEL], "endpoint": f"{bot.url}/talk", "secret": SECRET}
        made = await routing.ask(CreateResource(kind="virtual-agents", value=value), service="automation")
        story.answer("m1", 1, virtual_agent=made.id)
        bot.reply = lambda _text: {"messages": "this is not how it is done"}
        await place.say(routing, ConversationChanged(conversation=story.now, changes=story.facts))
        await eventually(lambda: bot.told(story.now.id) == ["conversation.started", "hello"])
        await first.stop()

        bot.reply = lambda text: {"messages": [{"text": f"You said {text}"}]}
        await place.open("automation", build)
        clock.advance(timedelta(seconds=5))
        await eventually(lambda: list(sent.values()) == ["You said hello"])
        assert len({id for id, event in zip(bot.ids, bot.events, strict=True) if "message" in event["data"]}) == 1
        assert await place.dead() == []
