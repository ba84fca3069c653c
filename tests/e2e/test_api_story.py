"""The first story without a browser: signed webhooks in and out, and the public API for everybody else."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.product import Caller, Page, Product, caller, keyed, page, problem, running, signed_in
from tests.support.receiver import listening
from tests.support.shop import QUESTION, Network, Replies, Shop, message, open_shop
from tests.support.workspace import PASSWORD

pytestmark = pytest.mark.integration

SPANISH = "Hola, no ha llegado mi pedido y necesito ayuda, por favor."
SLOW = 30.0


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    with running(Path(tmp_path_factory.mktemp("story")), rabbit_url, mongo_url) as found:
        yield found


@pytest.fixture(scope="module")
async def replies() -> AsyncIterator[Replies]:
    async with listening(Replies()) as found:
        yield found


@pytest.fixture(scope="module")
async def shop(product: Product, replies: Replies) -> Shop:
    with Client(product.url, product.key) as client:
        made = await asyncio.to_thread(open_shop, client, replies.url)
    replies.secret = made.outbound
    return made


@pytest.fixture(scope="module")
async def machine(product: Product) -> AsyncIterator[Caller]:
    """Whoever uses the API with a key."""
    async with keyed(product) as found:
        yield found


@pytest.fixture(scope="module")
async def network(product: Product, shop: Shop) -> AsyncIterator[Network]:
    async with caller(product.url) as found:
        yield Network(found.http, shop.channel, shop.inbound)


@pytest.fixture
def address() -> str:
    """Somebody who never wrote before."""
    return f"+34 {uuid.uuid4().int % 10**9}"


async def test_a_customers_message_reaches_the_right_agent_and_the_answer_comes_back(
    product: Product, shop: Shop, machine: Caller, network: Network, replies: Replies, address: str
) -> None:
    async with AsyncExitStack() as stack:
        people: dict[str, Caller] = {}
        pages: dict[str, Page] = {}
        for name in ("Ana", "Bea", "Carl"):
            people[name] = await stack.enter_async_context(signed_in(product.url, f"{name.lower()}@example.org"))
            pages[name] = await stack.enter_async_context(page(people[name]))
        await _is(shop, people, Ana="available", Bea="available", Carl="available")
        await people["Bea"].put("/api/agents/me/availability", {"availability": "away"})
        await _is(shop, people, Ana="available", Bea="away", Carl="available")

        conversation = await _arrives(shop, network, pages, address)
        await _answered(shop, people["Ana"], network, replies, conversation)
        await _comes_back(shop, people["Ana"], pages["Ana"], network, address, conversation)

        await people["Bea"].put("/api/agents/me/availability", {"availability": "available"})
        await pages["Ana"].saw("agent", id=shop.users["Bea"], availability="available")
        await _handed_over_and_resolved(shop, people, pages["Bea"], replies, conversation)
        await _surveyed(shop, machine, network, replies, address, conversation)
        await _again(shop, machine, people["Carl"], network, address, conversation)
    await _told(shop, machine, conversation)


async def _is(shop: Shop, people: dict[str, Caller], **wanted: str) -> None:
    """Wait until colleagues see each other like this."""

    async def are() -> bool:
        listed = (await people["Carl"].get("/api/agents"))["items"]
        by_id = {one["id"]: one["availability"] for one in listed}
        return all(by_id[shop.users[name]] == availability for name, availability in wanted.items())

    await eventually(are, SLOW)


async def _arrives(shop: Shop, network: Network, pages: dict[str, Page], address: str) -> str:
    """Delivered three times, stored once; detected, routed, scored, given to the free agent of the Spanish team."""
    opening = {"messages": [message(address, SPANISH)]}
    told = [await network.deliver(opening) for _ in range(3)]
    assert [(one["stored"], one["known"]) for one in told] == [(1, 0), (0, 1), (0, 1)]
    conversation = network.conversation(address)
    ana = {"kind": "agent", "id": shop.users["Ana"]}
    row = await pages["Ana"].saw("row", id=conversation, status="new", owner=ana, within=SLOW)
    assert (row["language"], row["teams"], row["topics"]) == ("es", [shop.teams["es"]], [shop.topic])
    assert row["priority"]["score"] == 1
    assert row["contact_name"] == "Lucía Fernández"
    assert row["preview"] == SPANISH
    assert conversation not in [row["id"] for row in pages["Carl"].of("row")]
    return conversation


async def _answered(shop: Shop, ana: Caller, network: Network, replies: Replies, conversation: str) -> None:
    """A private note stays inside; a reply arrives signed, named by our message id, and is told read."""
    note = {"text": "He preguntado al almacén. @Bea", "mentions": [shop.users["Bea"]]}
    await ana.post(f"/api/conversations/{conversation}/notes", note)
    seen = (await ana.row(conversation))["last_inbound"]
    sent = await ana.post(f"/api/conversations/{conversation}/messages", {"text": "Lo estoy mirando.", "seen": seen})
    reply = sent["message"]["id"]
    bodies = await eventually(lambda: replies.to(conversation), SLOW)
    assert [(body["message_id"], body["text"], body["channel"]) for body in bodies] == [
        (reply, "Lo estoy mirando.", shop.channel)
    ]
    assert (await ana.row(conversation))["status"] == "new"  # on_reply is stay
    for status in ("delivered", "read", "delivered"):  # a late receipt takes nothing back
        assert (await network.reports(reply, status))["receipts"] == 1
    said = await ana.timeline(conversation)
    assert [(one["direction"], one["delivery"]) for one in said] == [
        ("inbound", None),
        ("internal", None),
        ("outbound", "read"),
    ]


async def _comes_back(shop: Shop, ana: Caller, screen: Page, network: Network, address: str, conversation: str) -> None:
    """Pending with a boomerang comes back by itself; without one, with the customer's next message."""
    act = {"act": "set_pending", "boomerang": {"after_seconds": 1, "note": "¿Ha contestado el almacén?"}}
    row = await ana.act(conversation, act)
    assert (row["status"], row["boomerang"]["note"]) == ("pending", "¿Ha contestado el almacén?")
    await screen.saw("row", id=conversation, status="pending")
    back = await ana.becomes(conversation, status="new", within=SLOW)
    assert back["owner"]["id"] == shop.users["Ana"]
    await screen.saw("notification", kind="boomerang_fired", conversation=conversation)

    await ana.act(conversation, {"act": "set_pending"})
    await network.says(address, "¿Alguna novedad?")
    row = await ana.becomes(conversation, status="new", within=SLOW)
    assert (row["boomerang"], row["episode"], row["preview"]) == (None, 1, "¿Alguna novedad?")


