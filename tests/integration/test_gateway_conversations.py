"""Rows, acts, replies and who sees what, over the API on a real store (WF-02, WF-27, RT-12)."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.acts import Owner
from shared.contracts.base import Actor, Event
from shared.contracts.clocks import ClockChanged, ClockSnapshot
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, Priority, Turn
from shared.contracts.facts import BoomerangChanged, OwnerChanged, Span
from shared.contracts.messages import ContactSnapshot, MessageMasked, SendMessage
from shared.contracts.words import ActorKind, ClockKind, Direction, Status, Substatus
from tests.support.gateway import Client, Running, running_gateway
from tests.support.neighbours import NOW, a_conversation, a_message

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix) as running:
        yield running


def on(channel: str, right: str = "contributor") -> list[dict[str, str]]:
    return [{"channel": channel, "right": right}]


async def names(client: Client, query: str = "") -> list[str]:
    answer = await client("GET", f"/api/conversations{query}")
    assert answer.status_code == 200, answer.text
    return [row["contact_name"] for row in answer.json()["items"]]


async def test_WF_02_new_merges_the_channels_an_agent_has_and_shows_nothing_else(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=[*on("chat"), *on("mail")])
    for number, channel in enumerate(("chat", "mail", "secret"), 1):
        await gateway.converse(a_conversation(number, channel=channel))
    hidden = a_conversation(3, channel="secret").id
    assert await names(eva) == ["Contact 1", "Contact 2"]
    assert await names(eva, "?channel=secret") == []
    for method, path, body in (
        ("GET", f"/api/conversations/{hidden}", None),
        ("GET", f"/api/conversations/{hidden}/timeline", None),
        ("GET", f"/api/conversations/{hidden}/trail", None),
        ("POST", f"/api/conversations/{hidden}/acts", {"act": {"act": "set_pending"}}),
        ("POST", f"/api/conversations/{hidden}/messages", {"text": "x"}),
        ("POST", f"/api/conversations/{hidden}/notes", {"text": "x"}),
        ("GET", "/api/contacts/c3", None),
    ):
        refused = await eva(method, path, body)
        unknown = await eva(method, path.replace(hidden, "nothing").replace("c3", "c99"), body)
        assert refused.status_code == unknown.status_code == 404, (method, path, refused.text)
        assert refused.json() == unknown.json()
    assert await names(admin) == ["Contact 1", "Contact 2", "Contact 3"]


async def test_AG_03_a_viewer_sees_and_is_refused_with_403_what_he_may_not_do(gateway: Running) -> None:
    vic = await gateway.user(await gateway.admin(), "vic", channels=on("chat", "viewer"))
    one = await gateway.converse(a_conversation())
    assert await names(vic) == ["Contact 1"]
    assert (await vic("POST", f"/api/conversations/{one.id}/messages", {"text": "x"})).status_code == 403
    assert (await vic("POST", f"/api/conversations/{one.id}/acts", {"act": {"act": "set_new"}})).status_code == 403
    detail = (await vic("GET", f"/api/conversations/{one.id}")).json()
    assert (detail["may"]["note"], detail["may"]["reply"]) == (True, False)


async def test_RT_12_new_goes_by_score_then_longest_waiting_page_by_page(gateway: Running) -> None:
    admin = await gateway.admin()
    scores = {1: 0, 2: 2, 3: 0, 4: 2, 5: 1, 6: 0}
    for number, score in scores.items():
        await gateway.converse(a_conversation(number, priority=Priority(score=score)))
    found: list[str] = []
    query = "?limit=2"
    while True:
        page = (await admin("GET", f"/api/conversations{query}")).json()
        found += [row["contact_name"][-1] for row in page["items"]]
        if page["next"] is None:
            break
        query = f"?limit=2&after={page['next']}"
    assert found == ["2", "4", "5", "1", "3", "6"]
    assert [name[-1] for name in await names(admin, "?sort=newest&limit=6")] == ["2", "4", "5", "6", "3", "1"]
    pages = [name[-1] for name in await names(admin, "?sort=newest&limit=3")]
    assert pages == ["2", "4", "5"]


async def test_people_read_their_own_writes(gateway: Running) -> None:
    admin = await gateway.admin()
    one = await gateway.converse(a_conversation())
    done = await admin("POST", f"/api/conversations/{one.id}/acts", {"act": {"act": "resolve"}, "status_number": 0})
    assert done.json()["row"]["status"] == "resolved"
    assert await names(admin) == []
    assert await names(admin, "?status=resolved") == ["Contact 1"]
    stale = await admin("POST", f"/api/conversations/{one.id}/acts", {"act": {"act": "set_new"}, "status_number": 0})
    assert stale.status_code == 409
    assert stale.json()["current"]["status"] == "resolved"
    assert stale.json()["current"]["preview"] == ""


async def test_a_reply_shows_in_the_row_before_it_is_answered_and_its_key_names_the_command(gateway: Running) -> None:
    admin = await gateway.admin()
    one = await gateway.converse(a_conversation(), message=a_message(a_conversation()))
    path, key = f"/api/conversations/{one.id}/messages", {"Idempotency-Key": "r1"}
    sent = await admin("POST", path, {"text": "Está de camino", "seen": "m1"}, key)
    assert sent.status_code == 201
    assert sent.json()["message"]["text"] == "Está de camino"
    await admin("POST", path, {"text": "Está de camino", "seen": "m1"}, key)
    metas = [meta for command, meta in gateway.neighbours.asked if isinstance(command, SendMessage)]
    assert len({meta.event_id for meta in metas}) == 1
    assert metas[0].actor.id == admin.id


async def test_WF_27_bulk_says_what_became_of_each(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=on("chat"))
    ids = [(await gateway.converse(a_conversation(number))).id for number in (1, 2)]
    hidden = (await gateway.converse(a_conversation(3, channel="secret"))).id
    body = {"ids": [*ids, hidden, "nothing"], "act": {"act": "resolve"}}
    results = (await eva("POST", "/api/conversations/acts", body)).json()["results"]
    assert [result["status"] for result in results] == [200, 200, 404, 404]
    bulk = [command for command, _ in gateway.neighbours.asked if getattr(command, "bulk", False)]
    assert len(bulk) == 2


async def test_WF_13_only_who_may_reply_there_can_be_given_a_conversation(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=on("chat"))
    vic = await gateway.user(admin, "vic", channels=on("chat", "viewer"))
    one = await gateway.converse(a_conversation())
    path = f"/api/conversations/{one.id}/acts"

    async def assign(user: str) -> int:
        return (await admin("POST", path, {"act": {"act": "assign_owner", "owner": {"id": user}}})).status_code

    assert await assign(eva.id) == 200
    assert await assign(vic.id) == 422
    assert await assign("nobody") == 422
    listed = (await admin("GET", "/api/agents?channel=chat")).json()["items"]
    assert [agent["name"] for agent in listed] == ["Admin", "eva"]
    assert await names(eva, "?owner=me") == ["Contact 1"]
    assert await names(eva, "?owner=none") == []


async def test_counts_are_what_the_reader_may_see(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=on("chat"))
    await gateway.converse(a_conversation(1))
    await gateway.converse(a_conversation(2, owner=Owner(id=eva.id)))
    await gateway.converse(a_conversation(3, status=Status.PENDING, substatus=Substatus.HOLD))
    await gateway.converse(a_conversation(4, channel="secret"))
    mine = (await eva("GET", "/api/conversations/counts")).json()
    assert mine == {
        "new": 2,
        "pending": 1,
        "bot": 0,
        "mine": {"new": 1, "pending": 0},
        "unowned": {"new": 1, "pending": 1},
        "channels": {"chat": {"new": 2, "pending": 1}},
    }
    assert (await admin("GET", "/api/conversations/counts")).json()["new"] == 3


async def test_teams_see_what_is_routed_to_them(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    team = {"name": "Spanish", "members": [{"user": eva.id, "right": "contributor"}]}
    made = (await admin("POST", "/api/settings/teams", team)).json()
    await gateway.converse(a_conversation(1, teams=(made["id"],)))
    await gateway.converse(a_conversation(2, teams=("other",)))
    assert await names(eva) == ["Contact 1"]


def snapshots() -> list[Event]:
    """Everything that is said of one conversation, in the order it happened."""
    one = a_conversation(turns=(Turn(number=1, first=True, started_at=NOW),))
    turn: dict[str, Any] = {"conversation": one.id, "episode": 1, "turn": 1, "kind": ClockKind.FIRST, "channel": "chat"}
    clock = ClockSnapshot(
        id="k1",
        version=1,
        policy="p",
        policy_name="Fast",
        target_seconds=600,
        warn_seconds=450,
        spans=(Span(start=NOW),),
        running=True,
        **turn,
    )
    text = a_message(one, text="secret words")
    later = a_message(one, id="m2", text="  and \n more", received_at=NOW + timedelta(seconds=5))
    contact = ContactSnapshot(id="c1", version=1, name="Ana")
    masked = text.model_copy(update={"version": 2, "text": "", "masked_at": NOW, "masked_by": text.author})
    second = one.model_copy(update={"version": 2, "topics": ("billing",)})
    third = one.model_copy(update={"version": 3, "topics": ("billing",), "language": "es"})
    return [
        ConversationChanged(conversation=one, changes=(), message=text, contact=contact),
        ClockChanged(clock=clock.model_copy(update={"target_seconds": 300})),
        ClockChanged(clock=clock.model_copy(update={"version": 2})),
        ConversationChanged(conversation=second, changes=(), message=later),
        MessageMasked(message=masked),
        ContactChanged(contact=contact.model_copy(update={"version": 2, "name": "Ana María"}), conversations=(one.id,)),
        ConversationChanged(conversation=third, changes=()),
    ]


async def shown(admin: Client, conversation: ConversationSnapshot) -> dict[str, Any]:
    rows = (await admin("GET", "/api/conversations")).json()["items"]
    row: dict[str, Any] = next(row for row in rows if row["id"] == conversation.id)
    del row["changed_at"]
    for moving in ("remaining_seconds", "over_seconds", "as_of"):
        del row["sla"][moving]
    return row


async def test_a_row_is_the_same_in_whatever_order_and_however_often_it_is_told(gateway: Running) -> None:
    admin = await gateway.admin()
    events = snapshots()
    for event in events:
        await gateway.hear(event)
    expected = await shown(admin, a_conversation())
    assert (expected["contact_name"], expected["language"], expected["preview"]) == ("Ana María", "es", "and more")
    assert (expected["sla"]["target_seconds"], expected["version"]) == (600, 3)
    shuffle = random.Random(7)
    for _ in range(5):
        await gateway.gateway._rows._rows.remove(a_conversation().id)
        told = [*events, *events]
        shuffle.shuffle(told)
        for event in told:
            await gateway.hear(event)
        assert await shown(admin, a_conversation()) == expected


async def test_PR_03_a_masked_message_leaves_the_row_even_if_its_text_comes_later(gateway: Running) -> None:
    admin = await gateway.admin()
    one = a_conversation()
    text = a_message(one, text="my card is 4111")
    masked = text.model_copy(update={"version": 2, "text": "", "masked_at": NOW, "masked_by": text.author})
    await gateway.hear(MessageMasked(message=masked))
    await gateway.converse(one, message=text)
    row = (await admin("GET", "/api/conversations")).json()["items"][0]
    assert (row["preview"], row["preview_masked"]) == ("", True)


async def test_AG_10_people_are_told_once_what_concerns_them(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=on("chat"))
    vic = await gateway.user(admin, "vic")
    one = a_conversation(owner=Owner(id=eva.id))
    by = Actor(kind=ActorKind.AGENT, id=admin.id, name="Admin")
    facts = (
        OwnerChanged(at=NOW, by=by, episode=1, before=None, after=Owner(id=eva.id), how="manual"),
        BoomerangChanged(at=NOW, episode=1, what="fired", due=NOW, note="call back"),
    )
    note = a_message(one, id="n1", direction=Direction.INTERNAL, author=by, mentions=(eva.id, vic.id, admin.id))
    event = ConversationChanged(conversation=one, changes=facts, message=note)
    await gateway.hear(event, event_id="e1")
    await gateway.hear(event, event_id="e1")
    mine = (await eva("GET", "/api/notifications")).json()
    assert sorted(item["kind"] for item in mine["items"]) == ["assigned", "boomerang_fired", "mention"]
    assert mine["unread"] == 3
    assert {item["contact_name"] for item in mine["items"]} == {"Contact 1"}
    assert (await vic("GET", "/api/notifications")).json()["items"] == []
    assert (await admin("GET", "/api/notifications")).json()["items"] == []
    assert (await eva("POST", "/api/notifications/read", {"all": True})).status_code == 204
    assert (await eva("GET", "/api/notifications")).json()["unread"] == 0


async def test_lists_by_time_lose_and_repeat_nothing_even_where_instants_are_equal(gateway: Running) -> None:
    admin = await gateway.admin()
    instants = [NOW - timedelta(days=days) for days in (0, 0, 0, 1, 1, 40, 400, 400)]
    expected = []
    for number, at in enumerate(instants):
        one = a_conversation(number, status=Status.PENDING, substatus=Substatus.HOLD, last_message_at=at)
        await gateway.converse(one)
        expected.append((at, one.id))
    found: list[str] = []
    query = "?status=pending&limit=2"
    while True:
        page = (await admin("GET", f"/api/conversations{query}")).json()
        found += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        query = f"?status=pending&limit=2&after={page['next']}"
    assert found == [id for _, id in sorted(expected, reverse=True)]
    oldest = (await admin("GET", "/api/conversations?status=pending&sort=oldest")).json()["items"]
    assert [row["id"] for row in oldest] == [id for _, id in sorted(expected)]
    for strange in ("x", "0~", "0~x", "9~1~1", "0~99999999999999~a", "0~1"):
        refused = await admin("GET", f"/api/conversations?status=pending&after={strange}")
        assert refused.status_code in (200, 400), strange
