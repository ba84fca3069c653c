"""The generic webhook on a real store: stored before acknowledged, once, whatever arrives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.contacts import ContactChanged, ReadContact
from shared.contracts.messages import MessageReceived, ReadTimeline
from shared.contracts.resources import DeleteResource, ReadResource
from tests.support.bus import FakeBus
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at, message

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix) as house:
        yield house


async def test_CH_04_a_delivery_repeated_three_times_is_stored_once_with_one_event(house: House) -> None:
    channel = await house.webhook()
    body = {"messages": [message("m-1", "hola", name="Ana", attributes={"city": "Vigo"})]}
    answers = [await house.deliver(channel, body) for _ in range(3)]
    assert [answer.json() for answer in answers] == [
        {"stored": 1, "known": 0, "receipts": 0, "rejected": []},
        {"stored": 0, "known": 1, "receipts": 0, "rejected": []},
        {"stored": 0, "known": 1, "receipts": 0, "rejected": []},
    ]
    (event,) = await eventually(lambda: house.said(MessageReceived))
    assert (event.message.text, event.contact.name, event.contact.attributes) == ("hola", "Ana", {"city": "Vigo"})
    timeline = await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))
    assert [one.id for one in timeline.messages] == [event.message.id]
    assert timeline.messages[0].version == event.message.version


async def test_a_payload_with_ten_messages_stores_ten_in_their_order(house: House) -> None:
    channel = await house.webhook()
    body = {"messages": [message(f"m-{n}", f"text {n}", address=f"contact-{n % 3}") for n in range(10)]}
    assert (await house.deliver(channel, body)).json()["stored"] == 10
    await eventually(lambda: len(house.said(MessageReceived)) == 10)
    events = sorted(house.said(MessageReceived), key=lambda event: event.message.received_at)
    assert [event.message.text for event in events] == [f"text {n}" for n in range(10)]
    assert len({event.contact.id for event in events}) == 3


async def test_two_visibilities_of_one_contact_are_two_conversations_of_one_contact(house: House) -> None:
    channel = await house.webhook()
    body = {"messages": [message("a"), message("b", visibility="public", kind="comment", root="post-1")]}
    await house.deliver(channel, body)
    await eventually(lambda: len(house.said(MessageReceived)) == 2)
    private, public = house.said(MessageReceived)
    assert private.contact.id == public.contact.id
    read = await house.bus.ask(ReadContact(contact=private.contact.id))
    assert {thread.conversation for thread in read.threads} == {
        private.thread.conversation,
        public.thread.conversation,
    }


async def test_what_a_network_tells_of_a_contact_is_told_on_and_an_old_repeat_tells_nothing(house: House) -> None:
    channel = await house.webhook()
    first = {"messages": [message("m-1", name="Ana", attributes={"city": "Vigo"})]}
    second = {"messages": [message("m-2", name="Ana López", attributes={"city": "Lugo"})]}
    for body in (first, second, first):
        assert (await house.deliver(channel, body)).status_code == 200
    changes = await eventually(lambda: house.said(ContactChanged))
    assert [(one.contact.name, one.contact.attributes) for one in changes] == [("Ana López", {"city": "Lugo"})]
    (thread,) = (await house.bus.ask(ReadContact(contact=changes[0].contact.id))).threads
    assert changes[0].conversations == (thread.conversation,)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"messages": 3}', b"[" * 5000, b'{"a": NaN}'])
async def test_what_is_no_delivery_is_400(house: House, body: bytes) -> None:
    answer = await house.deliver(await house.webhook(), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_good_items_are_kept_and_the_others_are_named(house: House) -> None:
    channel = await house.webhook()
    wrong: list[Any] = [message("long", "x" * 1_000_000), {"external_id": "no sender"}, 7, message("d", sent_at="soon")]
    answer = await house.deliver(channel, {"messages": [wrong[0], message("good"), *wrong[1:]]})
    assert answer.status_code == 200
    assert answer.json()["stored"] == 1
    assert [(one["where"], one["id"]) for one in answer.json()["rejected"]] == [
        ("messages.0", "long"),
        ("messages.2", "no sender"),
        ("messages.3", ""),
        ("messages.4", "d"),
    ]
    fields = [one["errors"][0]["field"] for one in answer.json()["rejected"]]
    assert fields == ["text", "sender", "", "sent_at"]


async def test_nothing_usable_is_422(house: House) -> None:
    answer = await house.deliver(await house.webhook(), {"messages": [{"external_id": "x"}]})
    assert answer.status_code == 422
    assert answer.json()["rejected"][0]["id"] == "x"


async def test_a_wrong_signature_is_401_and_stores_nothing(house: House) -> None:
    channel = await house.webhook()
    body = {"messages": [message("m-1")]}
    refused = await house.deliver(channel, body, secret="whsec_" + "A" * 44)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    unsigned = await house.client.post(f"/hooks/{channel}", json=body)
    assert unsigned.status_code == 401
    assert (await house.deliver(channel, body)).json()["stored"] == 1


async def test_a_body_over_the_limit_is_413(house: House) -> None:
    answer = await house.deliver(await house.webhook(), {"messages": [message("m", "x" * 2_200_000)]})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_an_unknown_or_disabled_channel_is_404(house: House) -> None:
    off = await house.webhook(enabled=False)
    for channel in ("unknown", off, await house.webchat()):
        assert (await house.deliver(channel, {"messages": []})).status_code == 404


async def test_a_deleted_channel_takes_nothing_more(house: House) -> None:
    channel = await house.webhook()
    version = (await house.bus.ask(ReadResource(kind="channels", id=channel), service="ingest")).version
    await house.bus.ask(DeleteResource(kind="channels", id=channel, version=version), service="ingest")
    assert (await house.deliver(channel, {"messages": [message("m")]})).status_code == 404


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("1850-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2020-06-01T12:00:00", datetime(2020, 6, 1, 12, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        (4_000_000_000, None),
        (1_590_000_000, datetime(2020, 5, 20, 18, 40, tzinfo=UTC)),
    ],
)
async def test_CH_04_absurd_dates_are_shown_within_reason(house: House, said: Any, shown: datetime | None) -> None:
    await house.deliver(await house.webhook(), {"messages": [message("m", sent_at=said)]})
    (event,) = await eventually(lambda: house.said(MessageReceived))
    now = datetime.now(UTC)
    assert abs(event.message.sent_at - (shown or now)) < timedelta(seconds=30)
    assert abs(event.message.received_at - now) < timedelta(seconds=30)


HOSTILE = [
    "\x00nul\x00",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7}",
    "'; DROP TABLE messages; --",
    "\u202eevil\u202c",
    "x" * 300,
    "$where",
    "a.b.$c",
    "  ",
    "\U0001f469\u200d\U0001f4bb",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_in_every_field_is_stored_clean_or_refused_clearly(house: House, text: str) -> None:
    channel = await house.webhook()
    item = message(
        f"id {text}",
        text,
        address=f"a {text}",
        name=text,
        attributes={f"k{text}": text, "list": [text]},
        subject=text,
        root=text,
        visibility="public",
        attachments=[{"url": "https://127.0.0.1:9/x", "name": text, "type": text}],
    )
    answer = await house.deliver(channel, {"messages": [item], "receipts": [{"message_id": text, "status": "read"}]})
    assert answer.status_code in (200, 422)
    if answer.json().get("stored"):
        (event,) = await eventually(lambda: house.said(MessageReceived))
        assert "\x00" not in event.model_dump_json()
        assert event.message.text == text.replace("\x00", "")
        json.dumps((await house.bus.ask(ReadTimeline(conversation=event.thread.conversation))).model_dump(mode="json"))


async def test_lone_surrogates_are_replaced_and_halves_of_one_character_are_joined(house: House) -> None:
    raw = b'{"messages": [{"external_id": "m", "text": "a\\ud800b \\ud83d\\ude00", "sender": {"address": "ana"}}]}'
    assert (await house.deliver(await house.webhook(), raw)).json()["stored"] == 1
    (event,) = await eventually(lambda: house.said(MessageReceived))
    assert event.message.text == "a\ufffdb \U0001f600"


@pytest.mark.parametrize("value", [10**30, -(2**60), 1e999, ["x"] * 51, "y" * 2001, {"nested": 1}])
async def test_attribute_values_that_cannot_be_kept_are_refused_clearly(house: House, value: Any) -> None:
    body = json.dumps({"messages": [message("m", attributes={"city": value})]}).replace("Infinity", "1e999")
    answer = await house.deliver(await house.webhook(), body.encode())
    assert answer.status_code == 422
    assert answer.json()["rejected"][0]["errors"][0]["field"].startswith("sender.attributes")


async def test_messages_are_accepted_with_the_broker_away_and_said_when_it_is_back(house: House) -> None:
    assert isinstance(house.bus, FakeBus)
    channel = await house.webhook()
    house.bus.broker.away = True
    answer = await house.deliver(channel, {"messages": [message("m-1")]})
    assert (answer.status_code, answer.json()["stored"]) == (200, 1)
    assert house.said(MessageReceived) == []
    house.bus.broker.away = False
    await eventually(lambda: len(house.said(MessageReceived)) == 1)