async def _handed_over_and_resolved(
    shop: Shop, people: dict[str, Caller], screen: Page, replies: Replies, conversation: str
) -> None:
    """Given to a colleague, who answers and resolves with a reason; without the CSRF token nobody resolves."""
    ana, bea = people["Ana"], people["Bea"]
    await ana.act(conversation, {"act": "assign_owner", "owner": {"kind": "agent", "id": shop.users["Bea"]}})
    await screen.saw("notification", kind="assigned", conversation=conversation)
    row = await bea.becomes(conversation, owner={"kind": "agent", "id": shop.users["Bea"]})
    told = [one["kind"] for one in (await bea.get("/api/notifications"))["items"]]
    assert {"mention", "assigned"} <= set(told), "WF-19, AG-10"
    await bea.post(
        f"/api/conversations/{conversation}/messages", {"text": "Llega mañana.", "seen": row["last_inbound"]}
    )
    await eventually(lambda: len(replies.to(conversation)) == 2, SLOW)
    row = await bea.row(conversation)
    resolve = {"act": {"act": "resolve", "reason": shop.reason}, "seen": row["last_inbound"]}
    path = f"/api/conversations/{conversation}/acts"
    refused = problem(await bea.ask("POST", path, resolve, X_CSRF_Token="guessed"))
    assert (refused["status"], refused["code"]) == (403, "csrf")
    done = (await bea.post(path, resolve))["row"]
    assert (done["status"], done["substatus"], done["resolve_reason"]) == ("resolved", "closed", shop.reason)
    assert done["owner"] is None


async def _surveyed(
    shop: Shop, machine: Caller, network: Network, replies: Replies, address: str, conversation: str
) -> None:
    """One survey, in the contact's language; its answer and the comment are kept and reopen nothing."""
    await eventually(lambda: len(replies.to(conversation)) == 3, SLOW)
    survey = replies.to(conversation)[-1]
    assert QUESTION in survey["text"]
    assert survey["automatic"]
    await network.says(address, "5")
    await eventually(lambda: _figures(machine, shop, answered=1), SLOW)
    await network.says(address, "Muy amables, gracias.")
    await eventually(lambda: _commented(machine, shop), SLOW)
    row = await machine.row(conversation)
    assert (row["status"], row["episode"], row["survey"]["number"]) == ("resolved", 1, 5)
    assert len(replies.to(conversation)) == 3


