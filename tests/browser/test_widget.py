"""The chat box in a real Chromium: write, be answered live, come back, in two languages, without running markup."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, async_playwright, expect

from shared.contracts.base import Actor, Meta
from shared.contracts.conversation_commands import AnswerInvitation, ConversationReply
from shared.contracts.files import StoreAttachment
from shared.contracts.messages import MessageReceived, QuickReply, ReadMessage, SendMessage
from shared.contracts.words import ActorKind, Delivery
from shared.errors import Conflict
from tests.support.bus import FakeBus
from tests.support.conversations import Story
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_at

pytestmark = [pytest.mark.browser, pytest.mark.integration]

EVA = Actor(kind=ActorKind.AGENT, id="eva", name="Eva")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Site:
    """Ingest, reachable by a browser."""

    house: House
    channel: str
    url: str

    @property
    def demo(self) -> str:
        return f"{self.url}/widget/{self.channel}/demo"

    async def answer(self, text: str) -> str:
        """An agent's answer in the only conversation there is."""
        (conversation,) = {event.thread.conversation for event in self.house.said(MessageReceived)}
        sent = await self.house.bus.ask(SendMessage(conversation=conversation, text=text, by=EVA))
        return sent.message.id

    async def send_file(self, name: str, content: bytes) -> str:
        """An agent's file in the only conversation there is; its name as stored."""
        (conversation,) = {event.thread.conversation for event in self.house.said(MessageReceived)}
        data = base64.b64encode(content).decode()
        piece = StoreAttachment(
            conversation=conversation,
            upload=name,
            name=name,
            media_type="text/plain",
            number=0,
            data=data,
            end=True,
            by=EVA,
        )
        stored = (await self.house.bus.ask(piece)).attachment
        assert stored is not None
        await self.house.bus.ask(SendMessage(conversation=conversation, text="", attachments=(stored,), by=EVA))
        return stored.name

    async def offer(self, *labels: str, invitation: str | None = None) -> str:
        """An automatic message with buttons, of a survey where ``invitation`` says so."""
        (conversation,) = {event.thread.conversation for event in self.house.said(MessageReceived)}
        buttons = tuple(QuickReply(id=str(number), label=label) for number, label in enumerate(labels, start=1))
        message = SendMessage(
            conversation=conversation,
            text="How was it?",
            by=Actor(kind=ActorKind.SYSTEM, id="survey:s"),
            automatic=True,
            quick_replies=buttons,
            invitation=invitation,
        )
        return (await self.house.bus.ask(message)).message.id

    async def delivery(self, id: str) -> Delivery | None:
        return (await self.house.bus.ask(ReadMessage(message_id=id))).message.delivery


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test runner's."""
        yield


@asynccontextmanager
async def served(house: House, port: int) -> AsyncIterator[None]:
    app = house.service.app
    config = uvicorn.Config(app, port=port, loop="none", lifespan="off", log_config=None, ws="none")
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield
    finally:
        house.stopping.set()
        server.should_exit = True
        await task


@pytest.fixture
async def site(mongo_url: str, prefix: str) -> AsyncIterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with ingest_at(mongo_url, prefix) as house, served(house, port):
        channel = await house.webchat(greeting="<img src=x onerror=alert(1)> Welcome")
        yield Site(house, channel, f"http://127.0.0.1:{port}")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        await browser.close()


async def opened(context: BrowserContext, site: Site) -> Page:
    page = await context.new_page()

    def never(dialog: object) -> None:
        raise AssertionError(f"markup was run: {dialog}")

    page.on("dialog", never)
    await page.goto(site.demo)
    await page.locator(".launcher").click()
    return page


async def write(page: Page, text: str) -> None:
    await page.locator("textarea").fill(text)
    await page.locator("textarea").press("Enter")


async def test_a_visitor_writes_in_spanish_is_answered_live_and_finds_it_all_when_he_returns(
    site: Site, browser: Browser
) -> None:
    context = await browser.new_context(locale="es-MX")
    page = await opened(context, site)
    await expect(page.get_by_role("button", name="Enviar")).to_be_visible()
    await write(page, "¿Dónde está mi pedido? <script>alert(1)</script> https://example.org/x.")
    (event,) = await eventually(lambda: site.house.said(MessageReceived))
    assert event.message.browser_language == "es-MX"
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    await expect(page.locator(".said.visitor a")).to_have_attribute("href", "https://example.org/x")
    id = await site.answer("<b>En camino</b>")
    await expect(page.locator(".said.us").last).to_contain_text("<b>En camino</b>")

    async def was_read() -> bool:
        return await site.delivery(id) is Delivery.READ

    await eventually(was_read)
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.locator(".said.visitor")).to_have_count(1)
    await expect(page.locator(".said.us")).to_have_count(2)
    await context.close()


