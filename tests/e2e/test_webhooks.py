"""Webhooks out and blocked threads, through the API of a running product."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import standardwebhooks

from shared.ids import conversation_id
from tests.support.eventually import eventually
from tests.support.product import Caller
from tests.support.receiver import Receiver, Request, receiver
from tests.support.shop import Network, Shop, message

pytestmark = pytest.mark.integration


@pytest.fixture
async def endpoint() -> AsyncIterator[Receiver]:
    async with receiver() as found:
        yield found


def about(endpoint: Receiver, conversation: str) -> Sequence[Request]:
    """What was told of this conversation: others use the product too."""
    return [one for one in endpoint.requests if one.json()["data"].get("conversation_id") == conversation]


async def test_a_webhook_is_told_what_happens_and_its_log_delivers_again(
    machine: Caller, network: Network, endpoint: Receiver
) -> None:
    events = ["conversation.opened", "message.received", "message.sent", "conversation.resolved"]
    value = {"name": f"CRM {endpoint.url}", "url": f"{endpoint.url}/in", "events": events}
    made = await machine.post("/api/settings/webhooks", value)
    verifier, log = standardwebhooks.Webhook(made["revealed"]["secret"]), f"/api/webhooks/{made['id']}/deliveries"
    conversation = await network.says("told of", "Where is my parcel?")
    await machine.becomes(conversation, status="new")
    await machine.post(f"/api/conversations/{conversation}/messages", {"text": "On its way."})
    await machine.act(conversation, {"act": "resolve"})
    await eventually(lambda: {one.json()["type"] for one in about(endpoint, conversation)} == set(events))
    told: dict[str, Any] = {one.json()["type"]: one.json() for one in about(endpoint, conversation)}
    assert told["message.received"]["data"]["message"]["text"] == "Where is my parcel?"
    assert told["message.sent"]["data"]["message"]["text"] == "On its way."
    assert told["conversation.resolved"]["data"]["conversation"]["status"] == "resolved"
    for request in about(endpoint, conversation):
        assert verifier.verify(request.body, dict(request.headers))["id"] == request.headers["webhook-id"]

    wanted = told["message.received"]["id"]
    (line,) = [one for one in (await machine.get(log))["items"] if one["event"] == wanted]
    await eventually(lambda: _delivered(machine, f"{log}/{line['id']}"))
    again = await machine.ask("POST", f"{log}/{line['id']}/redeliver")
    assert (again.status_code, again.json()["event"]) == (202, wanted)
    await eventually(lambda: sum(one.headers["webhook-id"] == wanted for one in endpoint.requests) == 2)
    assert (await machine.ask("POST", f"/api/webhooks/{made['id']}/test")).status_code == 202
    await eventually(lambda: any(one.json()["type"] == "webhook.test" for one in endpoint.requests))

    timeline = (await machine.get(f"/api/conversations/{conversation}/timeline"))["items"]
    (asked,) = [one["id"] for one in timeline if one["direction"] == "inbound"]
    await machine.post(f"/api/messages/{asked}/mask", {})

    async def is_masked() -> bool:
        whole = await machine.get(f"{log}/{line['id']}")
        return bool(whole["masked"]) and "parcel" not in str(whole["payload"])

    await eventually(is_masked)
    assert (await machine.ask("GET", "/api/webhooks/nobody/deliveries")).status_code == 404
    off = await machine.ask("PUT", f"/api/settings/webhooks/{made['id']}", {**value, "enabled": False}, If_Match="1")
    assert off.status_code == 200
    assert (await machine.ask("POST", f"/api/webhooks/{made['id']}/test")).status_code == 409


async def _delivered(machine: Caller, path: str) -> bool:
    found = await machine.get(path)
    return bool(found["status"] == "delivered")


async def test_CH_10_a_public_thread_is_blocked_from_its_message_and_opened_again_by_an_admin(
    machine: Caller, network: Network, shop: Shop
) -> None:
    public = {"visibility": "public", "kind": "comment", "root": "a quarrel"}
    assert (await network.deliver({"messages": [message("quarrel 1", "You are all wrong", **public)]}))["stored"] == 1
    conversation = conversation_id(shop.channel, "quarrel 1", "public", "a quarrel")
    await machine.becomes(conversation, status="new")
    (first,) = (await machine.get(f"/api/conversations/{conversation}/timeline"))["items"]
    for _ in range(2):
        blocked = await machine.post(f"/api/messages/{first['id']}/block-thread", {})
    assert blocked == {"channel": shop.channel, "root": "a quarrel"}
    more = {"messages": [message("quarrel 2", "No, you are", **public)]}
    assert (await network.deliver(more))["stored"] == 0
    blocks = (await machine.get("/api/settings/thread-blocks"))["items"]
    (block,) = [one for one in blocks if one["value"]["root"] == "a quarrel"]
    assert block["value"]["name"] == "You are all wrong"

    async def in_the_log() -> bool:
        entries = (await machine.get("/api/admin-log?search=thread-blocks"))["items"]
        return [entry["action"] for entry in entries if entry["object"] == block["id"]] == ["created"]

    await eventually(in_the_log)
    undone = await machine.ask("DELETE", f"/api/settings/thread-blocks/{block['id']}", If_Match="1")
    assert undone.status_code == 204
    assert (await network.deliver(more))["stored"] == 1

    async def in_the_trail() -> bool:
        entries = (await machine.get(f"/api/conversations/{conversation}/trail"))["items"]
        facts = [fact for entry in entries for fact in entry["changes"] if fact["fact"] == "thread_blocked"]
        return [(fact["lifted"], fact["by"]["kind"]) for fact in facts] == [(False, "api_key"), (True, "api_key")]

    await eventually(in_the_trail)