async def _figures(machine: Caller, shop: Shop, **wanted: Any) -> dict[str, Any] | None:
    range = "start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"
    found: dict[str, Any] = await machine.get(f"/api/surveys/figures?{range}&survey={shop.survey}")
    return found if wanted.items() <= found.items() else None


async def _commented(machine: Caller, shop: Shop) -> bool:
    figures = await _figures(machine, shop, sent=1, answered=1, average=5.0, satisfaction=100.0, response_rate=100.0)
    range = "start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"
    answers = (await machine.get(f"/api/surveys/answers?{range}&survey={shop.survey}"))["items"]
    return figures is not None and [one["number"] for one in answers if one["comment_message"]] == [5]


async def _again(shop: Shop, machine: Caller, carl: Caller, network: Network, address: str, conversation: str) -> None:
    """The next message opens episode 2, which a machine resolves with its key. Carl never could see any of it."""
    await network.says(address, "Hola, tengo otra pregunta sobre mi pedido.")
    row = await machine.becomes(conversation, status="new", episode=2, within=SLOW)
    row = await machine.act(conversation, {"act": "resolve", "reason": shop.reason}, seen=row["last_inbound"])
    assert (row["status"], row["episode"]) == ("resolved", 2)
    hidden = await carl.ask("GET", f"/api/conversations/{conversation}")
    assert problem(hidden)["code"] == "not_found"


async def _told(shop: Shop, machine: Caller, conversation: str) -> None:
    """The trail: every step, who and when, in the order it happened."""
    entries = (await machine.get(f"/api/conversations/{conversation}/trail?limit=500"))["items"]
    moments = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert moments == sorted(moments)
    facts = await machine.facts(conversation)
    rows = [fact["row"] for fact in facts if fact["fact"] == "status_changed" and fact["episode"] == 1]
    assert [row for row in rows if row in ("T10", "T11", "T12", "T13")] == ["T10", "T12", "T10", "T11", "T13"]
    told = [(fact["fact"], fact["by"]["kind"], fact["by"]["name"]) for fact in facts]
    for step in STEPS:
        assert step in told, f"{step} is not in the trail: {told}"
    owners = [(fact["before"], fact["after"], fact["how"]) for fact in facts if fact["fact"] == "owner_changed"]
    ana, bea = ({"kind": "agent", "id": shop.users[name]} for name in ("Ana", "Bea"))
    assert owners[:3] == [(None, ana, "automatic"), (ana, bea, "manual"), (bea, None, "resolve")]
    assert [fact["option"] for fact in facts if fact["fact"] == "survey_answered"] == ["5"]
    sent = [fact["sent"] for fact in facts if fact["fact"] == "survey_decided" and fact["episode"] == 1]
    assert sent == [True]
    assert "almacén" not in json.dumps([fact for fact in facts if fact["fact"] == "message_added"])


STEPS = (
    ("episode_opened", "contact", "Lucía Fernández"),
    ("language_changed", "system", ""),
    ("topics_changed", "rule", "Orders"),
    ("message_added", "agent", "Ana"),
    ("turn_ended", "agent", "Ana"),
    ("boomerang_changed", "agent", "Ana"),
    ("boomerang_changed", "system", ""),
    ("owner_changed", "agent", "Ana"),
    ("resolved", "agent", "Bea"),
    ("survey_decided", "system", ""),
    ("survey_commented", "contact", "Lucía Fernández"),
    ("resolved", "api_key", "test"),
)


