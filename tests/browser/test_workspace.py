"""The agents' page, feature by feature, in a real Chromium over a running product."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, Route, async_playwright, expect
from prometheus_client import CollectorRegistry

from deploy.demo.client import Client
from shared.ids import conversation_id
from shared.store import Blobs, Database, Store
from shared.store.collection import Collection
from tests.support.eventually import eventually
from tests.support.product import Caller, Product, caller, keyed, running
from tests.support.receiver import listening
from tests.support.shop import Network, Replies, message, new_secret
from tests.support.workspace import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.integration]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOW = 30_000
SECONDS = 30.0


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    with running(Path(tmp_path_factory.mktemp("workspace")), rabbit_url, mongo_url) as found:
        yield found


@pytest.fixture(scope="module")
async def replies() -> AsyncIterator[Replies]:
    async with listening(Replies()) as found:
        yield found


@dataclass(frozen=True)
class Desk:
    """A channel on which Sol and Mar answer, and nothing is assigned by itself."""

    admin: Client
    channel: str
    network: Network
    machine: Caller
    reason: str

    async def set(self, kind: str, **value: Any) -> None:
        """Change the one settings object of its kind; what is not named stays."""
        await asyncio.to_thread(self.admin.set_singleton, kind, value)

    async def make(self, kind: str, **value: Any) -> str:
        """A settings object; its id."""
        return str((await asyncio.to_thread(self.admin.ensure, kind, value))["id"])

    async def change_channel(self, **fields: Any) -> None:
        """Change these fields of the channel."""
        path = f"/api/settings/channels/{self.channel}"
        stored = await asyncio.to_thread(self.admin.get, path)
        await asyncio.to_thread(self.admin.put, path, {**stored["value"], **fields}, stored["version"])

    async def hears(self, name: str, *texts: str) -> str:
        """A contact of this name writes; the conversation's id once it is in New."""
        address = f"+34 {uuid.uuid4().int % 10**9}"
        for text in texts:
            await self.network.says(address, text, sender={"address": address, "name": name})
        id = self.network.conversation(address)
        await self.machine.becomes(id, status="new", preview=texts[-1], within=SECONDS)
        return id


def furnish(client: Client, replies_to: str) -> tuple[str, str, str, str]:
    """Channel, its inbound secret, the outbound one, and a reason; Sol, Mar and Nil can sign in."""
    inbound, outbound = new_secret(), new_secret()
    config = {
        "medium": "webhook",
        "inbound_secret": inbound,
        "outbound_url": f"{replies_to}/replies",
        "outbound_secret": outbound,
    }
    value = {"name": "Street", "handle": "@street_shop", "config": config, "auto_assign": False}
    channel = str(client.ensure("channels", value)["id"])
    right = [{"channel": channel, "right": "supervisor"}]
    for name, rights in (("Sol", right), ("Mar", right), ("Nil", [])):
        made = client.ensure("users", {"name": name, "email": f"{name.lower()}@example.org", "channels": rights})
        token = str(made["invite"]["link"]).rpartition("#token=")[2]
        client.post("/api/password", {"token": token, "password": PASSWORD})
    return channel, inbound, outbound, str(client.ensure("resolve-reasons", {"name": "Solved"})["id"])


@pytest.fixture(scope="module")
async def desk(product: Product, replies: Replies) -> AsyncIterator[Desk]:
    with Client(product.url, product.key) as client:
        channel, inbound, replies.secret, reason = await asyncio.to_thread(furnish, client, replies.url)
        async with keyed(product) as machine, caller(product.url) as outside:
            yield Desk(client, channel, Network(outside.http, channel, inbound), machine, reason)


@pytest.fixture(scope="module")
async def store(product: Product, mongo_url: str) -> AsyncIterator[Database]:
    """Where ingest keeps what came in: for what no network can be made to do within a test."""
    found = await Store.connect(mongo_url, product.prefix, embedded=True, metrics=CollectorRegistry())
    yield found.database("ingest")
    await found.close()


