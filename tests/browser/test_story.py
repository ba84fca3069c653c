"""The first true story, in real browsers: a visitor writes, the right agent answers, and every step is in the trail."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.processes import Switchboard
from tests.support.workspace import PASSWORD, api_key, furnished

pytestmark = [pytest.mark.browser, pytest.mark.integration]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOW = 30_000
A_MINUTE = 90_000


@pytest.fixture
def switchboard(tmp_path: Path, rabbit_url: str, mongo_url: str, prefix: str) -> Iterator[tuple[Switchboard, Client]]:
    servers = {"rabbit_url": rabbit_url, "mongo_url": mongo_url, "mongo_embedded": "true", "prefix": prefix}
    process = Switchboard(tmp_path, "up", **servers, state_dir=str(tmp_path / "state"))
    try:
        process.start()
        with Client(process.url, api_key(**servers)) as client:
            yield process, client
    finally:
        process.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        await browser.close()


async def agent_page(browser: Browser, url: str, name: str) -> Page:
    """Signed in, with the queue on screen."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name=re.compile("You are: Available"))).to_be_visible(timeout=SLOW)
    return page


class Visitor:
    """Somebody on the company's web page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def write(self, text: str) -> None:
        """Send, and see that it was taken."""
        sent = self.page.locator(".said.visitor.sent")
        before = await sent.count()
        await self.page.locator("textarea").fill(text)
        await self.page.locator("textarea").press("Enter")
        await expect(sent).to_have_count(before + 1, timeout=SLOW)

    @property
    def answers(self) -> Locator:
        """What the company said."""
        return self.page.locator(".said.us")


async def visitor_page(browser: Browser, url: str) -> Visitor:
    context = await browser.new_context(locale="es-MX")
    page = await context.new_page()
    await page.goto(url)
    await page.locator(".launcher").click()
    return Visitor(page)


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Conversation queue").get_by_role("listitem")


async def choose(page: Page, label: str) -> None:
    """Another tab of the queue."""
    await page.get_by_role("radiogroup", name="Status").get_by_text(re.compile(f"^{label}")).click()


async def facts(client: Client, conversation: str) -> list[dict[str, Any]]:
    """Every audit line, in order."""
    trail = await asyncio.to_thread(client.get, f"/api/conversations/{conversation}/trail")
    return [fact for entry in trail["items"] for fact in entry["changes"]]


async def status_of(client: Client, conversation: str) -> dict[str, Any]:
    row: dict[str, Any] = (await asyncio.to_thread(client.get, f"/api/conversations/{conversation}"))["row"]
    return row


async def test_a_customers_message_reaches_the_right_agent_and_the_answer_comes_back(
    switchboard: tuple[Switchboard, Client], browser: Browser
) -> None:
    process, client = switchboard
    workspace = await asyncio.to_thread(furnished, client)
    ana = await agent_page(browser, process.url, "Ana")
    await expect(rows(ana)).to_have_count(0)
    visitor = await visitor_page(browser, process.url + workspace.demo_page)

    # She sees it appear without reloading: detected, routed, scored, assigned to her, clock running.
    await visitor.write("Hola, no ha llegado mi pedido y necesito ayuda, por favor.")
    await expect(rows(ana)).to_have_count(1, timeout=SLOW)
    await expect(rows(ana)).to_contain_text("Spanish")
    await expect(rows(ana)).to_contain_text("Orders")
    await expect(rows(ana)).to_contain_text("Waiting on Ana", timeout=SLOW)
    await expect(rows(ana)).to_contain_text("min left", timeout=SLOW)
    await rows(ana).get_by_role("link").click()
    conversation = (await ana.evaluate("location.pathname")).rpartition("/")[2]
    await expect(ana.get_by_role("log", name="Messages")).to_contain_text("no ha llegado mi pedido")

    # A private note stays inside; a reply is seen by the visitor at once.
    box = ana.get_by_role("region", name="Reply box")
    await box.get_by_text("Private note", exact=True).click()
    await box.get_by_role("textbox").fill("Asked the warehouse.")
    await box.get_by_role("textbox").press("Control+Enter")
    await expect(ana.get_by_role("log", name="Messages")).to_contain_text("Asked the warehouse.", timeout=SLOW)
    await box.get_by_text("Reply", exact=True).click()
    await box.get_by_role("textbox").fill("Lo estoy mirando.")
    await box.get_by_role("textbox").press("Control+Enter")
    await expect(visitor.answers.last).to_contain_text("Lo estoy mirando.", timeout=SLOW)
    await expect(visitor.page.get_by_text("Asked the warehouse")).to_have_count(0)

    # Pending with a boomerang of one minute: it moves tab, and comes back.
    await ana.get_by_role("button", name="Pending with a return time").click()
    await ana.get_by_role("menuitem", name="Other time…").click()
    await ana.get_by_label("After minutes").fill("1")
    await ana.get_by_role("dialog").get_by_role("button", name="Pending").click()
    await expect(rows(ana)).to_have_count(0, timeout=SLOW)
    await choose(ana, "Pending")
    await expect(rows(ana)).to_have_count(1, timeout=SLOW)
    await expect(rows(ana)).to_have_count(0, timeout=A_MINUTE)
    await choose(ana, "New")
    await expect(rows(ana)).to_have_count(1, timeout=SLOW)

    # Pending again, and the visitor writes: back to New at once.
    await ana.get_by_role("button", name="Pending", exact=True).click()
    await expect(rows(ana)).to_have_count(0, timeout=SLOW)
    await visitor.write("¿Alguna novedad?")
    await expect(rows(ana)).to_have_count(1, timeout=SLOW)

    # To a colleague, who resolves it with a reason.
    bea = await agent_page(browser, process.url, "Bea")
    await ana.get_by_role("button", name="Owner: Ana").click()
    await ana.get_by_role("option", name="Bea").click()
    await expect(rows(bea)).to_contain_text("Waiting on Bea", timeout=SLOW)
    await rows(bea).get_by_role("link").click()
    await expect(bea.get_by_role("log", name="Messages")).to_contain_text("¿Alguna novedad?")
    reply = bea.get_by_role("region", name="Reply box").get_by_role("textbox")
    await reply.fill("Llega mañana.")
    await reply.press("Control+Enter")
    await expect(visitor.answers.last).to_contain_text("Llega mañana.", timeout=SLOW)
    await bea.get_by_role("button", name="Resolve", exact=True).click()
    dialog = bea.get_by_role("dialog")
    await dialog.get_by_label("Solved").check()
    await dialog.get_by_role("button", name="Resolve").click()
    await expect(rows(bea)).to_have_count(0, timeout=SLOW)

    # The survey comes once; its answer is recorded and does not reopen; the next message is episode 2.
    await expect(visitor.answers.last).to_contain_text("¿Qué tal lo hicimos?", timeout=SLOW)
    await visitor.write("5")
    await eventually(lambda: _answered(client), 30)
    assert (await status_of(client, conversation))["status"] == "resolved"
    await visitor.write("Gracias, todo bien.")  # the comment
    await visitor.write("Hola, tengo otra pregunta sobre mi pedido.")
    await eventually(lambda: _in_episode(client, conversation, 2), 30)

    told = [(fact["fact"], fact["by"]["name"] or fact["by"]["kind"]) for fact in await facts(client, conversation)]
    for step in STEPS:
        assert step in told, f"{step} is not in the trail: {told}"
    changed = [fact["row"] for fact in await facts(client, conversation) if fact["fact"] == "status_changed"]
    assert [row for row in changed if row in ("T10", "T11", "T12", "T13")] == ["T10", "T12", "T10", "T11", "T13"]
    await _no_violations(ana)


STEPS = (
    ("language_changed", "system"),
    ("topics_changed", "Orders"),
    ("owner_changed", "system"),
    ("boomerang_changed", "Ana"),
    ("boomerang_changed", "system"),
    ("owner_changed", "Ana"),
    ("resolved", "Bea"),
    ("survey_decided", "system"),
)


async def _answered(client: Client) -> bool:
    path = "/api/surveys/figures?start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"
    figures = await asyncio.to_thread(client.get, path)
    return bool(figures["answered"] == 1 and figures["sent"] == 1 and figures["average"] == 5)


async def _in_episode(client: Client, conversation: str, episode: int) -> bool:
    row = await status_of(client, conversation)
    return bool(row["episode"] == episode and row["status"] == "new")


async def _no_violations(page: Page) -> None:
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
