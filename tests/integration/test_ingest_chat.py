"""Web chat over HTTP: sessions, messages, history, live answers, and who may use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message

from shared.contracts.base import Actor, Meta
from shared.contracts.conversation_commands import AnswerInvitation, ConversationReply
from shared.contracts.messages import (
    MaskMessage,
    MessageAccepted,
    MessageQueued,
    MessageReceived,
    QuickReply,
    ReadMessage,
    SendMessage,
    WriteNote,
)
from shared.contracts.words import ActorKind, AnsweredBy, Delivery, Medium
from shared.errors import NotFound
from shared.store import UPLOAD_PIECE
from tests.support.bus import FakeBus
from tests.support.conversations import Story
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at

pytestmark = pytest.mark.integration

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    async with ingest_at(mongo_url, prefix) as house:
        yield house


@dataclass
class Page:
    """A visitor's page, speaking as the script does."""

    house: House
    channel: str
    token: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def write(self, id: str, text: str = "hola", **fields: Any) -> Any:
        body = {"id": id, "text": text, **fields}
        return await self.house.client.post(f"/widget/{self.channel}/messages", json=body, headers=self.headers)

    async def send_piece(self, id: str, number: int, data: bytes, *, end: bool = False, **query: str) -> int:
        about = {"id": id, "number": str(number), "end": str(end).lower(), "name": "a/b.pdf", **query}
        answer = await self.house.client.post(
            f"/widget/{self.channel}/files", params=about, content=data, headers=self.headers
        )
        return int(answer.status_code)

    async def file(self, id: str) -> Any:
        return await self.house.client.get(f"/widget/{self.channel}/files/{id}", headers=self.headers)

    async def press(self, id: str, option: str, *, invitation: str = "inv") -> int:
        body = {"id": id, "invitation": invitation, "option": option}
        answer = await self.house.client.post(f"/widget/{self.channel}/answers", json=body, headers=self.headers)
        return int(answer.status_code)

    async def history(self, after: int = 0) -> Any:
        answer = await self.house.client.get(f"/widget/{self.channel}/messages?after={after}", headers=self.headers)
        return answer.json()

    @asynccontextmanager
    async def listening(self, after: int = 0) -> AsyncIterator[None]:
        """Hear the live stream. Called as ASGI, because the test client waits for whole answers."""
        task = asyncio.create_task(self._listen(after))
        await eventually(lambda: self.house.service.streams > 0)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, after: int) -> None:
        app = self.house.service.app
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"/widget/{self.channel}/events",
            "raw_path": b"",
            "query_string": f"after={after}".encode(),
            "headers": [(b"authorization", self.headers["authorization"].encode())],
            "client": ("127.0.0.1", 1),
            "server": ("ingest", 80),
        }
        first = True

        async def receive() -> Message:
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": b"", "more_body": False}
            await asyncio.sleep(3600)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            for line in message.get("body", b"").decode().splitlines():
                if line.startswith("data: "):
                    self.heard.append(json.loads(line.removeprefix("data: ")))

        await app(scope, receive, send)


async def page(house: House, channel: str | None = None) -> Page:
    channel = channel or await house.webchat()
    answer = await house.client.post(f"/widget/{channel}/session", json={})
    return Page(house, channel, answer.json()["token"])


async def test_what_a_visitor_writes_is_stored_once_with_his_language(house: House) -> None:
    visitor = await page(house)
    answers = [await visitor.write("c1", "¿Dónde está mi pedido?", language="es-MX") for _ in range(3)]
    assert [answer.json()["stored"] for answer in answers] == [True, False, False]
    (event,) = await eventually(lambda: house.said(MessageReceived))
    assert (event.medium, event.message.browser_language) == (Medium.WEBCHAT, "es-MX")
    assert [one["text"] for one in (await visitor.history())["messages"]] == ["¿Dónde está mi pedido?"]


async def test_an_answer_is_accepted_by_being_there_and_appears_at_once(house: House) -> None:
    visitor = await page(house)
    await visitor.write("c1")
    (event,) = await eventually(lambda: house.said(MessageReceived))
    async with visitor.listening(after=0):
        sent = await house.bus.ask(SendMessage(conversation=event.thread.conversation, text="¡Hola!", by=EVA))
        assert sent.message.delivery is Delivery.SENT
        await eventually(lambda: any(one["text"] == "¡Hola!" for one in visitor.heard))
    assert [one["from"] for one in visitor.heard] == ["visitor", "us"]
    (queued,), (accepted,) = await eventually(lambda: house.said(MessageQueued)), house.said(MessageAccepted)
    assert queued.message.id == accepted.message_id == sent.message.id
    assert "Eva" not in json.dumps(visitor.heard)


async def test_notes_never_reach_the_visitor(house: House) -> None:
    visitor = await page(house)
    await visitor.write("c1")
    (event,) = await eventually(lambda: house.said(MessageReceived))
    async with visitor.listening(after=0):
        await house.bus.ask(WriteNote(conversation=event.thread.conversation, text="secret note", by=EVA))
        await house.bus.ask(SendMessage(conversation=event.thread.conversation, text="answer", by=EVA))
        await eventually(lambda: any(one["text"] == "answer" for one in visitor.heard))
    assert "secret" not in json.dumps(visitor.heard)
    assert "secret" not in json.dumps(await visitor.history())


