"""What admins set is what happens: settings of a running product, and conversations that follow them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.demo.client import Client
from tests.support.eventually import eventually
from tests.support.product import Caller, Product, caller, keyed, page, problem, running, signed_in
from tests.support.receiver import Answer, Request, listening
from tests.support.shop import Replies, Shop, message, open_shop
from tests.support.streets import Admin, Street, Town

pytestmark = pytest.mark.integration

SLOW = 30.0
TWO_MINUTES = 120.0
QUESTION = "Hello, how do I send this back?"
VERSIONS = [{"language": "en", "question": "How was it?"}]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    with running(Path(tmp_path_factory.mktemp("settings")), rabbit_url, mongo_url) as found:
        yield found


class Files(Replies):
    """Where replies arrive and where a sender's files lie."""

    def answer(self, request: Request) -> Answer | None:
        if request.path.startswith("/files/"):
            return 200, {"content-type": "text/html"}, b"<script>alert(1)</script>"
        return super().answer(request)


@pytest.fixture(scope="module")
async def replies() -> AsyncIterator[Files]:
    async with listening(Files()) as found:
        yield found


@pytest.fixture(scope="module")
async def shop(product: Product, replies: Files) -> Shop:
    with Client(product.url, product.key) as client:
        made = await asyncio.to_thread(open_shop, client, replies.url)
    replies.secret = made.outbound
    return made


@pytest.fixture(scope="module")
async def machine(product: Product) -> AsyncIterator[Caller]:
    async with keyed(product) as found:
        yield found


@pytest.fixture(scope="module")
async def admin(product: Product) -> AsyncIterator[Admin]:
    with Client(product.url, product.key) as client:
        yield Admin(client)


@pytest.fixture
async def town(product: Product, shop: Shop, replies: Files, admin: Admin) -> AsyncIterator[Town]:
    async with caller(product.url) as found:
        yield Town(admin, replies.url, shop.outbound, found.http)


@pytest.fixture
async def street(town: Town) -> Street:
    return await town.street()


@pytest.fixture
def address() -> str:
    return f"+34 {uuid.uuid4().int % 10**9}"


async def _closed_by(machine: Caller, conversation: str) -> list[str]:
    return [fact["closed_by"] for fact in await machine.facts(conversation) if fact["fact"] == "resolved"]