async def test_a_message_written_without_connection_is_sent_once_it_is_back(site: Site, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await opened(context, site)
    await write(page, "first")
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    await context.set_offline(True)
    await write(page, "second")
    await expect(page.get_by_text("No connection")).to_be_visible()
    await context.set_offline(False)
    await expect(page.locator(".said.visitor.sent")).to_have_count(2, timeout=30_000)
    assert [event.message.text for event in site.house.said(MessageReceived)] == ["first", "second"]
    await context.close()


async def test_an_answer_to_a_closed_box_is_counted_and_delivered_but_not_read(site: Site, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await opened(context, site)
    await write(page, "hello")
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    await page.locator("textarea").press("Escape")
    await expect(page.locator(".panel")).to_be_hidden()
    id = await site.answer("one moment")
    await expect(page.locator(".badge")).to_have_text("1")

    async def was_delivered() -> bool:
        return await site.delivery(id) is Delivery.DELIVERED

    await eventually(was_delivered)
    await page.locator(".launcher").click()
    await expect(page.locator(".badge")).to_be_hidden()
    await context.close()


async def test_CS_10_the_buttons_of_a_survey_answer_it_and_others_say_their_words(site: Site, browser: Browser) -> None:
    pressed: list[AnswerInvitation] = []

    async def answer(command: AnswerInvitation, _meta: Meta) -> ConversationReply:
        if command.option == "1":
            raise Conflict("The survey has been answered.")
        pressed.append(command)
        return ConversationReply(conversation=Story().message("m1", 0).now)

    assert isinstance(site.house.bus, FakeBus)
    site.house.bus.answer_with(AnswerInvitation, answer)
    context = await browser.new_context(locale="en-GB")
    page = await opened(context, site)
    await write(page, "hello")
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    await site.offer("😡 Bad", "🙂 Good", invitation="inv")
    good, bad = page.get_by_role("button", name="Good"), page.get_by_role("button", name="Bad")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("Your answer was recorded.")).to_be_visible()
    (event,) = site.house.said(MessageReceived)
    assert [(one.conversation, one.invitation, one.option) for one in pressed] == [
        (event.thread.conversation, "inv", "2")
    ]
    await bad.click()
    await expect(page.get_by_text("This question is closed.")).to_be_visible()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await expect(good).not_to_be_focused()
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "true")
    assert len(pressed) == 1

    await site.offer("An order", "<b>Something else</b>")
    await page.get_by_role("button", name="<b>Something else</b>").click()
    await expect(page.locator(".said.visitor").last).to_contain_text("<b>Something else</b>")
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    await context.close()


async def test_CH_08_files_go_both_ways(site: Site, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await opened(context, site)
    photo = b"\xff\xd8" + bytes(range(256)) * 900  # a piece and a bit
    chosen: FilePayload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}
    await page.locator("input[type=file]").set_input_files([chosen])
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    (event,) = site.house.said(MessageReceived)
    (file,) = event.message.attachments
    assert (event.message.text, file.name, file.type, file.size) == ("", "photo.jpg", "image/jpeg", len(photo))
    assert await site.send_file("bill.txt", b"12 EUR") == "bill.txt"
    for name, content in (("photo.jpg", photo), ("bill.txt", b"12 EUR")):
        async with page.expect_download() as download:
            await page.get_by_role("button", name=f"Save the file {name}").click()
        assert Path(await (await download.value).path()).read_bytes() == content
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_the_open_box_has_no_accessibility_violations(
    site: Site, browser: Browser, scheme: str, width: int
) -> None:
    context = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 720}
    )
    page = await opened(context, site)
    await write(page, "hello")
    await expect(page.locator(".said.visitor.sent")).to_have_count(1)
    await site.answer("hello yourself")
    await expect(page.locator(".said.us")).to_have_count(2)
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]], one["nodes"][0]["any"]) for one in found] == []
    await context.close()