async def test_a_repeated_idempotency_key_has_one_effect_and_the_same_answer(
    machine: Caller, network: Network, replies: Replies, address: str
) -> None:
    conversation = await network.says(address, "Hello, how do I send this back?")
    await machine.becomes(conversation, status="new")
    path = f"/api/conversations/{conversation}"
    once = str(uuid.uuid4())
    sent = [await machine.post(f"{path}/messages", {"text": "By mail."}, once=once) for _ in range(3)]
    assert len({one["message"]["id"] for one in sent}) == 1
    noted = [await machine.post(f"{path}/notes", {"text": "Said how."}, once=once) for _ in range(2)]
    assert len({one["message"]["id"] for one in noted}) == 1  # the key is the request's: here it is another one
    body = {"act": {"act": "set_pending", "boomerang": {"after_seconds": 3600}}}
    rows = [(await machine.post(f"{path}/acts", body, once=once))["row"] for _ in range(2)]
    assert rows[0]["boomerang"] == rows[1]["boomerang"]
    labels = [await machine.post("/api/settings/labels", {"name": f"L {once}"}, once=once) for _ in range(2)]
    assert labels[0]["id"] == labels[1]["id"]
    await eventually(lambda: replies.to(conversation), SLOW)
    await network.says(address, "Thank you")
    await machine.becomes(conversation, status="new")
    assert [body["text"] for body in replies.to(conversation)] == ["By mail."]
    assert [one["text"] for one in await machine.timeline(conversation)][1:3] == ["By mail.", "Said how."]
    facts = await machine.facts(conversation)
    assert [fact["fact"] for fact in facts].count("boomerang_changed") == 2  # set, and cancelled by the customer


async def test_what_was_decided_on_a_stale_page_is_refused_with_how_it_is_now(
    shop: Shop, machine: Caller, network: Network, address: str
) -> None:
    conversation = await network.says(address, "Hello, how do I send this back?")
    before = await machine.becomes(conversation, status="new")
    await network.says(address, "I found out, but what does it cost?")
    after = await machine.becomes(conversation, preview="I found out, but what does it cost?")
    path = f"/api/conversations/{conversation}/acts"
    resolve = {"act": {"act": "resolve", "reason": shop.reason}, "seen": before["last_inbound"]}
    refused = problem(await machine.ask("POST", path, resolve))
    assert refused["status"] == 409
    assert refused["current"]["last_inbound"] == after["last_inbound"] != before["last_inbound"]
    moved = await machine.act(conversation, {"act": "set_pending"}, status_number=after["status_number"])
    assigned = {"act": {"act": "assign_owner", "owner": {"kind": "agent", "id": shop.users["Bea"]}}}
    refused = problem(await machine.ask("POST", path, {**assigned, "status_number": after["status_number"]}))
    assert (refused["status"], refused["current"]["status"]) == (409, "pending")
    assert (await machine.row(conversation))["status_number"] == moved["status_number"]
    reply = {"text": "Nothing.", "seen": before["last_inbound"]}  # a reply is never refused for staleness
    assert (await machine.ask("POST", f"/api/conversations/{conversation}/messages", reply)).status_code == 201


async def test_AG_02_a_viewer_reads_and_notes_but_neither_replies_nor_acts(
    product: Product, network: Network, replies: Replies, address: str
) -> None:
    conversation = await network.says(address, "Hello, how do I send this back?")
    async with signed_in(product.url, "vic@example.org") as vic:
        await vic.becomes(conversation, status="new")
        path = f"/api/conversations/{conversation}"
        may = (await vic.get(path))["may"]
        assert {name for name, allowed in may.items() if allowed} == {"note"}
        assert (await vic.ask("POST", f"{path}/notes", {"text": "I know this one."})).status_code == 201
        for what, body in (
            ("messages", {"text": "By mail."}),
            ("acts", {"act": {"act": "resolve"}}),
            ("acts", {"act": {"act": "assign_owner", "owner": None}}),
            ("tags", {"add": ["x"]}),
        ):
            refused = problem(await vic.ask("POST", f"{path}/{what}", body))
            assert (refused["status"], refused["code"]) == (403, "forbidden")
        assert problem(await vic.ask("GET", "/api/settings/channels"))["status"] == 403
    assert replies.to(conversation) == []


