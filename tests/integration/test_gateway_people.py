"""What reaches people and what ends their sessions: alarms for owner and supervisors, inactivity, availability kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from services.gateway.api.principal import Gate
from services.gateway.records import PresenceStretch
from services.gateway.repository import Accounts
from shared.bus.envelope import envelope
from shared.contracts.acts import Owner
from shared.contracts.clocks import ClockSnapshot, SlaBreached, SlaCorrected, SlaLevelReached, SlaWarned
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn, NoticeKind
from shared.contracts.presence import AgentChanged, AgentState
from shared.contracts.words import Availability, ClockKind
from shared.store import Repository, Store
from tests.support.gateway import Client, Running, running_gateway
from tests.support.neighbours import NOW, a_conversation

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix) as running:
        yield running


async def unread(client: Client) -> list[str]:
    answer = (await client("GET", "/api/notifications")).json()
    assert answer["unread"] == len([item for item in answer["items"] if not item["read"]])
    return [item["kind"] for item in answer["items"] if not item["read"]]


def a_clock(conversation: str, **fields: Any) -> ClockSnapshot:
    return ClockSnapshot(
        id="k1",
        version=2,
        conversation=conversation,
        episode=1,
        turn=1,
        kind=ClockKind.FIRST,
        policy="p1",
        channel="chat",
        target_seconds=60,
        warn_seconds=45,
        breached_at=NOW,
        **fields,
    )


async def test_SL_12_an_alarm_reaches_owner_and_supervisors_once_a_level_and_a_breach_is_taken_back(
    gateway: Running,
) -> None:
    admin = await gateway.admin()
    eva, sam, ann = [
        await gateway.user(admin, name, channels=[{"channel": "chat", "right": right}])
        for name, right in (("eva", "contributor"), ("sam", "supervisor"), ("ann", "contributor"))
    ]
    one = await gateway.converse(a_conversation(owner=Owner(id=eva.id)))
    clock = a_clock(one.id, levels=(75, 90, 100, 150))
    for _ in range(2):
        await gateway.hear(SlaWarned(clock=clock, at=NOW), event_id="warning")
        await gateway.hear(SlaLevelReached(clock=clock, at=NOW, levels=(90,)), event_id="nearer")
        await gateway.hear(SlaBreached(clock=clock, at=NOW), event_id="breach")
    assert sorted(await unread(eva)) == sorted(await unread(sam)) == ["sla_breached", "sla_warned", "sla_warned"]
    items = (await sam("GET", "/api/notifications")).json()["items"]
    assert sorted(item["percent"] for item in items) == [75, 90, 100]
    assert await unread(ann) == await unread(admin) == []
    await gateway.hear(SlaCorrected(clock=clock, at=NOW), event_id="corrected")
    await gateway.hear(SlaLevelReached(clock=clock, at=NOW, levels=(150,)), event_id="heard too late")
    assert await unread(eva) == await unread(sam) == ["sla_warned", "sla_warned"]


async def test_SL_12_alarms_of_one_moment_cost_a_read_and_a_bulk_together_and_are_told_once_each(
    gateway: Running,
) -> None:
    admin = await gateway.admin()
    sam = await gateway.user(admin, "sam", channels=[{"channel": "chat", "right": "supervisor"}])
    one = await gateway.converse(a_conversation())
    clocks = [a_clock(one.id if n == 0 else f"unheard of {n}").model_copy(update={"id": f"k{n}"}) for n in range(20)]
    before = gateway.trips("rows", "find"), gateway.trips("notifications", "bulk")
    for clock in (*clocks, *clocks):
        entry = envelope(SlaWarned(clock=clock, at=NOW), cause=None, event_id=f"warning {clock.id}", now=NOW)
        await gateway.bus.publish(entry)
    await gateway.bus.settled()
    after = gateway.trips("rows", "find"), gateway.trips("notifications", "bulk")
    assert len(await unread(sam)) == len(clocks)
    assert 0 < after[0] - before[0] < 5
    assert 0 < after[1] - before[1] < 5


async def test_SL_12_an_alarm_that_no_level_goes_with_tells_nobody(gateway: Running) -> None:
    admin = await gateway.admin()
    sam = await gateway.user(admin, "sam", channels=[{"channel": "chat", "right": "supervisor"}])
    one = await gateway.converse(a_conversation())
    await gateway.hear(SlaBreached(clock=a_clock(one.id), at=NOW, levels=()), event_id="breach")
    assert await unread(sam) == []


async def test_AG_10_admins_are_told_once_what_has_stopped(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    notice = AdminNotice(notice=NoticeKind.WEBHOOK_OFF, at=NOW, kind="webhooks", id="w1", name="CRM")
    for _ in range(2):
        await gateway.hear(notice, event_id="off")
    assert (await unread(admin), await unread(eva)) == (["webhook_off"], [])
    (item,) = (await admin("GET", "/api/notifications")).json()["items"]
    assert (item["text"], item["object_kind"], item["object"], item["conversation"]) == ("CRM", "webhooks", "w1", "")


async def test_AG_10_what_works_again_is_no_notice_any_more_whichever_is_heard_first(gateway: Running) -> None:
    admin = await gateway.admin()
    notice = AdminNotice(notice=NoticeKind.MAILBOX_FAILING, at=NOW, kind="channels", id="c1", name="Help")
    await gateway.hear(notice, event_id="first")
    assert await unread(admin) == ["mailbox_failing"]
    await gateway.hear(AdminNoticeWithdrawn(told="first", notice=notice), event_id="over")
    await gateway.hear(AdminNoticeWithdrawn(told="second", notice=notice), event_id="over too")
    await gateway.hear(notice, event_id="second")
    assert await unread(admin) == []


async def test_AG_08_every_stretch_of_availability_is_kept_once(gateway: Running, mongo_url: str, prefix: str) -> None:
    end = NOW + timedelta(minutes=20)
    state = AgentState(id="eva", version=2, availability=Availability.OFFLINE, since=end)
    changed = AgentChanged(agent=state, before=Availability.AWAY, before_away_state="lunch", before_since=NOW)
    for _ in range(2):
        await gateway.hear(changed, event_id="left")
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    try:
        kept = await Repository(store.database("gateway"), "presence", PresenceStretch).get("left")
    finally:
        await store.close()
    assert kept is not None
    assert (kept.agent, kept.availability, kept.away_state) == ("eva", Availability.AWAY, "lunch")
    assert (kept.start, kept.end) == (NOW, end)


async def test_AG_11_a_session_that_nobody_uses_ends_after_the_time_that_admins_set(
    gateway: Running, mongo_url: str, prefix: str
) -> None:
    admin = await gateway.admin()
    stored = (await admin("GET", "/api/settings/sign-in/-")).json()
    saved = await admin(
        "PUT", "/api/settings/sign-in/-", {"inactive_minutes": 7}, {"If-Match": f'"{stored["version"]}"'}
    )
    assert saved.status_code == 200
    eva = await gateway.user(admin, "eva")
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    try:
        accounts = Accounts(store.database("gateway"))
        (session,) = await accounts.sessions_of(eva.id)
        assert session.ends_at - session.seen_at == timedelta(minutes=7)
        await accounts.touch_session(session.id, NOW, NOW + timedelta(minutes=7))  # long ago
    finally:
        await store.close()
    app = gateway.gateway.app
    assert isinstance(app, FastAPI)
    gate: Gate = app.state.gate
    gate.sessions.forget_all()
    assert (await eva("GET", "/api/session")).status_code == 401