@pytest.fixture(scope="module")
def messages(store: Database) -> Collection:
    return store.collection("messages")


@pytest.fixture(scope="module")
def blobs(store: Database) -> Blobs:
    return Blobs(store)


async def rewritten(messages: Collection, id: str, **fields: Any) -> None:
    """A stored message, with these fields as they would be if it had come otherwise."""
    await messages.update({"_id": id}, {"$set": {f"state.message.{name}": value for name, value in fields.items()}})


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        await browser.close()


async def sign_in(browser: Browser, url: str, name: str) -> Page:
    context = await browser.new_context(
        locale="en-GB", viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = await context.new_page()
    page.set_default_timeout(SLOW)
    await page.goto(url)
    await page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name=re.compile("You are: Available"))).to_be_visible(timeout=SLOW)
    return page


@pytest.fixture(scope="module")
async def sol(product: Product, desk: Desk, browser: Browser) -> Page:
    """Sol's page, with the queue on screen."""
    return await sign_in(browser, product.url, "Sol")


def row(page: Page, name: str) -> Locator:
    """Of the queue, by the contact's name."""
    queue = page.get_by_role("list", name="Conversation queue")
    return queue.get_by_role("listitem").filter(has_text=name)


def centre(page: Page) -> Locator:
    """The conversation on screen: header, messages, reply box."""
    return page.get_by_role("region", name="Conversation", exact=True)


async def opened(page: Page, id: str) -> Locator:
    """The conversation on screen; its messages."""
    await page.goto(re.sub(r"(//[^/]+).*", r"\1", page.url) + f"/c/{id}")
    messages = page.get_by_role("log", name="Messages")
    await expect(messages.get_by_role("listitem").first).to_be_visible(timeout=SLOW)
    return messages


async def test_CH_06_header_and_reply_box_name_the_channel_by_its_handle(sol: Page, desk: Desk) -> None:
    await opened(sol, await desk.hears("Handle", "Hello?"))
    await expect(centre(sol).get_by_text("@street_shop", exact=True)).to_be_visible(timeout=SLOW)
    box = sol.get_by_role("region", name="Reply box")
    await expect(box).to_contain_text("Replying from @street_shop")


async def test_CH_07_a_reply_that_was_refused_is_sent_again(sol: Page, desk: Desk, replies: Replies) -> None:
    id = await desk.hears("Retry", "Hello?")
    messages = await opened(sol, id)
    replies.answers.append((410, {}, b"gone"))
    box = sol.get_by_role("region", name="Reply box").get_by_role("textbox")
    await box.fill("By mail.")
    await box.press("Control+Enter")
    await expect(messages).to_contain_text("Not delivered", timeout=SLOW)
    await messages.get_by_role("button", name="Send again").click()
    await expect(messages).not_to_contain_text("Not delivered", timeout=SLOW)
    await expect(messages.get_by_text("Sent", exact=True)).to_be_visible(timeout=SLOW)
    assert [body["text"] for body in replies.to(id)] == ["By mail.", "By mail."]