async def test_WF_02_a_conversation_of_others_is_not_there_whatever_one_asks(
    product: Product, shop: Shop, machine: Caller, network: Network, address: str
) -> None:
    conversation = await network.says(address, "Hello, how do I send this back?")
    contact = (await machine.becomes(conversation, status="new"))["contact"]
    inbound = (await machine.row(conversation))["last_inbound"]
    async with signed_in(product.url, "nil@example.org") as nil:
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/timeline", None),
            ("GET", "/trail", None),
            ("GET", "/attachments/1", None),
            ("POST", "/messages", {"text": "x"}),
            ("POST", "/notes", {"text": "x"}),
            ("POST", "/tags", {"add": ["x"]}),
            ("POST", "/hint", {"what": "viewing"}),
            ("POST", "/acts", {"act": {"act": "set_pending"}}),
        ):
            answers = [
                problem(await nil.ask(method, f"/api/conversations/{id}{path}", body))
                for id in (conversation, "never-was")
            ]
            assert answers[0] == answers[1]
            assert answers[0]["status"] == 404
        assert problem(await nil.ask("GET", f"/api/contacts/{contact}"))["status"] == 404
        assert problem(await nil.ask("POST", f"/api/messages/{inbound}/mask"))["status"] == 404
        bulk = await nil.post("/api/conversations/acts", {"ids": [conversation], "act": {"act": "set_pending"}})
        assert [one["status"] for one in bulk["results"]] == [404]
        listed = await nil.get(f"/api/conversations?channel={shop.channel}&limit=200")
        assert listed["items"] == []
    assert (await machine.row(conversation))["status"] == "new"


async def test_SL_06_the_rows_clock_carries_what_a_page_needs_to_colour_and_count(
    product: Product, machine: Caller, network: Network, address: str
) -> None:
    conversation = await network.says(address, "Hello, how do I send this back?")

    async def ticking() -> dict[str, Any] | None:
        answer = await machine.ask("GET", f"/api/conversations/{conversation}")
        found: dict[str, Any] | None = answer.json()["row"]["sla"] if answer.is_success else None
        return found

    clock = await eventually(ticking, SLOW)
    assert (clock["kind"], clock["policy_name"], clock["target_seconds"]) == ("first", "Shop policy", 1800.0)
    assert (clock["colour"], clock["paused"], clock["over_seconds"]) == ("grey", False, 0)
    as_of, warn, due, breach = (
        datetime.fromisoformat(clock[name]) for name in ("as_of", "warn_at", "due_at", "breach_at")
    )
    assert clock["remaining_seconds"] == pytest.approx((due - as_of).total_seconds(), abs=0.01)
    assert due - warn == timedelta(seconds=1800) * 0.25
    assert breach >= due
    assert (clock["pauses_at"], clock["resumes_at"]) == (None, None)
    await machine.act(conversation, {"act": "set_pending"})
    assert await ticking() is None


async def test_SL_07_a_clock_turns_orange_and_its_owner_is_told(
    product: Product, machine: Caller, replies: Replies, address: str
) -> None:
    secret = f"whsec_{'A' * 32}"
    config = {"medium": "webhook", "inbound_secret": secret, "outbound_url": f"{replies.url}/replies"}
    channel = (await machine.post("/api/settings/channels", {"name": "Urgent", "config": config}))["id"]
    policy = {"name": "At once", "channels": [channel], "first_minutes": 1, "warn_percent": 1, "notify_percent": [1]}
    await machine.post("/api/settings/policies", policy)
    made = await machine.post("/api/settings/users", {"name": "Uma", "email": "uma@example.org"})
    token = made["invite"]["link"].rpartition("#token=")[2]
    await machine.post("/api/password", {"token": token, "password": PASSWORD})
    uma = {"kind": "agent", "id": made["id"]}
    team = await machine.post("/api/settings/teams", {"name": "Urgent", "members": [{"user": made["id"]}]})
    rule = {"field": "channel", "values": [channel]}
    skill = {"name": "Urgent", "groups": [{"rules": [rule]}], "teams": [team["id"]]}
    await machine.post("/api/settings/skill-sets", skill)
    async with signed_in(product.url, "uma@example.org") as person, page(person) as screen:
        urgent = Network(person.http, channel, secret)
        await eventually(lambda: _known(urgent), SLOW)
        conversation = await urgent.says(address, "4711?")
        await screen.saw("row", id=conversation, owner=uma, within=SLOW)
        warned = await screen.saw("notification", kind="sla_warned", conversation=conversation, within=SLOW)
        assert not warned["read"]
        row = await person.row(conversation)
        assert row["sla"]["colour"] == "orange"
        assert 0 < row["sla"]["remaining_seconds"] < 59.4


async def _known(network: Network) -> bool:
    """Whether ingest has heard of the channel."""
    return (await network.send(b'{"messages": []}')).status_code == 200


async def test_nothing_was_lost_on_the_way(product: Product) -> None:
    assert await product.dead() == []
    assert product.bugs() == []
