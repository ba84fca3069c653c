"""Replies on their way out by the generic webhook: signed, tried again, never doubled, honest about their fate."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from shared.contracts.base import Actor
from shared.contracts.files import StoreAttachment
from shared.contracts.messages import (
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    ReadMessage,
    RetryMessage,
    SendMessage,
    Sent,
    StartConversation,
)
from shared.contracts.words import ActorKind, Delivery
from shared.errors import Conflict, NotFound, Unprocessable
from tests.support.eventually import eventually
from tests.support.ingest import SECRET, House, ingest_at, message, meta
from tests.support.receiver import Receiver, receiver

pytestmark = pytest.mark.integration

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix, send_timeout=1.0) as house:
        yield house


@pytest.fixture
async def endpoint() -> AsyncIterator[Receiver]:
    async with receiver() as endpoint:
        yield endpoint


async def opened(house: House, url: str | None, **fields: Any) -> tuple[str, str]:
    """A channel, and a conversation on it."""
    channel = await house.webhook(url, **fields)
    await house.deliver(channel, {"messages": [message("m-1", name="Ana")]})
    (event,) = await eventually(lambda: house.said(MessageReceived))
    return channel, event.thread.conversation


async def delivery(house: House, id: str) -> Delivery | None:
    return (await house.bus.ask(ReadMessage(message_id=id))).message.delivery


async def test_CH_07_a_reply_is_signed_sent_and_accepted(house: House, endpoint: Receiver) -> None:
    channel, conversation = await opened(house, endpoint.url + "/replies")
    sent = await house.bus.ask(SendMessage(conversation=conversation, text="¡hola!", by=EVA, seen="x"))
    assert sent.message.delivery is Delivery.QUEUED
    (request,) = await endpoint.got(1)
    Webhook(SECRET).verify(request.body, dict(request.headers))
    assert request.headers["webhook-id"] == sent.message.id
    body = request.json()
    assert (body["type"], body["text"], body["to"], body["channel"]) == (
        "message",
        "¡hola!",
        {"address": "ana"},
        channel,
    )
    (accepted,) = await eventually(lambda: house.said(MessageAccepted))
    assert accepted.queued is not None
    assert (accepted.message_id, accepted.queued.seen) == (sent.message.id, "x")
    (queued,) = house.said(MessageQueued)
    assert queued.message.version < accepted.queued.message.version
    assert await delivery(house, sent.message.id) is Delivery.SENT


async def test_the_same_command_twice_sends_once(house: House, endpoint: Receiver) -> None:
    _, conversation = await opened(house, endpoint.url)
    command, key = SendMessage(conversation=conversation, text="once", by=EVA), meta()
    answers = [await house.bus.ask(command, meta=key) for _ in range(2)]
    assert answers[0].message.id == answers[1].message.id
    await eventually(lambda: house.said(MessageAccepted))
    assert len(endpoint.requests) == 1
    assert len(house.said(MessageQueued)) == 1


async def test_quick_replies_arrive_as_they_were_written(house: House, endpoint: Receiver) -> None:
    _, conversation = await opened(house, endpoint.url)
    texts = [str(n) for n in range(6)]
    for text in texts:
        await house.bus.ask(SendMessage(conversation=conversation, text=text, by=EVA))
    assert [request.json()["text"] for request in await endpoint.got(6)] == texts


async def test_a_passing_failure_is_tried_again_by_the_same_id(house: House, endpoint: Receiver) -> None:
    endpoint.answers = [(503, {}, b""), None]
    _, conversation = await opened(house, endpoint.url)
    sent = await house.bus.ask(SendMessage(conversation=conversation, text="again", by=EVA))
    requests = await endpoint.got(3, within=20)
    assert {request.headers["webhook-id"] for request in requests} == {sent.message.id}
    assert len({request.body for request in requests}) == 1
    await eventually(lambda: house.said(MessageAccepted))
    assert house.said(MessageFailed) == []


async def test_a_refusal_fails_with_its_reason_and_a_retry_is_T9_again(house: House, endpoint: Receiver) -> None:
    endpoint.answers = [(410, {}, b"gone")]
    _, conversation = await opened(house, endpoint.url)
    sent = await house.bus.ask(SendMessage(conversation=conversation, text="no", by=EVA))
    (failed,) = await eventually(lambda: house.said(MessageFailed))
    assert "410" in failed.reason
    assert await delivery(house, sent.message.id) is Delivery.FAILED
    await house.bus.ask(RetryMessage(message_id=sent.message.id, by=EVA))
    await eventually(lambda: house.said(MessageAccepted))
    assert [one.message.id for one in house.said(MessageQueued)] == [sent.message.id] * 2
    with pytest.raises(Conflict):
        await house.bus.ask(RetryMessage(message_id=sent.message.id, by=EVA))


async def test_redirects_are_not_followed(house: House, endpoint: Receiver) -> None:
    endpoint.usual = (302, {"location": endpoint.url + "/elsewhere"}, b"")
    _, conversation = await opened(house, endpoint.url + "/here")
    await house.bus.ask(SendMessage(conversation=conversation, text="x", by=EVA))
    await eventually(lambda: house.said(MessageFailed))
    assert [request.path for request in endpoint.requests] == ["/here"]


async def test_private_addresses_are_not_called(mongo_url: str, prefix: str, endpoint: Receiver) -> None:
    async with ingest_at(mongo_url, prefix) as house:
        _, conversation = await opened(house, endpoint.url.replace("127.0.0.1", "localhost"))
    async with ingest_at(mongo_url, prefix, private=False) as house:
        await house.bus.ask(SendMessage(conversation=conversation, text="x", by=EVA))
        (failed,) = await eventually(lambda: house.said(MessageFailed))
        assert "Private" in failed.reason
        assert endpoint.requests == []
        with pytest.raises(Unprocessable):
            await house.webhook(endpoint.url)


async def test_receipts_move_the_status_forward_only(house: House, endpoint: Receiver) -> None:
    endpoint.usual = (200, {}, b'{"external_id": "their-7"}')
    channel, conversation = await opened(house, endpoint.url)
    sent = await house.bus.ask(SendMessage(conversation=conversation, text="x", by=EVA))
    await eventually(lambda: house.said(MessageAccepted))
    for name, status in (("their-7", "read"), (sent.message.id, "delivered"), ("their-7", "failed")):
        answer = await house.deliver(channel, {"receipts": [{"message_id": name, "status": status}]})
        assert answer.json()["receipts"] == 1
    assert await delivery(house, sent.message.id) is Delivery.READ
    assert len(house.said(MessageAccepted)) == 1
    unknown = await house.deliver(channel, {"receipts": [{"message_id": "nobody's", "status": "read"}]})
    assert unknown.status_code == 422
    other = await house.webhook()
    assert (await house.deliver(other, {"receipts": [{"message_id": "their-7", "status": "read"}]})).status_code == 422


async def test_a_receipt_that_overtakes_the_answer_is_the_acceptance(house: House, endpoint: Receiver) -> None:
    endpoint.usual = None
    channel, conversation = await opened(house, endpoint.url)
    sent = await house.bus.ask(SendMessage(conversation=conversation, text="x", by=EVA))
    await endpoint.got(1)
    await house.deliver(channel, {"receipts": [{"message_id": sent.message.id, "status": "delivered"}]})
    (accepted,) = await eventually(lambda: house.said(MessageAccepted))
    assert accepted.queued is not None
    endpoint.usual = (500, {}, b"")
    assert await delivery(house, sent.message.id) is Delivery.DELIVERED


async def test_what_a_dead_process_left_queued_is_sent_by_the_next_one(
    mongo_url: str, prefix: str, endpoint: Receiver
) -> None:
    endpoint.usual = (503, {}, b"")
    async with ingest_at(mongo_url, prefix) as house:
        _, conversation = await opened(house, endpoint.url)
        sent = await house.bus.ask(SendMessage(conversation=conversation, text="x", by=EVA))
        await endpoint.got(1)
    endpoint.usual = (200, {}, b"")
    async with ingest_at(mongo_url, prefix) as house:
        (accepted,) = await eventually(lambda: house.said(MessageAccepted))
        assert accepted.message_id == sent.message.id


async def test_CH_14_writing_first_to_a_known_contact_is_proactive(house: House, endpoint: Receiver) -> None:
    channel, _ = await opened(house, endpoint.url)
    command = StartConversation(channel=channel, address="ana", text="news", by=EVA)
    sent = await house.bus.ask(command)
    (queued,) = await eventually(lambda: house.said(MessageQueued))
    assert queued.proactive
    assert queued.contact is not None
    assert (queued.contact.name, queued.message.id) == ("Ana", sent.message.id)
    with pytest.raises(NotFound):
        await house.bus.ask(command.model_copy(update={"address": "stranger"}))


async def test_what_cannot_be_sent_is_refused_before_it_is_stored(house: House, endpoint: Receiver) -> None:
    _, conversation = await opened(house, None)

    async def refused(**fields: Any) -> str:
        with pytest.raises(Unprocessable) as caught:
            await house.bus.ask(SendMessage(conversation=conversation, by=EVA, **fields))
        return caught.value.detail

    assert "no address for replies" in await refused(text="x")
    with pytest.raises(NotFound):
        await house.bus.ask(SendMessage(conversation="unknown", text="x", by=EVA))
    assert house.said(MessageQueued) == []


async def test_CH_09_after_the_reply_window_nothing_is_sent(house: House, endpoint: Receiver) -> None:
    _, conversation = await opened(house, endpoint.url, reply_window_hours=1)
    sent: Sent = await house.bus.ask(SendMessage(conversation=conversation, text="in time", by=EVA))
    assert sent.message.text == "in time"
    with pytest.raises(Unprocessable):
        await house.bus.ask(SendMessage(conversation=conversation, text=" ", by=EVA))


async def test_CH_08_a_stored_file_goes_to_the_endpoint_as_an_address_that_only_we_can_make(
    house: House, endpoint: Receiver
) -> None:
    _, conversation = await opened(house, endpoint.url)
    command = StoreAttachment(
        conversation=conversation,
        upload="u",
        name="photo.png",
        media_type="image/png",
        number=0,
        data=base64.b64encode(b"png").decode(),
        end=True,
        by=EVA,
    )
    stored = (await house.bus.ask(command)).attachment
    assert stored is not None
    await house.bus.ask(SendMessage(conversation=conversation, attachments=(stored,), by=EVA))
    (request,) = await endpoint.got(1)
    (file,) = request.json()["attachments"]
    assert (file["name"], file["size"]) == ("photo.png", 3)
    path = file["url"].partition("/hooks/")[2]
    fetched = await house.client.get(f"/hooks/{path}")
    assert (fetched.status_code, fetched.content) == (200, b"png")
    assert fetched.headers["content-disposition"].startswith("attachment")
    for forged in (path.replace("signature=", "signature=0"), path.replace("until=", "until=9"), path.split("?")[0]):
        assert (await house.client.get(f"/hooks/{forged}")).status_code in (404, 422)