async def test_WF_09_pending_is_resolved_after_the_channels_own_delay(
    machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    before = await street.network.says(address, QUESTION)
    await machine.becomes(before, status="new", within=SLOW)
    await admin.set("workflow", overrides=[{"channel": street.id, "auto_resolve_pending": 1}])
    await machine.act(before, {"act": "set_pending"})
    after = await street.network.says(f"{address}0", QUESTION)
    await machine.becomes(after, status="new", within=SLOW)
    await machine.act(after, {"act": "set_pending"})
    row = await machine.becomes(after, status="resolved", within=SLOW)
    assert row["closed_by"] == "inactivity"
    assert await _closed_by(machine, after) == ["inactivity"]
    assert (await machine.row(before))["status"] == "pending"  # it arrived before the setting


async def test_WF_10_WF_12_an_answered_conversation_is_closed_when_nobody_writes(
    machine: Caller, admin: Admin, street: Street, replies: Files, address: str
) -> None:
    await admin.set("workflow", overrides=[{"channel": street.id, "on_reply": "answered", "idle_close": 2}])
    conversation = await street.network.says(address, QUESTION)
    row = await machine.becomes(conversation, status="new", within=SLOW)
    body = {"text": "By mail.", "seen": row["last_inbound"]}
    await machine.post(f"/api/conversations/{conversation}/messages", body)
    await machine.becomes(conversation, status="pending", substatus="answered", within=SLOW)
    await eventually(lambda: replies.to(conversation), SLOW)
    row = await machine.becomes(conversation, status="resolved", within=SLOW)
    assert row["closed_by"] == "idle_answered"


async def test_WF_16_signing_out_gives_back_what_waits_and_keeps_what_is_pending(
    product: Product, shop: Shop, machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    await admin.set("workflow", unassign_on_sign_out=True)
    waits = await street.network.says(address, QUESTION)
    rests = await street.network.says(f"{address}0", QUESTION)
    ana = {"kind": "agent", "id": shop.users["Ana"]}
    async with (
        signed_in(product.url, "bea@example.org") as bea,
        page(bea),  # while nobody at all is heard, nobody is held to be gone
        signed_in(product.url, "ana@example.org") as person,
    ):
        async with page(person):
            for conversation in (waits, rests):
                await machine.becomes(conversation, status="new", within=SLOW)
                await machine.act(conversation, {"act": "assign_owner", "owner": ana})
            await machine.act(rests, {"act": "set_pending"})
        await person.ask("DELETE", "/api/session")
        # Her set-up link signed her in, too: that session lapses by itself.
        await machine.becomes(waits, owner=None, within=TWO_MINUTES)
        assert (await machine.row(rests))["owner"] == ana
        await street.network.says(f"{address}0", "And now?")
        await machine.becomes(rests, status="new", owner=None, within=SLOW)
    await admin.set("workflow", unassign_on_sign_out=False)


async def test_WF_17_a_team_keeps_the_agent_only_if_he_is_in_it(
    shop: Shop, machine: Caller, street: Street, address: str
) -> None:
    conversation = await street.network.says(address, QUESTION)
    await machine.becomes(conversation, status="new", within=SLOW)
    ana = {"kind": "agent", "id": shop.users["Ana"]}
    await machine.act(conversation, {"act": "assign_owner", "owner": ana})
    row = await machine.act(conversation, {"act": "assign_team", "team": shop.teams["es"]})
    assert (row["team"], row["owner"]) == (shop.teams["es"], ana)
    row = await machine.act(conversation, {"act": "assign_team", "team": shop.teams["en"]})
    assert (row["team"], row["owner"]) == (shop.teams["en"], None)


async def test_RT_03_a_changed_skill_set_reroutes_what_is_open(
    shop: Shop, machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    conversation = await street.network.says(address, "12345")  # no language, so no team
    row = await machine.becomes(conversation, status="new", within=SLOW)
    assert row["teams"] == []
    rule = {"field": "channel", "values": [street.id]}
    await admin.make("skill-sets", name="Street", groups=[{"rules": [rule]}], teams=[shop.teams["en"]])
    await machine.becomes(conversation, teams=[shop.teams["en"]], within=SLOW)
    routed = [fact["teams"] for fact in await machine.facts(conversation) if fact["fact"] == "routed"]
    assert routed[-1] == [shop.teams["en"]]


async def test_AU_03_AU_04_a_rule_tags_every_goodbye_and_resolves_only_an_opening_one(
    machine: Caller, admin: Admin, shop: Shop, street: Street, address: str
) -> None:
    actions = [
        {"act": "resolve", "reason": shop.reason},
        {"act": "tag_message", "add": ["goodbye"]},
        {"act": "change_topics", "add": [shop.topic]},
    ]
    conditions = [{"match": "all_of", "keywords": "thanks, bye"}]
    await admin.make("rules", name="Bye", scope={"channels": [street.id]}, conditions=conditions, actions=actions)
    opening = await street.network.says(address, "Thanks, bye!")
    row = await machine.becomes(opening, status="resolved", tags=["goodbye"], within=SLOW)
    assert (row["closed_by"], row["resolve_reason"], row["topics"]) == ("automation", shop.reason, [shop.topic])
    runs = [fact for fact in await machine.facts(opening) if fact["fact"] == "rule_applied"]
    assert [run["name"] for run in runs] == ["Bye"]

    later = await street.network.says(f"{address}0", QUESTION)
    await machine.becomes(later, status="new", within=SLOW)
    await street.network.says(f"{address}0", "No matter. Thanks and bye")
    row = await machine.becomes(later, tags=["goodbye"], topics=[shop.topic], within=SLOW)
    assert row["status"] == "new"


async def test_RT_04_a_skill_set_without_rules_or_values_is_refused(machine: Caller) -> None:
    no_values = {"field": "topic", "operator": "none_of", "values": []}
    wrong: list[list[dict[str, Any]]] = [[], [{"rules": []}], [{"rules": [no_values]}]]
    for groups in wrong:
        refused = problem(await machine.ask("POST", "/api/settings/skill-sets", {"name": "Empty", "groups": groups}))
        assert refused["status"] == 422
        assert refused["errors"]


async def test_RT_09_a_distribution_gives_to_its_members_within_its_hours_up_to_capacity(
    product: Product, shop: Shop, machine: Caller, admin: Admin, town: Town, address: str
) -> None:
    closed, open = await town.street(auto_assign=True), await town.street(auto_assign=True)
    never = await admin.make("schedules", name="Never", hours={"zone": "Europe/Madrid"})
    common: dict[str, Any] = {"members": [shop.users["Bea"]], "capacity": 2}
    await admin.make("distributions", name="Closed", channels=[closed.id], schedule=never, **common)
    await admin.make("distributions", name="Open", channels=[open.id], **common)
    bea = {"kind": "agent", "id": shop.users["Bea"]}
    async with signed_in(product.url, "bea@example.org") as person, page(person):
        await person.put("/api/agents/me/availability", {"availability": "available"})
        waits = await closed.network.says(address, "12345")
        await machine.becomes(waits, status="new", within=SLOW)
        first = await open.network.says(address, "12345")
        await machine.becomes(first, owner=bea, within=SLOW)
        assert (await machine.row(waits))["owner"] is None
        await admin.make("distributions", name="Closed", channels=[closed.id], schedule=None, **common)
        await machine.becomes(waits, owner=bea, within=SLOW)
        third = await open.network.says(f"{address}0", "12345")
        await machine.becomes(third, status="new", within=SLOW)
        await machine.act(first, {"act": "set_pending"})  # one place is free again
        await machine.becomes(third, owner=bea, within=SLOW)
    given = [
        datetime.fromisoformat(fact["at"]) for fact in await machine.facts(third) if fact["fact"] == "owner_changed"
    ]
    freed = [
        datetime.fromisoformat(fact["at"]) for fact in await machine.facts(first) if fact.get("after") == "pending"
    ]
    assert given[0] > freed[0]


async def test_RT_10_who_goes_offline_keeps_his_conversations_unless_they_are_redistributed(
    product: Product, shop: Shop, machine: Caller, admin: Admin, town: Town, address: str
) -> None:
    kept, shared = await town.street(auto_assign=True), await town.street(auto_assign=True)
    bea, carl = ({"kind": "agent", "id": shop.users[name]} for name in ("Bea", "Carl"))
    both: dict[str, Any] = {"members": [bea["id"], carl["id"]], "capacity": 5, "strategy": "round_robin"}
    await admin.make("distributions", name="Kept", channels=[kept.id], **{**both, "members": [bea["id"]]})
    await admin.make("distributions", name="Shared", channels=[shared.id], redistribute=True, **both)
    async with signed_in(product.url, "carl@example.org") as other, page(other):
        await other.put("/api/agents/me/availability", {"availability": "away"})
        async with signed_in(product.url, "bea@example.org") as person, page(person):
            await person.put("/api/agents/me/availability", {"availability": "available"})
            stays = await kept.network.says(address, "12345")
            moves = await shared.network.says(address, "12345")
            for conversation in (stays, moves):
                await machine.becomes(conversation, owner=bea, within=SLOW)
            await other.put("/api/agents/me/availability", {"availability": "available"})
            await person.put("/api/agents/me/availability", {"availability": "offline"})
            await machine.becomes(moves, owner=carl, within=SLOW)
            assert (await machine.row(stays))["owner"] == bea


async def test_RT_17_a_vip_rises_and_goes_to_the_vip_team(
    shop: Shop, machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    vips = {"field": "contact_group", "values": ["VIP"]}
    await admin.make("skill-sets", name="VIPs", groups=[{"rules": [vips]}], teams=[shop.teams["es"]])
    await admin.set("priority", entries=[{"what": "contact_group", "id": "VIP"}])
    conversation = await street.network.says(address, "12345")
    row = await machine.becomes(conversation, status="new", within=SLOW)
    assert (row["teams"], row["priority"]["score"]) == ([], 0)
    changed = await machine.ask("PATCH", f"/api/contacts/{row['contact']}", {"vip": True})
    assert changed.status_code == 200
    row = await machine.becomes(conversation, teams=[shop.teams["es"]], within=SLOW)
    assert (row["priority"]["score"], row["priority"]["matches"]) == (1, ["contact_group:VIP"])
    assert (row["vip"], row["groups"]) == (True, ["VIP"])


async def test_WF_07_a_default_boomerang_that_never_fires_is_warned_of(machine: Caller) -> None:
    stored = await machine.get("/api/settings/workflow/-")
    value = {**stored["value"], "default_boomerang": 7200, "auto_resolve_pending": 3600}
    answer = await machine.ask("PUT", "/api/settings/workflow/-", value, If_Match=f'"{stored["version"]}"')
    assert answer.status_code == 200
    assert "auto-resolve wins" in answer.json()["warnings"][0]
    again = await machine.ask(
        "PUT", "/api/settings/workflow/-", stored["value"], If_Match=f'"{answer.json()["version"]}"'
    )
    assert again.json()["warnings"] == []


async def test_WF_22_a_topic_is_renamed_everywhere_and_a_deleted_one_leaves_what_is_open(
    product: Product, machine: Caller, street: Street, address: str
) -> None:
    made = await machine.post("/api/settings/topics", {"name": f"Topic {address}"})
    conversation = await street.network.says(address, QUESTION)
    await machine.becomes(conversation, status="new", within=SLOW)
    await machine.act(conversation, {"act": "change_topics", "add": [made["id"]]})
    path = f"/api/settings/topics/{made['id']}"
    renamed = await machine.ask("PUT", path, {"name": f"Renamed {address}"}, If_Match=f'"{made["version"]}"')
    assert renamed.status_code == 200

    async def is_renamed() -> bool:
        async with signed_in(product.url, "ana@example.org") as ana:
            topics = (await ana.get("/api/session"))["workspace"]["topics"]
        return {"id": made["id"], "name": f"Renamed {address}"}.items() <= _by_id(topics)[made["id"]].items()

    await eventually(is_renamed, SLOW)
    assert (await machine.ask("DELETE", path, If_Match=renamed.headers["etag"])).status_code == 204
    await machine.becomes(conversation, topics=[], within=SLOW)


def _by_id(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in items}


async def test_WF_23_labels_go_on_conversations_and_on_contacts(
    machine: Caller, admin: Admin, street: Street, address: str
) -> None:
    label = await admin.make("labels", name="Regular")
    conversation = await street.network.says(address, QUESTION)
    row = await machine.becomes(conversation, status="new", within=SLOW)
    row = await machine.act(conversation, {"act": "change_labels", "add": [label]})
    assert row["labels"] == [label]
    changed = await machine.ask("PATCH", f"/api/contacts/{row['contact']}", {"labels": [label]})
    assert changed.json()["contact"]["labels"] == [label]


async def test_CS_09_a_channel_has_one_survey_and_a_second_may_replace_it(
    street: Street, admin: Admin, machine: Caller
) -> None:
    first = await admin.make("surveys", name="First", channels=[street.id], versions=VERSIONS)
    survey = {
        "name": "Another",
        "channels": [street.id],
        "versions": [{"language": "en", "question": "And this one?"}],
    }
    refused = problem(await machine.ask("POST", "/api/settings/surveys", survey))
    assert (refused["status"], refused["conflict"]["id"], refused["conflict"]["movable"]) == (409, first, True)
    off = await machine.ask("POST", "/api/settings/surveys", {**survey, "enabled": False})
    assert off.status_code == 201
    path = f"/api/settings/surveys/{off.json()['id']}"
    moved = await machine.ask("PUT", f"{path}?move=true", survey, If_Match=off.headers["etag"])
    assert moved.json()["value"]["channels"] == [street.id]
    other = (await machine.get(f"/api/settings/surveys/{first}"))["value"]
    assert (other["channels"], other["enabled"]) == ([], False)


async def test_CS_10_the_link_of_a_survey_opens_its_page(
    product: Product, shop: Shop, street: Street, admin: Admin, machine: Caller, replies: Files, address: str
) -> None:
    name = f"Survey {address}"
    survey = await admin.make("surveys", name=name, channels=[street.id], versions=VERSIONS, page_link="always")
    conversation = await street.network.says(address, QUESTION)
    await machine.becomes(conversation, status="new", within=SLOW)
    await machine.act(conversation, {"act": "resolve", "reason": shop.reason})
    await eventually(lambda: replies.to(conversation), SLOW)
    [sent] = replies.to(conversation)
    assert [one["label"] for one in sent["quick_replies"]] == ["1", "2", "3", "4", "5"]
    link = urlsplit(sent["text"].rpartition("\n")[2]).path
    assert link.startswith("/survey/")
    async with caller(product.url) as contact:
        assert "How was it?" in (await contact.http.get(link)).text
        assert "Your answer: <strong>5</strong>" in (await contact.http.post(link, data={"option": "5"})).text
        assert "Your comment has been recorded." in (await contact.http.post(link, data={"comment": "Kind!"})).text
        assert (await contact.http.get(f"{link[:-1]}_")).status_code == 404
    found = f"/api/surveys/answers?survey={survey}&start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"

    async def is_listed() -> bool:
        items = (await machine.get(found))["items"]
        return [(one["conversation"], one["number"], one["how"]) for one in items if one["comment_message"]] == [
            (conversation, 5, "page")
        ]

    await eventually(is_listed, SLOW)
    told = [(one["author"]["name"], one["text"]) for one in await machine.timeline(conversation)]
    assert told[-1] == (name, "Kind!")
    assert (await machine.row(conversation))["status"] == "resolved"


async def test_AG_07_with_an_away_state_enabled_plain_away_is_gone(
    product: Product, machine: Caller, admin: Admin
) -> None:
    too_long = await machine.ask("POST", "/api/settings/away-states", {"name": "x" * 26})
    assert problem(too_long)["status"] == 422
    async with signed_in(product.url, "nil@example.org") as nil:
        mine = "/api/agents/me/availability"
        assert (await nil.put(mine, {"availability": "away"}))["availability"] == "away"
        lunch = await admin.make("away-states", name="Lunch")
        assert [state["id"] for state in (await nil.get("/api/session"))["workspace"]["away_states"]] == [lunch]
        assert problem(await nil.ask("PUT", mine, {"availability": "away"}))["status"] == 422
        await nil.put(mine, {"availability": "away", "away_state": lunch})
        assert (await nil.get("/api/session"))["availability"]["away_state"] == lunch
        await admin.make("away-states", name="Lunch", enabled=False)
        assert (await nil.get("/api/session"))["workspace"]["away_states"] == []
        assert (await nil.put(mine, {"availability": "away"}))["away_state"] is None


async def test_CH_15_a_strangers_file_is_saved_and_never_shown(
    machine: Caller, street: Street, replies: Files, address: str
) -> None:
    file = {"url": f"{replies.url}/files/page.html", "name": "../../evil\r\n.html", "type": "text/html"}
    told = await street.network.deliver({"messages": [message(address, "See this.", attachments=[file])]})
    assert told["stored"] == 1
    conversation = street.network.conversation(address)

    async def fetched() -> str | None:
        answer = await machine.ask("GET", f"/api/conversations/{conversation}/timeline")
        items = answer.json()["items"] if answer.is_success else []
        return items[0]["attachments"][0]["id"] if items else None

    id = await eventually(fetched, SLOW)
    answer = await machine.ask("GET", f"/api/conversations/{conversation}/attachments/{id}")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_nothing_was_lost_on_the_way(product: Product) -> None:
    assert await product.dead() == []
    assert product.bugs() == []