async def test_a_returning_page_hears_what_it_missed_and_masks_what_was_masked(house: House) -> None:
    visitor = await page(house)
    await visitor.write("c1")
    (event,) = await eventually(lambda: house.said(MessageReceived))
    cursor = (await visitor.history())["cursor"]
    sent = await house.bus.ask(SendMessage(conversation=event.thread.conversation, text="missed", by=EVA))
    async with visitor.listening(after=cursor):
        await eventually(lambda: any(one["text"] == "missed" for one in visitor.heard))
        await house.bus.ask(MaskMessage(message_id=sent.message.id, by=EVA))
        await eventually(lambda: any(one["masked"] for one in visitor.heard))
    assert [(one["text"], one["masked"]) for one in (await visitor.history())["messages"]] == [
        ("hola", False),
        ("", True),
    ]


async def test_CH_07_the_page_says_what_was_delivered_and_read(house: House) -> None:
    visitor = await page(house)
    await visitor.write("c1")
    (event,) = await eventually(lambda: house.said(MessageReceived))
    sent = await house.bus.ask(SendMessage(conversation=event.thread.conversation, text="x", by=EVA))
    stranger = await page(house, visitor.channel)
    for who, what, after in (
        (stranger, "read", Delivery.SENT),
        (visitor, "delivered", Delivery.DELIVERED),
        (visitor, "read", Delivery.READ),
        (visitor, "delivered", Delivery.READ),
    ):
        answer = await house.client.post(
            f"/widget/{visitor.channel}/receipts", json={what: [sent.message.id, "unknown"]}, headers=who.headers
        )
        assert answer.status_code == 204
        assert (await house.bus.ask(ReadMessage(message_id=sent.message.id))).message.delivery is after
    assert len(house.said(MessageAccepted)) == 1


async def test_one_visitor_sees_nothing_of_another(house: House) -> None:
    ana = await page(house)
    await ana.write("c1", "mine")
    leo = await page(house, ana.channel)
    assert (await leo.history())["messages"] == []
    await leo.write("c1", "also named c1")
    assert [one["text"] for one in (await ana.history())["messages"]] == ["mine"]


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y", "Basic abc", "Bearer \xff.\xff"])
async def test_without_a_session_of_this_chat_nothing_is_said(house: House, header: str | None) -> None:
    channel = await house.webchat()
    headers = {} if header is None else {b"authorization": header.encode("latin-1")}
    for path in ("messages", "events"):
        assert (await house.client.get(f"/widget/{channel}/{path}", headers=headers)).status_code == 401
    elsewhere = Page(house, channel, (await page(house)).token)
    assert (await elsewhere.write("c1")).status_code == 401


