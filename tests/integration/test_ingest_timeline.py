"""Notes, tags, masks, contacts, files, and what ingest hears."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.contracts.acts import RuleRun, SendTextAct, SetAttribute, TagMessageAct, WriteNoteAct
from shared.contracts.base import Actor, Meta
from shared.contracts.contacts import ChangeContact, ContactChanged, ReadContact
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, RuleActed
from shared.contracts.facts import Fact, LanguageChanged, MessageAdded, RuleApplied
from shared.contracts.files import ReadAttachment
from shared.contracts.live import TimelineHint
from shared.contracts.messages import (
    EditNote,
    MaskMessage,
    MessageMasked,
    MessageQueued,
    MessageReceived,
    MessageTagged,
    ReadMessage,
    ReadTimeline,
    TagMessage,
    WriteNote,
)
from shared.contracts.words import ActorKind, Direction
from shared.errors import NotFound, Unprocessable
from tests.support.bus import FakeBus
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at, message, meta
from tests.support.receiver import receiver

pytestmark = pytest.mark.integration

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix) as house:
        yield house


async def received(house: House, **fields: Any) -> MessageReceived:
    channel = await house.webhook()
    await house.deliver(channel, {"messages": [message("m-1", "my card is 4111", name="Ana", **fields)]})
    (event,) = await eventually(lambda: house.said(MessageReceived))
    return event


def hints(house: House) -> list[TimelineHint]:
    assert isinstance(house.bus, FakeBus)
    return [event for event in house.bus.broadcasts if isinstance(event, TimelineHint)]


async def test_WF_18_a_note_is_internal_editable_and_deletable(house: House) -> None:
    event = await received(house)
    note = (
        await house.bus.ask(
            WriteNote(conversation=event.thread.conversation, text="he is kind", mentions=("leo",), by=EVA)
        )
    ).message
    assert note.direction is Direction.INTERNAL
    (queued,) = await eventually(lambda: house.said(MessageQueued))
    assert queued.message.mentions == ("leo",)
    edited = (await house.bus.ask(EditNote(message_id=note.id, text="he is very kind", by=EVA))).message
    assert (edited.text, edited.version > note.version, edited.edited_at is not None) == ("he is very kind", True, True)
    deleted = (await house.bus.ask(EditNote(message_id=note.id, text=None, by=EVA))).message
    assert (deleted.text, deleted.deleted) == ("", True)
    assert len(house.said(MessageQueued)) == 1
    assert {hint.message_id for hint in hints(house)} == {note.id}
    with pytest.raises(Unprocessable):
        await house.bus.ask(EditNote(message_id=event.message.id, text="x", by=EVA))


async def test_WF_21_tags_are_on_messages_and_their_union_is_said_in_order(house: House) -> None:
    event = await received(house)
    conversation = event.thread.conversation
    first = await house.bus.ask(TagMessage(conversation=conversation, add=("angry", " angry ", ""), by=EVA))
    assert first.message.tags == ("angry",)
    await house.bus.ask(TagMessage(conversation=conversation, message_id=event.message.id, add=("vip",), by=EVA))
    await house.bus.ask(TagMessage(conversation=conversation, remove=("angry",), by=EVA))
    await house.bus.ask(TagMessage(conversation=conversation, remove=("angry",), by=EVA))
    await eventually(lambda: len(house.said(MessageTagged)) == 3)
    said = sorted(house.said(MessageTagged), key=lambda one: one.number)
    assert [one.tags for one in said] == [("angry",), ("angry", "vip"), ("vip",)]
    timeline = await house.bus.ask(ReadTimeline(conversation=conversation))
    assert timeline.messages[0].tags == ("vip",)


async def test_PR_03_masking_leaves_a_shell_and_says_so(house: House) -> None:
    event = await received(house)
    masked = (await house.bus.ask(MaskMessage(message_id=event.message.id, by=EVA))).message
    assert (masked.text, masked.masked_by, masked.version > event.message.version) == ("", EVA, True)
    (said,) = await eventually(lambda: house.said(MessageMasked))
    assert (said.message.id, said.message.version, said.message.text) == (masked.id, masked.version, "")
    again = (await house.bus.ask(MaskMessage(message_id=event.message.id, by=EVA))).message
    assert again.version == masked.version


async def test_a_timeline_is_paged_newest_first(house: House) -> None:
    channel = await house.webhook()
    items = [message(f"m-{n}", f"{n}", sent_at=f"2026-01-01T00:00:{n:02}Z") for n in range(5)]
    await house.deliver(channel, {"messages": items})
    event = (await eventually(lambda: house.said(MessageReceived)))[0]
    first = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation, limit=3))
    second = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation, limit=3, before=first.next))
    assert [one.text for one in (*first.messages, *second.messages)] == ["4", "3", "2", "1", "0"]
    assert second.next is None


@pytest.mark.parametrize("sent_at", [None, "2026-01-01T00:00:00Z"])
async def test_messages_of_one_second_are_shown_as_they_came(house: House, sent_at: str | None) -> None:
    channel = await house.webhook()
    items = [message(f"m-{n}", f"{n}", sent_at=sent_at) for n in range(9)]
    await house.deliver(channel, {"messages": items})
    event = (await eventually(lambda: house.said(MessageReceived)))[0]
    read, before = [], None
    while True:
        page = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation, limit=4, before=before))
        read += [one.text for one in page.messages]
        before = page.next
        if before is None:
            break
    assert read == [str(n) for n in reversed(range(9))]


async def test_AU_09_a_detected_language_is_written_unless_one_was_set_by_hand(house: House) -> None:
    event = await received(house)
    fact = LanguageChanged(at=event.message.received_at, episode=1, before=None, after="es", detected=True)
    await hear(house, event, fact)
    assert (await contact_of(house, event)).language == "es"
    await house.bus.ask(ChangeContact(contact=event.contact.id, language="gl", by=EVA))
    await hear(house, event, fact)
    assert (await contact_of(house, event)).language == "gl"
    await house.bus.ask(ChangeContact(contact=event.contact.id, clear_language=True, by=EVA))
    await hear(house, event, fact)
    assert (await contact_of(house, event)).language == "es"
    assert {one.conversations for one in house.said(ContactChanged)} == {(event.thread.conversation,)}


async def test_a_message_that_a_conversation_took_is_not_announced_again(house: House) -> None:
    event = await received(house)
    stored = await house.service.message(event.message.id)
    assert stored.wake_at is not None
    fact = MessageAdded(
        at=event.message.received_at,
        episode=1,
        message=event.message.id,
        direction=Direction.INBOUND,
        kind=event.message.kind,
    )
    await hear(house, event, fact)
    assert (await house.service.message(event.message.id)).wake_at is None


async def test_CT_03_values_must_fit_the_attribute_that_an_admin_defined(house: House) -> None:
    event = await received(house, attributes={"plan": "gold"})
    await house.attribute({"name": "age", "type": "number"})
    with pytest.raises(Unprocessable) as caught:
        await house.bus.ask(ChangeContact(contact=event.contact.id, attributes={"age": "old"}, by=EVA))
    assert caught.value.extra["errors"] == [{"field": "attributes.age", "message": "must be a number"}]
    change = ChangeContact(contact=event.contact.id, attributes={"age": 41}, clear=("plan",), vip=True, by=EVA)
    read = await house.bus.ask(change)
    assert (read.contact.attributes, read.contact.vip) == ({"age": 41}, True)


async def test_acts_of_a_rule_are_applied_once_however_often_they_are_heard(house: House) -> None:
    event = await received(house)
    acts = (
        TagMessageAct(add=("error",)),
        SendTextAct(text="no way out by this channel"),
        WriteNoteAct(text="seen by a rule"),
        SetAttribute(attribute="tier", value=2),
    )
    acted = RuleActed(
        conversation=event.thread.conversation,
        episode=1,
        fact="f",
        message_id=event.message.id,
        contact=event.contact.id,
        run=RuleRun(run="run-1", rule="r", name="Errors", actions=acts),
    )
    cause = meta()
    for _ in range(2):
        await house.heard(acted, cause)
    timeline = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))
    assert [one.text for one in timeline.messages] == ["seen by a rule", "my card is 4111"]
    assert timeline.messages[0].author == Actor(kind=ActorKind.RULE, id="r", name="Errors")
    assert timeline.messages[1].tags == ("error",)
    assert (await contact_of(house, event)).attributes == {"tier": 2}


async def test_what_an_answer_to_triage_leaves_to_ingest_is_applied_once(house: House) -> None:
    event = await received(house)
    acts = (TagMessageAct(add=("error",)), WriteNoteAct(text="seen by a rule"))
    fact = RuleApplied(
        at=event.message.received_at,
        episode=1,
        run="run-1",
        rule="r",
        name="Errors",
        left=acts,
        message=event.message.id,
    )
    cause = meta()
    for _ in range(2):
        await hear(house, event, fact, cause=cause)
    timeline = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))
    assert [one.text for one in timeline.messages] == ["seen by a rule", "my card is 4111"]
    assert timeline.messages[1].tags == ("error",)


async def test_CH_08_files_are_fetched_and_outlive_their_address(house: House) -> None:
    content = bytes(range(256)) * 2000
    async with receiver() as files:
        files.answers = [
            (200, {"content-type": "image/png"}, content),
            (404, {}, b""),
        ]
        names = [{"url": f"{files.url}/{n}", "name": f"{n}.png", "type": "image/x"} for n in (1, 2)]
        event = await received(house, attachments=names)

        async def fetched() -> bool:
            found = (await house.bus.ask(ReadMessage(message_id=event.message.id))).message
            return all(one.id or one.problem for one in found.attachments)

        await eventually(fetched)
    found = (await house.bus.ask(ReadMessage(message_id=event.message.id))).message.attachments
    by_size = {one.size: one for one in found}
    kept, gone = by_size[len(content)], by_size[None]
    assert (kept.type, gone.problem) == ("image/png", "The server answered 404.")
    assert kept.id is not None
    read, conversation = b"", event.thread.conversation
    while True:
        chunk = await house.bus.ask(ReadAttachment(conversation=conversation, attachment=kept.id, offset=len(read)))
        read += base64.b64decode(chunk.data)
        if chunk.end:
            break
    assert read == content
    with pytest.raises(NotFound):
        await house.bus.ask(ReadAttachment(conversation="another", attachment=kept.id))
    await house.bus.ask(MaskMessage(message_id=event.message.id, by=EVA))
    with pytest.raises(NotFound):
        await house.bus.ask(ReadAttachment(conversation=conversation, attachment=kept.id))


async def hear(house: House, event: MessageReceived, *facts: Fact, cause: Meta | None = None) -> None:
    now = house.clock.now()
    conversation = ConversationSnapshot(
        id=event.thread.conversation,
        version=1,
        thread=event.thread,
        medium=event.medium,
        kind=event.message.kind,
        contact=event.contact.id,
        episode=1,
        episode_opened_at=now,
        status_since=now,
        created_at=now,
        changed_at=now,
    )
    await house.heard(ConversationChanged(conversation=conversation, changes=facts), cause or meta())


async def contact_of(house: House, event: MessageReceived) -> Any:
    return (await house.bus.ask(ReadContact(contact=event.contact.id))).contact
