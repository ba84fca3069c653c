"""Virtual agents over a running product: a script greets, asks and hands over; a connected bot answers and fails."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.product import Caller, Product, caller
from tests.support.receiver import listening
from tests.support.reference_bot import ReferenceBot
from tests.support.shop import Replies, Shop
from tests.support.streets import Admin, Street, Town

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
async def bot() -> AsyncIterator[ReferenceBot]:
    async with listening(ReferenceBot()) as found:
        yield found


@pytest.fixture
async def street(product: Product, shop: Shop, replies: Replies) -> AsyncIterator[Street]:
    replies.secret = shop.outbound
    with Client(product.url, product.key) as client:
        async with caller(product.url) as found:
            yield await Town(Admin(client), replies.url, shop.outbound, found.http).street()


@pytest.fixture
def address() -> str:
    return f"+34 {uuid.uuid4().int % 10**9}"


def texts(replies: Replies, conversation: str) -> list[str]:
    return [one["text"] for one in replies.to(conversation)]


async def script(machine: Caller, street: Street, *steps: dict[str, str], **more: Any) -> str:
    value = {"name": f"Greeter {street.id}", "channels": [street.id], "scripts": [{"steps": list(steps)}], **more}
    return str((await machine.post("/api/settings/auto-responders", value))["id"])


async def connected(machine: Caller, street: Street, bot: ReferenceBot, **more: Any) -> str:
    bot.secret = "whsec_" + "c3dpdGNoYm9hcmQgdGVzdCBrZXkgMDEyMzQ1Njc4OSE="
    value = {
        "name": f"Robin {street.id}",
        "channels": [street.id],
        "endpoint": f"{bot.url}/talk",
        "secret": bot.secret,
        **more,
    }
    return str((await machine.post("/api/settings/virtual-agents", value))["id"])


async def left(machine: Caller, conversation: str) -> list[str]:
    return [fact["why"] for fact in await machine.facts(conversation) if fact["fact"] == "virtual_agent_left"]


async def test_AU_10_AU_11_AU_13_a_script_greets_asks_stores_and_hands_over(
    machine: Caller, street: Street, replies: Replies, address: str
) -> None:
    attribute = await machine.post("/api/settings/contact-attributes", {"name": f"Size {street.id}", "type": "number"})
    await script(
        machine,
        street,
        {"step": "statement", "text": "Hello!"},
        {"step": "attribute", "text": "Which size?", "attribute": attribute["id"], "again": "A number, please."},
    )
    conversation = await street.network.says(address, "I want shoes")
    row = await machine.becomes(conversation, status="bot")
    assert row["owner"]["kind"] == "virtual_agent"
    await eventually(lambda: texts(replies, conversation) == ["Hello!", "Which size?"])

    await street.network.says(address, "big ones")
    await eventually(lambda: texts(replies, conversation)[2:] == ["A number, please."])
    await street.network.says(address, "42")
    row = await machine.becomes(conversation, status="new", substatus="untouched", owner=None)
    assert await left(machine, conversation) == ["script_ended"]
    contact = await machine.get(f"/api/contacts/{row['contact']}")
    assert contact["contact"]["attributes"][f"Size {street.id}"] == 42
    page = (await machine.get(f"/api/conversations/{conversation}/timeline"))["items"]
    ours = [one for one in page if one["direction"] == "outbound"]
    assert {one["author"]["name"] for one in ours} == {f"Greeter {street.id} VA"}
    assert all(one["automatic"] for one in ours)


async def test_AU_12_AU_16_delegated_by_hand_escaped_and_given_back(
    machine: Caller, street: Street, shop: Shop, replies: Replies, address: str
) -> None:
    agent = await script(
        machine,
        street,
        {"step": "question", "text": "What is it about?"},
        activation="delegation",
        hand_over="previous_agent",
        escape_words=["agente"],
    )
    conversation = await street.network.says(address, "hello")
    await machine.becomes(conversation, status="new")
    ana = {"kind": "agent", "id": shop.users["Ana"]}
    rights = await machine.get(f"/api/settings/users/{ana['id']}")
    value = rights["value"] | {
        "channels": [*rights["value"]["channels"], {"channel": street.id, "right": "contributor"}]
    }
    await machine.ask("PUT", f"/api/settings/users/{ana['id']}", value, If_Match=f'"{rights["version"]}"')
    await eventually(lambda: _assigned(machine, conversation, ana))
    await machine.act(conversation, {"act": "assign_owner", "owner": {"kind": "virtual_agent", "id": agent}})
    await eventually(lambda: texts(replies, conversation) == ["What is it about?"])

    await street.network.says(address, "Quiero un AGENTE ya")
    await machine.becomes(conversation, status="new", owner=ana)
    assert await left(machine, conversation) == ["escape_word"]


async def _assigned(machine: Caller, conversation: str, owner: dict[str, str]) -> bool:
    body = {"act": {"act": "assign_owner", "owner": owner}}
    return (await machine.ask("POST", f"/api/conversations/{conversation}/acts", body)).is_success


async def test_AU_11_one_inception_agent_a_channel_of_either_kind(
    machine: Caller, street: Street, bot: ReferenceBot
) -> None:
    await script(machine, street, {"step": "statement", "text": "Hello!"})
    value = {"name": f"Robin {street.id}", "channels": [street.id], "endpoint": f"{bot.url}/talk"}
    refused = await machine.ask("POST", "/api/settings/virtual-agents", value)
    assert refused.status_code == 409
    assert f"Greeter {street.id}" in refused.json()["detail"]
    assert refused.json()["conflict"]["kind"] == "auto-responders"
    kept = await machine.post("/api/settings/virtual-agents", {**value, "activation": "delegation"})
    assert kept["revealed"]["secret"].startswith("whsec_")


async def test_AU_20_a_connected_bot_is_told_in_order_answers_and_resolves(
    machine: Caller, street: Street, bot: ReferenceBot, replies: Replies, address: str
) -> None:
    topic = await machine.post("/api/settings/topics", {"name": f"Orders {street.id}"})
    bot.reply = lambda text: (
        {"messages": [{"text": "Bye"}], "done": "resolved", "topics": [f"orders {street.id}", "no such"]}
        if text == "thanks"
        else {"messages": [{"text": f"You said {text}", "quick_replies": ["thanks"]}], "attributes": {"Said": text}}
    )
    await connected(machine, street, bot)
    conversation = await street.network.says(address, "one")
    await machine.becomes(conversation, status="bot")
    await street.network.says(address, "two")
    await eventually(lambda: texts(replies, conversation) == ["You said one", "You said two"])
    assert bot.told(conversation) == ["conversation.started", "one", "two"]
    assert bot.refused == 0
    assert bot.events[-1]["data"]["conversation"]["id"] == conversation

    await street.network.says(address, "thanks")
    row = await machine.becomes(conversation, status="resolved", topics=[topic["id"]])
    assert row["closed_by"] == "virtual_agent"
    assert texts(replies, conversation)[2:] == ["Bye"]
    contact = await machine.get(f"/api/contacts/{row['contact']}")
    assert contact["contact"]["attributes"]["Said"] == "two"


async def test_AU_20_it_answers_later_with_its_own_key_and_404_once_a_human_has_it(
    product: Product, machine: Caller, street: Street, bot: ReferenceBot, replies: Replies, address: str
) -> None:
    agent = await connected(machine, street, bot)
    key = (await machine.post(f"/api/virtual-agents/{agent}/keys", {"name": "Robin"}))["key"]
    conversation = await street.network.says(address, "late")
    await eventually(lambda: bot.told(conversation) == ["conversation.started", "late"])
    path = f"/api/virtual-agents/{agent}/conversations/{conversation}/answers"
    async with caller(product.url, Authorization=f"Bearer {key}") as robin:
        for _ in range(2):
            said = await robin.ask("POST", path, {"messages": [{"text": "Here I am"}]}, once="first")
            assert said.status_code == 204
        await eventually(lambda: texts(replies, conversation) == ["Here I am"])
        for other in ("/api/session", "/api/conversations", "/api/settings/users"):
            assert (await robin.ask("GET", other)).status_code == 403
        assert (await machine.ask("POST", path, {"messages": []})).status_code == 403

        await machine.act(conversation, {"act": "set_new"})
        assert (await robin.ask("POST", path, {"messages": [{"text": "Me again"}]})).status_code == 404
    assert texts(replies, conversation) == ["Here I am"]


async def test_AU_21_what_goes_wrong_goes_to_new_and_the_customers_message_stays(
    machine: Caller, street: Street, bot: ReferenceBot, address: str
) -> None:
    await connected(machine, street, bot, agent_timeout_seconds=5, agent_timeout_then="resolved")
    told = {word: await street.network.says(f"{address} {word}", word) for word in ("wrong", "shape", "broken", "late")}
    silent = told.pop("late")
    for word, conversation in told.items():
        await machine.becomes(conversation, status="new", owner=None)
        assert await left(machine, conversation) == ["failure"]
        tries = [
            id
            for id, event in zip(bot.ids, bot.events, strict=True)
            if event["data"]["conversation_id"] == conversation and event["type"] == "message.received"
        ]
        assert len(tries) > 1
        assert len(set(tries)) == 1
        page = (await machine.get(f"/api/conversations/{conversation}/timeline"))["items"]
        assert [one["text"] for one in page] == [word]
    await machine.becomes(silent, status="resolved")
    assert await left(machine, silent) == ["agent_timeout"]


async def test_AU_21_admins_see_how_endpoints_do(machine: Caller, street: Street, bot: ReferenceBot) -> None:
    agent = await connected(machine, street, bot, activation="delegation")
    items = (await machine.get("/api/virtual-agents/health"))["items"]
    assert [one["open"] for one in items if one["agent"] == agent] == [False]