async def test_WF_06_a_boomerang_shows_and_is_cancelled(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Boomerang", "Hello?")
    await opened(sol, id)
    await sol.get_by_role("button", name="Pending with a return time").click()
    await sol.get_by_role("menuitem", name="4 h", exact=True).click()
    chip = centre(sol).get_by_text(re.compile("^Comes back "))
    await expect(chip.first).to_be_visible(timeout=SLOW)
    assert (await desk.machine.row(id))["boomerang"] is not None
    await sol.get_by_role("button", name="Cancel return").click()
    await expect(chip).to_have_count(0, timeout=SLOW)
    assert (await desk.machine.row(id))["boomerang"] is None


async def test_WF_11_the_page_speaks_the_workspaces_vocabulary(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Words", "Hello?")
    await opened(sol, id)
    tabs = sol.get_by_role("radiogroup", name="Status")
    await expect(tabs).to_contain_text(re.compile("New.*Pending.*Resolved"))
    await expect(sol.locator("[data-status]")).to_have_text("New")
    await desk.set("workflow", vocabulary="ticket")
    await expect(tabs).to_contain_text(re.compile("Pending.*Answered.*Closed"), timeout=SLOW)
    await expect(sol.locator("[data-status]")).to_have_text("Pending")
    assert (await desk.machine.row(id))["status"] == "new"  # canonical names in the API
    await desk.set("workflow", vocabulary="queue")
    await expect(tabs).to_contain_text(re.compile("New.*Pending.*Resolved"), timeout=SLOW)


async def test_WF_13_the_owner_is_searched_by_name_taken_and_put_back(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Owner", "Hello?")
    await opened(sol, id)
    await sol.get_by_role("button", name="Owner: No owner").click()
    await expect(sol.get_by_role("option", name="Assign to me")).to_be_visible()
    search = sol.get_by_role("textbox", name="Search agents")
    await search.fill("nil")  # has no right here
    await expect(sol.get_by_role("option")).to_have_count(0)
    await search.fill("so")
    await expect(sol.get_by_role("option", name="Sol")).to_contain_text("Sol")
    await expect(sol.get_by_role("option", name="Sol").get_by_role("img", name="Available")).to_be_visible()
    await sol.get_by_role("option", name="Sol").click()
    await sol.get_by_role("button", name="Owner: Sol").click()
    await sol.get_by_role("option", name="Unassign").click()
    await expect(sol.get_by_role("button", name="Owner: No owner")).to_be_visible(timeout=SLOW)


async def test_WF_26_a_missing_topic_is_asked_for_before_resolving(sol: Page, desk: Desk) -> None:
    await desk.make("topics", name="Returns")
    await desk.set("workflow", topic_required={"enabled": True})
    id = await desk.hears("Topicless", "Hello?")
    await opened(sol, id)
    await sol.get_by_role("button", name="Resolve", exact=True).click()
    await expect(sol.get_by_text("Add a topic first")).to_be_visible(timeout=SLOW)
    assert (await desk.machine.row(id))["status"] == "new"
    await sol.get_by_role("button", name="Add topic").click()
    await sol.get_by_role("option", name="Returns").click()
    await expect(sol.get_by_role("button", name="Remove topic Returns")).to_be_visible(timeout=SLOW)
    await sol.get_by_role("button", name="Resolve", exact=True).click()
    await desk.machine.becomes(id, status="resolved", within=SECONDS)
    await desk.set("workflow", topic_required={"enabled": False})


async def test_WF_27_many_are_selected_and_resolved_for_one_reason(sol: Page, desk: Desk) -> None:
    await desk.set("workflow", resolve_reasons={"enabled": True, "required": True})
    ids = [await desk.hears(name, "Hello?") for name in ("Bulk One", "Bulk Two")]
    await sol.get_by_role("button", name="Select", exact=True).click()
    for name in ("Bulk One", "Bulk Two"):
        await sol.get_by_role("checkbox", name=f"Select {name}").check()
    await sol.get_by_role("button", name="Resolve selected").click()
    dialog = sol.get_by_role("dialog")
    await dialog.get_by_label("Solved").check()
    await dialog.get_by_role("button", name="Resolve").click()
    await expect(row(sol, "Bulk")).to_have_count(0, timeout=SLOW)
    for id in ids:
        done = await desk.machine.row(id)
        assert (done["status"], done["resolve_reason"], done["closed_by"]) == ("resolved", desk.reason, "bulk")
    await desk.set("workflow", resolve_reasons={"enabled": False})


async def test_WF_28_the_whole_conversation_is_copied_as_it_is_previewed(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Copied", "First line.", "A secret number.")
    masked = (await desk.machine.row(id))["last_inbound"]
    await desk.machine.post(f"/api/messages/{masked}/mask", {})
    await desk.machine.post(f"/api/conversations/{id}/notes", {"text": "Between us."})
    await desk.machine.post(f"/api/conversations/{id}/messages", {"text": "Our answer.", "seen": masked})
    await expect(await opened(sol, id)).to_contain_text("Our answer.", timeout=SLOW)
    await sol.get_by_role("button", name="More actions").click()
    await sol.get_by_role("menuitem", name="Copy conversation").click()
    dialog = sol.get_by_role("dialog", name="Copy conversation")
    shown = await dialog.locator("pre, code").first.inner_text()
    await dialog.get_by_role("button", name="Copy", exact=True).click()

    async def on_the_clipboard() -> str | None:
        text: str = await sol.evaluate("navigator.clipboard.readText()")
        return text if "Our answer." in text else None

    copied = await eventually(on_the_clipboard, SECONDS)
    assert copied == shown
    places = [copied.index(text) for text in ("First line.", "[masked]", "Our answer.")]
    assert places == sorted(places)
    assert "Between us." not in copied
    assert "secret" not in copied


async def test_WF_29_a_public_comment_is_replied_to_opened_and_masked_from_its_menu(sol: Page, desk: Desk) -> None:
    address = f"@pat{uuid.uuid4().hex[:8]}"
    public = {"visibility": "public", "kind": "comment", "root": "post-1", "link": "https://network.example/post-1"}
    sender = {"address": address, "name": "Pat"}
    await desk.network.deliver({"messages": [message(address, "Is it red?", sender=sender, **public)]})
    id = conversation_id(desk.channel, address, "public", "post-1")
    await desk.machine.becomes(id, status="new", within=SECONDS)
    messages = await opened(sol, id)
    menu = messages.locator("[data-inbound]").get_by_role("button", name="Message menu")

    await menu.click()
    link = sol.get_by_role("menuitem", name="Open on the network")
    await expect(link).to_have_attribute("href", "https://network.example/post-1")
    await sol.get_by_role("menuitem", name="Reply to this message").click()
    box = sol.get_by_role("region", name="Reply box")
    await expect(box).to_contain_text("Reply to: Is it red?")
    await box.get_by_role("textbox").fill("It is.")
    await box.get_by_role("textbox").press("Control+Enter")
    answer = messages.get_by_role("listitem").filter(has_text="It is.")
    await expect(answer).to_contain_text("Is it red?", timeout=SLOW)

    await menu.click()
    await sol.get_by_role("menuitem", name="Mask message").click()
    await sol.get_by_role("dialog").get_by_role("button", name="Mask for good").click()
    await expect(messages).to_contain_text("Masked by Sol", timeout=SLOW)
    await expect(messages).not_to_contain_text("Is it red?", timeout=SLOW)
    assert (await desk.machine.timeline(id))[0]["text"] == ""


async def test_UI_04_RT_14_actions_open_under_the_header_and_the_score_says_why(sol: Page, desk: Desk) -> None:
    team = await desk.make("teams", name="Night shift")
    label = await desk.make("labels", name="Regular")
    await desk.set("priority", entries=[{"what": "channel", "id": desk.channel}])
    id = await desk.hears("Scored", "Hello?")
    await opened(sol, id)
    await centre(sol).get_by_text("Priority 1: Street").first.wait_for(state="attached")
    await sol.get_by_role("button", name="Show conversation actions").click()
    await sol.get_by_role("button", name="Team: No team").click()
    await sol.get_by_role("option", name="Night shift").click()
    await expect(sol.get_by_role("button", name="Team: Night shift")).to_be_visible(timeout=SLOW)
    await sol.get_by_role("button", name="Add label").click()
    await sol.get_by_role("option", name="Regular").click()
    await expect(sol.get_by_role("button", name="Remove label Regular")).to_be_visible(timeout=SLOW)
    await sol.get_by_role("textbox", name="Raise or lower").fill("2")
    await centre(sol).get_by_text("Priority 3: Street, raised by 2").first.wait_for(state="attached")
    shown = await desk.machine.row(id)
    assert (shown["team"], shown["labels"], shown["priority"]["score"]) == (team, [label], 3)
    await sol.get_by_role("button", name="Hide conversation actions").click()
    await expect(sol.get_by_role("button", name="Team: Night shift")).to_have_count(0)
    await desk.set("priority", entries=[])


async def test_WF_15_colleagues_see_who_is_looking(product: Product, sol: Page, desk: Desk, browser: Browser) -> None:
    id = await desk.hears("Watched", "Hello?")
    await opened(sol, id)
    mar = await sign_in(browser, product.url, "Mar")
    await opened(mar, id)
    await expect(sol.get_by_text("Mar is viewing this conversation")).to_be_visible(timeout=SLOW)
    await mar.context.close()


async def test_PR_02_the_audit_trail_is_hidden_and_stays_hidden(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Trail", "Hello?")
    messages = await opened(sol, id)
    await expect(messages).to_contain_text("Episode 1 began", timeout=SLOW)
    await sol.get_by_role("switch", name="Audit trail").uncheck(force=True)
    await expect(messages).not_to_contain_text("Episode 1 began", timeout=SLOW)
    messages = await opened(sol, id)
    await expect(messages).to_contain_text("Hello?")
    await expect(messages).not_to_contain_text("Episode 1 began")
    await sol.get_by_role("switch", name="Audit trail").check(force=True)
    await expect(messages).to_contain_text("Episode 1 began", timeout=SLOW)


async def test_CH_05_a_message_says_its_kind_and_a_public_one_links_back(sol: Page, desk: Desk) -> None:
    messages = await opened(sol, await desk.hears("Kind", "Hello?"))
    await expect(messages).to_contain_text("Direct message", timeout=SLOW)
    address = f"@kim{uuid.uuid4().hex[:8]}"
    post = {"visibility": "public", "kind": "comment", "root": "post-5", "link": "https://network.example/post-5"}
    await desk.network.says(address, "Nice shop", sender={"address": address, "name": "Kim"}, **post)
    id = conversation_id(desk.channel, address, "public", "post-5")
    await desk.machine.becomes(id, status="new", within=SECONDS)
    messages = await opened(sol, id)
    link = messages.get_by_role("link", name="Comment: Open on the network")
    await expect(link).to_have_attribute("href", "https://network.example/post-5", timeout=SLOW)


async def test_CH_08_an_agent_attaches_a_file(sol: Page, desk: Desk, replies: Replies) -> None:
    id = await desk.hears("Files", "Can you send the manual?")
    await opened(sol, id)
    file: FilePayload = {"name": "manual.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 " + b"x" * 300_000}
    await sol.locator("input[type=file]").set_input_files([file])
    await sol.get_by_role("region", name="Reply box").get_by_role("button", name="Send").click(timeout=SLOW)
    messages = sol.get_by_role("log", name="Messages")
    await expect(messages.get_by_role("link", name="Attachment manual.pdf")).to_be_visible(timeout=SLOW)
    body = await eventually(lambda: replies.to(id), SECONDS)
    assert [one["name"] for one in body[0]["attachments"]] == ["manual.pdf"]


async def test_CH_14_WF_33_one_writes_first_and_sees_the_other_conversation_in_between(sol: Page, desk: Desk) -> None:
    address = f"+34 {uuid.uuid4().int % 10**9}"
    post = {"visibility": "public", "kind": "comment", "root": "post-9"}
    await desk.network.says(address, "A public word.", sender={"address": address, "name": "Both"}, **post)
    await desk.machine.becomes(conversation_id(desk.channel, address, "public", "post-9"), status="new", within=SECONDS)
    await desk.network.says(address, "A private word.", sender={"address": address, "name": "Both"})
    private = desk.network.conversation(address)
    await desk.machine.becomes(private, status="new", within=SECONDS)
    messages = await opened(sol, conversation_id(desk.channel, address, "public", "post-9"))
    await sol.get_by_role("button", name="Write to this contact").click()
    dialog = sol.get_by_role("dialog", name="Write to Both")
    await dialog.get_by_role("textbox", name="Message").fill("May we help?")
    await dialog.get_by_role("button", name="Send").click()
    await expect(sol).to_have_url(re.compile(f"/c/{private}"), timeout=SLOW)
    await expect(messages).to_contain_text("May we help?", timeout=SLOW)
    await sol.get_by_role("button", name="More actions").click()
    await sol.get_by_role("menuitemcheckbox", name="Other conversations in between").click()
    await expect(messages).to_contain_text("A public word.", timeout=SLOW)
    await sol.get_by_role("button", name="More actions").click()
    await sol.get_by_role("menuitemcheckbox", name="Other conversations in between").click()
    await expect(messages).not_to_contain_text("A public word.", timeout=SLOW)


async def test_WF_18_what_a_note_said_before_is_shown(sol: Page, desk: Desk) -> None:
    id = await desk.hears("Noted", "Hello?")
    messages = await opened(sol, id)
    note = (await desk.machine.post(f"/api/conversations/{id}/notes", {"text": "First thought."}))["message"]["id"]
    await desk.machine.put(f"/api/notes/{note}", {"text": "Second thought."})
    item = messages.locator(f'[data-message="{note}"]')
    await expect(item).to_contain_text("Second thought.", timeout=SLOW)
    await item.get_by_role("button", name="Message menu").click()
    await sol.get_by_role("menuitem", name="Earlier versions").click()
    await expect(sol.get_by_role("dialog", name="Earlier versions")).to_contain_text("First thought.", timeout=SLOW)
    await sol.keyboard.press("Escape")


async def test_CH_11_a_contact_is_muted_from_his_card(sol: Page, desk: Desk) -> None:
    await desk.change_channel(muting=True)
    await opened(sol, await desk.hears("Noisy", "Buy now!"))
    card = sol.get_by_role("complementary", name="Contact")
    await card.get_by_role("button", name="Mute contact on this channel").click(timeout=SLOW)
    await sol.get_by_role("dialog").get_by_role("button", name="Mute contact on this channel").click()
    await expect(card.get_by_text("Muted", exact=True)).to_be_visible(timeout=SLOW)
    await card.get_by_role("button", name="Unmute contact on this channel").click()
    await expect(card.get_by_text("Muted", exact=True)).to_have_count(0, timeout=SLOW)


async def test_AU_22_a_macro_is_run_from_the_conversation(sol: Page, desk: Desk) -> None:
    acts = [{"act": "write_note", "text": "Waiting for the warehouse."}, {"act": "set_pending"}]
    await desk.make("macros", name="To the warehouse", actions=acts)
    id = await desk.hears("Macro", "Where is it?")
    messages = await opened(sol, id)
    await sol.get_by_role("button", name="Macros").click()
    await sol.get_by_role("option", name="To the warehouse").click()
    await expect(messages).to_contain_text("Waiting for the warehouse.", timeout=SLOW)
    await desk.machine.becomes(id, status="pending", within=SECONDS)


async def test_AU_22_own_macros_are_kept_by_the_page(sol: Page, desk: Desk) -> None:
    await desk.make("topics", name="Warranty")
    id = await desk.hears("Own macro", "It broke.")
    await opened(sol, id)
    await sol.get_by_role("button", name="Macros").click()
    await sol.get_by_role("option", name="My macros…").click()
    await sol.get_by_role("link", name="Add").click()
    await sol.get_by_role("textbox", name="Name", exact=True).fill("Warranty case")
    await sol.get_by_role("combobox", name="Add", exact=True).click()
    await sol.get_by_role("option", name="Warranty").click()
    await sol.keyboard.press("Escape")
    await sol.get_by_role("button", name="Save").click()
    await sol.get_by_role("list", name="My macros").get_by_role("link", name="Warranty case").click()
    await sol.get_by_role("textbox", name="Name", exact=True).fill("Warranty")
    await sol.get_by_role("button", name="Save").click()
    await expect(sol.get_by_role("list", name="My macros")).to_contain_text("Warranty", timeout=SLOW)
    await opened(sol, id)
    await sol.get_by_role("button", name="Macros").click()
    await sol.get_by_role("option", name="Warranty", exact=True).click()
    await expect(sol.get_by_role("button", name="Remove topic Warranty")).to_be_visible(timeout=SLOW)


async def test_CH_09_the_reply_box_is_shut_once_the_networks_window_is_over(
    sol: Page, desk: Desk, messages: Collection
) -> None:
    await desk.change_channel(reply_window_hours=1)
    id = await desk.hears("Late", "Anybody?")
    await opened(sol, id)
    box = sol.get_by_role("region", name="Reply box")
    await expect(box).to_contain_text("You can reply until in", timeout=SLOW)
    await box.get_by_role("textbox").fill("Here.")
    await expect(box.get_by_role("button", name="Send")).to_be_enabled()
    written = (await desk.machine.row(id))["last_inbound"]
    await rewritten(messages, written, received_at=datetime.now(UTC) - timedelta(hours=2))
    await opened(sol, id)
    await expect(box).to_contain_text("reply window of 1 h is over", timeout=SLOW)
    await expect(box.get_by_role("textbox")).to_have_value("Here.")
    await expect(box.get_by_role("button", name="Send")).to_be_disabled()
    await desk.change_channel(reply_window_hours=None)
    await expect(box.get_by_role("button", name="Send")).to_be_enabled(timeout=SLOW)


MAIL = """<p>Look: <b>the shoe</b></p><script>top.document.title = "run"</script>
<img alt="shoe" src="https://pictures.example/shoe.png" onerror="top.document.title = 'run'">"""


async def test_CH_15_a_mails_layout_is_framed_and_its_pictures_come_on_request(
    sol: Page, desk: Desk, messages: Collection, blobs: Blobs
) -> None:
    id = await desk.hears("Mailer", "Look: the shoe")
    written = (await desk.machine.row(id))["last_inbound"]
    await blobs.put(f"original-{written}", MAIL.encode(), type="text/html", limit=10_000)
    await rewritten(messages, written, html=f"original-{written}", remote_images=True)
    fetched: list[str] = []

    async def picture(route: Route) -> None:
        fetched.append(route.request.url)
        await route.fulfill(body=b"", content_type="image/png")

    await sol.context.route("https://pictures.example/**", picture)
    shown = (await opened(sol, id)).locator(f'[data-message="{written}"]')
    await shown.get_by_role("button", name="Show the whole mail").click()
    frame = shown.frame_locator("iframe")
    await expect(frame.get_by_text("the shoe")).to_be_visible(timeout=SLOW)
    assert fetched == []
    await shown.get_by_role("button", name="Show images").click()
    await expect(frame.get_by_role("img", name="shoe")).to_be_attached(timeout=SLOW)
    await eventually(lambda: fetched, SECONDS)
    assert set(fetched) == {"https://pictures.example/shoe.png"}
    assert await sol.title() != "run"
    await expect(shown.locator("iframe")).to_have_attribute("sandbox", re.compile("^allow-popups[a-z -]*$"))


async def test_AG_05_who_has_nothing_yet_is_told_so(product: Product, desk: Desk, browser: Browser) -> None:
    nil = await sign_in(browser, product.url, "Nil")
    await expect(nil.get_by_text("Nothing is assigned to you yet")).to_be_visible(timeout=SLOW)
    await nil.context.close()


async def test_nothing_failed_meanwhile(product: Product) -> None:
    assert await product.dead() == []
    assert product.bugs() == []