async def test_a_session_is_kept_while_it_is_young(house: House) -> None:
    visitor = await page(house)
    again = await house.client.post(f"/widget/{visitor.channel}/session", json={}, headers=visitor.headers)
    assert again.json()["token"] == visitor.token


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "c1", "text": ""},
        {"id": "c1", "text": " \n "},
        {"id": "", "text": "x"},
        {"id": "a b", "text": "x"},
        {"id": "c1", "text": "x" * 100_001},
        {"id": "c1", "text": 7},
        {"id": "c1" * 60, "text": "x"},
        [],
    ],
)
async def test_wrong_messages_are_422_with_their_fields(house: House, body: Any) -> None:
    visitor = await page(house)
    url = f"/widget/{visitor.channel}/messages"
    answer = await house.client.post(url, json=body, headers=visitor.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unprocessable")
    assert answer.json()["errors"]


async def test_only_allowed_pages_may_use_the_chat(house: House) -> None:
    channel = await house.webchat(allowed_origins=["https://shop.example"])
    url = f"/widget/{channel}/session"
    good, evil = {"origin": "https://shop.example"}, {"origin": "https://evil.example"}
    allowed = await house.client.post(url, json={}, headers=good)
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert allowed.status_code == 200
    refused = await house.client.post(url, json={}, headers=evil)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    assert (await house.client.options(url, headers=good | ask)).status_code == 204
    assert (await house.client.options(url, headers=evil | ask)).status_code == 403
    assert (await house.client.post(url, json={}, headers={"origin": "http://ingest"})).status_code == 200


async def test_errors_can_be_read_by_the_embedding_page(house: House) -> None:
    channel = await house.webchat()
    answer = await house.client.get(f"/widget/{channel}/messages", headers={"origin": "https://any.example"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://any.example"


async def test_too_much_at_once_is_429_with_a_time_to_wait(mongo_url: str, prefix: str) -> None:
    async with ingest_at(mongo_url, prefix, visitor_messages="3/minute") as house:
        visitor = await page(house)
        answers = [await visitor.write(f"c{n}") for n in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 61


async def test_the_script_and_the_demo_page_are_served(house: House) -> None:
    channel = await house.webchat(greeting="<b>hi</b>", colour="#ff0000")
    script = await house.client.get(f"/widget/{channel}/widget.js")
    assert script.headers["content-type"].startswith("text/javascript")
    tag = {"if-none-match": script.headers["etag"]}
    assert (await house.client.get(f"/widget/{channel}/widget.js", headers=tag)).status_code == 304
    demo = await house.client.get(f"/widget/{channel}/demo")
    assert "default-src 'none'" in demo.headers["content-security-policy"]
    config = (await house.client.get(f"/widget/{channel}/config")).json()
    assert (config["greeting"], config["colour"]) == ("<b>hi</b>", "#ff0000")
    assert (await house.client.get("/widget/unknown/widget.js")).status_code == 404


async def test_streams_end_when_the_process_stops(house: House) -> None:
    visitor = await page(house)
    async with visitor.listening():
        house.stopping.set()
        await eventually(lambda: house.service.streams == 0)


async def test_a_visitor_may_have_only_so_many_streams(mongo_url: str, prefix: str) -> None:
    async with ingest_at(mongo_url, prefix, streams_per_visitor=1) as house:
        visitor = await page(house)
        async with visitor.listening():
            answer = await house.client.get(f"/widget/{visitor.channel}/events", headers=visitor.headers)
            assert answer.status_code == 429


async def test_CS_10_a_survey_s_buttons_are_shown_and_answer_it_in_the_visitors_own_conversation(house: House) -> None:
    mine = await page(house)
    await mine.write("w1")
    (received,) = house.said(MessageReceived)
    conversation = received.thread.conversation
    buttons = (QuickReply(id="1", label="Bad"), QuickReply(id="2", label="Good"))
    survey = SendMessage(
        conversation=conversation, text="How?", by=EVA, automatic=True, quick_replies=buttons, invitation="inv"
    )
    sent = await house.bus.ask(survey)
    shown = (await mine.history())["messages"][-1]
    assert (shown["survey"], shown["replies"]) == ("inv", [one.model_dump() for one in buttons])
    asked: list[tuple[AnswerInvitation, str]] = []

    async def answer(command: AnswerInvitation, meta: Meta) -> ConversationReply:
        asked.append((command, meta.event_id))
        if command.invitation != "inv":
            raise NotFound("There is no such survey.")
        return ConversationReply(conversation=Story().message("m1", 0).now)

    assert isinstance(house.bus, FakeBus)
    house.bus.answer_with(AnswerInvitation, answer)
    assert [await mine.press("p1", "2"), await mine.press("p1", "2"), await mine.press("p2", "1")] == [204, 204, 204]
    assert {(one.conversation, one.how) for one, _ in asked} == {(conversation, AnsweredBy.BUTTON)}
    assert len({id for _, id in asked}) == 2, "a repeat is the same answer"
    assert await mine.press("p3", "2", invitation="another") == 404
    mine.token = "forged"
    assert await mine.press("p4", "2") == 401
    await house.bus.ask(MaskMessage(message_id=sent.message.id, by=EVA))
    stored = await house.bus.ask(ReadMessage(message_id=sent.message.id))
    assert stored.message.quick_replies == ()


async def test_CH_08_a_visitors_file_comes_in_pieces_and_stays_in_his_conversation(house: House) -> None:
    visitor = await page(house)
    whole = b"x" * UPLOAD_PIECE
    assert await visitor.send_piece("f", 0, b"") == 422
    assert await visitor.send_piece("f", 0, b"short") == 409  # only the last one may be
    assert await visitor.send_piece("f", 0, whole, type="nonsense") == 422
    assert (await visitor.write("m", "", files=["f"])).status_code == 422  # nothing of it is there yet
    assert [await visitor.send_piece("f", 0, whole) for _ in range(2)] == [204, 204]
    assert await visitor.send_piece("f", 1, b"end", end=True) == 204
    assert (await visitor.write("m", "", files=["f"])).status_code == 200
    (file,) = house.said(MessageReceived)[0].message.attachments
    assert (file.name, file.size) == ("b.pdf", UPLOAD_PIECE + 3)
    (shown,) = (await visitor.history())["messages"][0]["files"]
    saved = await visitor.file(shown["id"])
    assert (saved.content, saved.headers["x-content-type-options"]) == (whole + b"end", "nosniff")
    assert saved.headers["content-disposition"].startswith("attachment;")
    other = await page(house, visitor.channel)
    assert (await other.file(shown["id"])).status_code == 404
    assert (await other.write("m", "", files=["f"])).status_code == 422  # his own "f", which he never sent
    assert await visitor.send_piece("g", 106, whole) == 413  # past 20 MB
    await house.bus.ask(MaskMessage(message_id=house.said(MessageReceived)[0].message.id, by=EVA))
    assert (await visitor.file(shown["id"])).status_code == 404


async def test_CH_08_a_channel_may_take_no_files_of_visitors(house: House) -> None:
    visitor = await page(house, await house.webchat(visitor_files=False))
    assert (await house.client.get(f"/widget/{visitor.channel}/config")).json()["files_mb"] == 0
    assert await visitor.send_piece("f", 0, b"x", end=True) == 403
