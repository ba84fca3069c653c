"""The administrators' pages with editors of their own, in a real Chromium over a running product."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.product import Product, running
from tests.support.receiver import Receiver, listening
from tests.support.shop import new_secret
from tests.support.workspace import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.integration]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOW = 30_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    with running(Path(tmp_path_factory.mktemp("settings")), rabbit_url, mongo_url) as found:
        yield found


@pytest.fixture(scope="module")
def client(product: Product) -> Iterator[Client]:
    with Client(product.url, product.key) as found:
        yield found


@pytest.fixture(scope="module")
async def admin(product: Product, client: Client) -> AsyncIterator[Page]:
    """An administrator's page with one channel, one topic and himself."""
    await asyncio.to_thread(_furnish, client)
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        context = await browser.new_context(
            locale="en-GB", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        page = await context.new_page()
        page.set_default_timeout(SLOW)
        await page.goto(product.url)
        await page.get_by_label("E-mail").fill("root@example.org")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("link", name="Settings")).to_be_visible(timeout=SLOW)
        yield page
        await browser.close()


def _furnish(client: Client) -> None:
    made = client.ensure("users", {"name": "Root", "email": "root@example.org", "role": "admin"})
    token = str(made["invite"]["link"]).rpartition("#token=")[2]
    client.post("/api/password", {"token": token, "password": PASSWORD})
    config = {"medium": "webhook", "inbound_secret": new_secret(), "outbound_url": None}
    client.ensure("channels", {"name": "Street", "handle": "@street", "config": config})
    client.ensure("topics", {"name": "Refunds"})


async def new(page: Page, product: Product, kind: str) -> None:
    """The form of a new object."""
    await page.goto(f"{product.url}/settings/{kind}/new")
    await page.get_by_role("textbox", name="Name", exact=True).wait_for()


async def saved(page: Page, client: Client, kind: str, name: str) -> dict[str, Any]:
    """The object as it was stored by the page's Save."""
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=SLOW)
    id = page.url.rpartition("/")[2]
    stored: dict[str, Any] = await asyncio.to_thread(client.get, f"/api/settings/{kind}/{id}")
    value: dict[str, Any] = stored["value"]
    return value


async def accessible(page: Page) -> None:
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


async def test_AU_01_a_rule_is_built_tried_and_saved(admin: Page, product: Product, client: Client) -> None:
    await new(admin, product, "rules")
    await admin.get_by_role("textbox", name="Name", exact=True).fill("Refunds")
    await expect(admin.get_by_text("Without a condition this rule matches everything.")).to_be_visible()
    await admin.get_by_role("button", name="Add condition").click()
    await admin.get_by_role("menuitem", name="Group").click()
    for _ in range(2):
        await admin.get_by_role("button", name="Add to group").click()
        await admin.get_by_role("menuitem", name="Keywords").click()
    boxes = admin.get_by_role("textbox", name="Keywords")
    await boxes.nth(0).fill("refund")
    await boxes.nth(1).fill("money back")
    await admin.get_by_role("combobox", name="Add", exact=True).click()
    await admin.get_by_role("option", name="Refunds").click()
    await admin.keyboard.press("Escape")

    trial = admin.get_by_role("region", name="Try it")
    await trial.get_by_role("textbox", name="What the contact writes").fill("I want my money back!")
    await trial.get_by_role("button", name="Try").click()
    await expect(trial.get_by_text("It matches")).to_be_visible(timeout=SLOW)
    await expect(trial.get_by_role("img", name="does not hold")).to_have_count(1)
    await trial.get_by_role("textbox", name="What the contact writes").fill("Good morning")
    await trial.get_by_role("button", name="Try").click()
    await expect(trial.get_by_text("It does not match")).to_be_visible(timeout=SLOW)
    await accessible(admin)

    rule = await saved(admin, client, "rules", "Refunds")
    (group,) = rule["conditions"]["of"]
    assert (group["join"], [one["keywords"] for one in group["of"]]) == ("any", ["refund", "money back"])
    await expect(admin.get_by_text("It has not run yet.")).to_be_visible(timeout=SLOW)


async def test_SL_13_hours_are_drawn_as_a_week_and_say_when_a_message_is_due(
    admin: Page, product: Product, client: Client
) -> None:
    await new(admin, product, "schedules")
    await admin.get_by_role("textbox", name="Name", exact=True).fill("Office")
    await admin.get_by_role("combobox", name="Time zone").fill("Europe/Madrid")
    await admin.get_by_role("option", name="Europe/Madrid").click()
    await admin.get_by_role("button", name="Mon-Fri 9-17".replace("-", "–")).click()
    await admin.get_by_label(re.compile("^If it arrives at")).fill("2026-03-06T16:45")
    # Friday 16:45 and 30 minutes: a quarter of an hour on Friday, another on Monday.
    await expect(admin.get_by_role("status").filter(has_text="09:15")).to_be_visible(timeout=SLOW)
    await accessible(admin)
    hours = (await saved(admin, client, "schedules", "Office"))["hours"]
    assert (hours["zone"], hours["week"]["mon"], hours["week"]["sun"]) == ("Europe/Madrid", ["09:00-17:00"], [])


