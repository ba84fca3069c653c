"""Rules and macros through the API of a running product: dry runs, runs, macros by hand, notifications, mutes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.product import Caller, Product, problem, signed_in
from tests.support.shop import QUESTION, Replies, Shop
from tests.support.streets import Admin, Street, Town

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
async def admin(product: Product) -> AsyncIterator[Admin]:
    with Client(product.url, product.key) as client:
        yield Admin(client)


@pytest.fixture
async def street(shop: Shop, replies: Replies, admin: Admin, stranger: Caller) -> Street:
    return await Town(admin, replies.url, shop.outbound, stranger.http).street()


@pytest.fixture
def address() -> str:
    return f"+34 {uuid.uuid4().int % 10**9}"


def saying(word: str, *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A rule about a word."""
    tree = {"test": "group", "join": "all", "of": [{"test": "keywords", "keywords": word}]}
    return {"name": f"Says {word}", "conditions": tree, "actions": list(actions), **fields}


TAG = {"act": "tag_message", "add": ["seen"]}


async def test_a_dry_run_says_condition_by_condition_and_stores_nothing(
    machine: Caller, street: Street, address: str
) -> None:
    rule = saying("refund", TAG)
    sample = {"message": {"text": "A refund, please"}}
    answer = await machine.post("/api/rules/preview", {"rule": rule, "sample": sample})
    (tried,) = answer["results"]
    assert (tried["matches"], tried["would"]) == (True, ["tag_message (add: seen)"])
    assert [one["held"] for one in tried["conditions"]["of"]] == [True]

    conversation = await street.network.says(address, "I want a refund")
    await machine.becomes(conversation, status="new")
    stored = await machine.post("/api/rules/preview", {"rule": rule, "last": 5})
    found = {one["id"]: one["matches"] for one in stored["results"]}
    assert found[conversation] is True
    assert (await machine.row(conversation))["tags"] == []

    bad = {"test": "field", "field": "text", "operator": "matches", "value": "("}
    wrong = {**rule, "conditions": {"test": "group", "of": [bad]}}
    refused = problem(await machine.ask("POST", "/api/rules/preview", {"rule": wrong}))
    assert refused["errors"][0]["field"] == "rule.conditions.of.0.value"


async def test_AU_08_an_admin_sees_the_runs_of_a_rule_and_agents_do_not(
    product: Product, machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    rule = await admin.make("rules", **saying("invoice", TAG, scope={"channels": [street.id]}))
    conversation = await street.network.says(address, "My invoice is wrong")
    await machine.becomes(conversation, tags=["seen"])

    async def applied() -> bool:
        runs = (await machine.get(f"/api/rules/{rule}/runs"))["items"]
        return [(run["outcome"], run["conversation"]) for run in runs] == [("applied", conversation)]

    await eventually(applied)
    async with signed_in(product.url, "ana@example.org") as ana:
        assert problem(await ana.ask("GET", f"/api/rules/{rule}/runs"))["status"] == 403


async def test_AU_22_a_macro_is_run_by_hand_on_one_and_on_many(
    product: Product, shop: Shop, machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    actions = [
        {"act": "resolve", "reason": shop.reason},
        {"act": "write_note", "text": "Done by macro"},
        {"act": "notify", "agents": [shop.users["Ana"]], "text": "Look at this"},
        {"act": "change_topics", "add": [shop.topic]},
    ]
    macro = await admin.make("macros", name=f"Refund {address}", actions=actions)
    conversation = await street.network.says(address, QUESTION)
    row = await machine.becomes(conversation, status="new")
    stale = {"macro": macro, "status_number": row["status_number"] + 5}
    assert problem(await machine.ask("POST", f"/api/conversations/{conversation}/macro", stale))["status"] == 409
    answer = await machine.post(f"/api/conversations/{conversation}/macro", {"macro": macro})
    assert (answer["failed"], answer["row"]["status"], answer["row"]["topics"]) == ([], "resolved", [shop.topic])
    (applied,) = [fact for fact in await machine.facts(conversation) if fact["fact"] == "rule_applied"]
    assert (applied["name"], applied["macro"]) == (f"Refund {address}", True)
    assert "Done by macro" in [item["text"] for item in await machine.timeline(conversation)]

    others = [await street.network.says(f"{address}{number}", QUESTION) for number in range(2)]
    await asyncio.gather(*(machine.becomes(one, status="new") for one in others))
    many = await machine.post("/api/conversations/macro", {"ids": [*others, "nothing"], "macro": macro})
    assert [one["status"] for one in many["results"]] == [200, 200, 404]
    async with signed_in(product.url, "ana@example.org") as ana:

        async def told() -> bool:
            items = (await ana.get("/api/notifications"))["items"]
            return len([one for one in items if one["kind"] == "rule" and one["text"] == "Look at this"]) == 3

        await eventually(told)


async def test_AU_22_own_macros_are_ones_own(product: Product, machine: Caller, shop: Shop, address: str) -> None:
    async with signed_in(product.url, "ana@example.org") as ana, signed_in(product.url, "bea@example.org") as bea:
        own = {"name": f"Mine {address}", "user": shop.users["Ana"], "actions": [TAG]}
        made = await ana.post("/api/macros", own)
        assert problem(await ana.ask("POST", "/api/macros", {**own, "user": None}))["status"] == 403
        assert made["id"] in [one["id"] for one in (await ana.get("/api/macros"))["items"]]
        assert made["id"] not in [one["id"] for one in (await bea.get("/api/macros"))["items"]]
        path = f"/api/macros/{made['id']}"
        assert problem(await bea.ask("PUT", path, own, If_Match='"1"'))["status"] in (403, 404)
        changed = await ana.ask("PUT", path, {**own, "name": f"Mine too {address}"}, If_Match='"1"')
        assert changed.status_code == 200, changed.text
        assert (await ana.ask("DELETE", path, If_Match=changed.headers["etag"])).status_code == 204


async def test_CH_11_a_contact_is_muted_and_heard_again_through_the_api(
    machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    conversation = await street.network.says(address, QUESTION)
    contact = (await machine.becomes(conversation, status="new"))["contact"]
    path = f"/api/contacts/{contact}/mutes/{street.id}"
    assert problem(await machine.ask("PUT", path))["status"] == 422
    known = await machine.get(f"/api/settings/channels/{street.id}")
    await admin.make("channels", **{**known["value"], "muting": True})
    assert (await machine.put(path, {}))["contact"]["muted_on"] == [street.id]
    listed = (await machine.get(f"/api/contacts/muted?channel={street.id}"))["items"]
    assert [one["id"] for one in listed] == [contact]
    assert (await machine.ask("DELETE", path)).json()["contact"]["muted_on"] == []