async def test_AU_13_a_script_is_written_step_by_step_and_tried(admin: Page, product: Product, client: Client) -> None:
    await new(admin, product, "auto-responders")
    await admin.get_by_role("textbox", name="Name", exact=True).fill("Greeter")
    await admin.get_by_role("combobox", name="Channels").click()
    await admin.get_by_role("option", name="Street").click()
    await admin.keyboard.press("Escape")
    await admin.get_by_role("textbox", name="Text of 1. Statement").fill("Welcome.")
    await admin.get_by_role("button", name="Add step").click()
    await admin.get_by_role("menuitem", name=re.compile("^Question Sends")).click()
    await admin.get_by_role("textbox", name="Text of 2. Question").fill("What is it about?")
    trial = admin.get_by_role("region", name="Try a script")
    await trial.get_by_role("button", name="Start").click()
    await trial.get_by_role("textbox", name="Answer as the contact").fill("An order")
    await trial.get_by_role("textbox", name="Answer as the contact").press("Enter")
    await expect(trial.get_by_text("It hands over to an agent.")).to_be_visible(timeout=SLOW)
    await accessible(admin)
    (script,) = (await saved(admin, client, "auto-responders", "Greeter"))["scripts"]
    assert [(step["step"], step["text"]) for step in script["steps"]] == [
        ("statement", "Welcome."),
        ("question", "What is it about?"),
    ]


async def test_CS_09_a_second_survey_on_a_channel_offers_to_take_it_over(
    admin: Page, product: Product, client: Client
) -> None:
    channel = (await asyncio.to_thread(client.get, "/api/settings/channels"))["items"][0]["id"]
    version = {"language": "en", "question": "How did we do?"}
    first = {"name": "First survey", "channels": [channel], "versions": [version]}
    await asyncio.to_thread(client.ensure, "surveys", first)
    await new(admin, product, "surveys")
    await admin.get_by_role("textbox", name="Name", exact=True).fill("Second survey")
    await admin.get_by_role("combobox", name="Channels").click()
    await admin.get_by_role("option", name="Street").click()
    await admin.keyboard.press("Escape")
    await admin.get_by_role("textbox", name="Language", exact=True).fill("en")
    await admin.get_by_role("textbox", name="Question", exact=True).fill("And now?")
    await admin.get_by_role("button", name="Save").click()
    await admin.get_by_role("button", name="Take it over from “First survey”").click()
    await expect(admin.get_by_role("heading", name="Second survey")).to_be_visible(timeout=SLOW)
    surveys = (await asyncio.to_thread(client.get, "/api/settings/surveys"))["items"]
    holding = [one["value"]["name"] for one in surveys if channel in one["value"]["channels"]]
    assert holding == ["Second survey"]


async def test_CS_12_the_figures_page_shows_dashes_before_the_first_answer(admin: Page, product: Product) -> None:
    await admin.goto(f"{product.url}/satisfaction")
    card = admin.get_by_role("group", name="Satisfaction")
    await expect(card).to_contain_text("–", timeout=SLOW)
    await expect(admin.get_by_text("No answers in this period.")).to_be_visible(timeout=SLOW)
    await accessible(admin)


async def test_webhooks_out_show_their_deliveries_and_send_one_again(
    admin: Page, product: Product, client: Client
) -> None:
    async with listening(Receiver()) as receiver:
        receiver.answers += [(200, {}, b"written down"), (503, {}, b"closed today")]
        await new(admin, product, "webhooks")
        await admin.get_by_role("textbox", name="Name", exact=True).fill("Ledger")
        await admin.get_by_role("textbox", name="Address").fill(f"{receiver.url}/ledger")
        await saved(admin, client, "webhooks", "Ledger")
        await expect(admin.get_by_text("Keep these secrets now")).to_be_visible(timeout=SLOW)
        log = admin.get_by_role("region", name="Deliveries")
        await log.get_by_role("button", name="Send a test event").click()

        async def says(text: str) -> bool:
            await log.get_by_role("button", name="Refresh").click()
            return await log.get_by_role("listitem").filter(has_text=text).count() == 1

        await eventually(lambda: says("HTTP 200"), 30)
        await log.get_by_role("button", name="Show").first.click()
        delivery = admin.get_by_role("dialog", name="Delivery")
        await expect(delivery).to_contain_text("webhook.test", timeout=SLOW)
        await expect(delivery).to_contain_text("written down")
        await accessible(admin)
        await delivery.get_by_role("button", name="Deliver again").click()
        first, again = await receiver.got(2)
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        await admin.keyboard.press("Escape")
        await eventually(lambda: says("2 attempts · HTTP 503"), 30)


async def test_AU_20_AU_21_a_connected_virtual_agent_has_its_secret_health_and_keys(
    admin: Page, product: Product, client: Client
) -> None:
    await new(admin, product, "virtual-agents")
    await admin.get_by_role("textbox", name="Name", exact=True).fill("Robo")
    await admin.get_by_role("combobox", name="Activation").click()
    await admin.get_by_role("option", name="When an agent hands over").click()
    await admin.get_by_role("combobox", name="Channels").click()
    await admin.get_by_role("option", name="Street").click()
    await admin.keyboard.press("Escape")
    await admin.get_by_role("textbox", name="Address").fill("http://127.0.0.1:9/bot")
    value = await saved(admin, client, "virtual-agents", "Robo")
    assert value["endpoint"] == "http://127.0.0.1:9/bot"
    await expect(admin.get_by_text("Keep these secrets now")).to_be_visible(timeout=SLOW)
    keys = admin.get_by_role("region", name="Keys for later answers")
    await keys.get_by_role("button", name="Make a key").click()
    dialog = admin.get_by_role("dialog", name="Make a key")
    await dialog.get_by_role("textbox", name="Name").fill("late answers")
    await dialog.get_by_role("button", name="Make a key").click()
    await expect(dialog.get_by_role("button", name="Copy: late answers")).to_be_visible(timeout=SLOW)
    await dialog.get_by_role("button", name="Close").last.click()
    await expect(keys.get_by_role("row", name=re.compile("late answers.*answers for Robo"))).to_be_visible(timeout=SLOW)
    await accessible(admin)
