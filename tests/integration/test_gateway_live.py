"""Live updates: what a page gets, what it gets back after a gap, and what it never gets (UI-07)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Scope

from shared.contracts.acts import Owner
from shared.contracts.facts import OwnerChanged
from shared.contracts.live import TimelineHint
from tests.support.eventually import eventually
from tests.support.gateway import Client, Running, open_page, running_gateway, served
from tests.support.neighbours import NOW, a_conversation, a_message

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix) as running:
        yield running


@pytest.fixture
async def url(gateway: Running) -> AsyncIterator[str]:
    async with served(gateway.gateway.app) as address:
        yield address


async def test_UI_07_an_open_page_gets_what_it_may_see_and_nothing_else(gateway: Running, url: str) -> None:
    eva = await gateway.user(await gateway.admin(), "eva", channels=[{"channel": "chat"}])
    async with open_page(url, eva) as page:
        await gateway.converse(a_conversation(1, channel="secret"))
        one = a_conversation(2)
        await gateway.converse(one, message=a_message(one))
        row = await page.until("row")
        assert (row["contact_name"], row["preview"][:4]) == ("Contact 2", "Hola")
        assert (await page.until("timeline"))["conversation"] == one.id
        await eventually(lambda: page.of("counts")[-1]["new"] == 1)
        assert page.rows() == ["Contact 2"]


async def test_UI_07_coming_back_after_a_gap_loses_nothing(gateway: Running, url: str) -> None:
    eva = await gateway.user(await gateway.admin(), "eva", channels=[{"channel": "chat"}])
    first = [await gateway.converse(a_conversation(number)) for number in (1, 2, 3)]
    async with open_page(url, eva, "?since=" + (await eva("GET", "/api/conversations")).json()["as_of"]) as page:
        last = page.last_id
    await gateway.converse(a_conversation(1, version=2, topics=("t",)))
    await gateway.converse(a_conversation(4))
    await gateway.converse(a_conversation(2, version=2, channel="chat", owner=Owner(id=eva.id)))
    on_screen = ",".join(one.id for one in first)
    async with open_page(url, eva, f"?since={last}&ids={on_screen},nothing") as page:
        await page.until("gone")
        latest = {row["id"]: row for row in page.of("row")}
        assert latest[first[0].id]["topics"] == ["t"]
        assert latest[first[1].id]["owner"]["id"] == eva.id
        assert set(latest) == {*(one.id for one in first), a_conversation(4).id}
        assert page.of("gone") == [{"id": "nothing"}]


async def test_what_one_may_not_see_any_more_is_gone_from_his_page(gateway: Running, url: str) -> None:
    eva = await gateway.user(await gateway.admin(), "eva")
    mine = await gateway.converse(a_conversation(owner=Owner(id=eva.id)))
    async with open_page(url, eva) as page:
        taken = a_conversation(version=2, owner=None)
        fact = OwnerChanged(at=NOW, episode=1, before=Owner(id=eva.id), after=None, how="manual")
        await gateway.converse(taken, changes=(fact,))
        assert (await page.until("gone"))["id"] == mine.id
        assert page.rows() == []


async def test_losing_a_right_ends_the_stream(gateway: Running, url: str) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=[{"channel": "chat"}])
    one = await gateway.converse(a_conversation())
    stored = (await admin("GET", f"/api/settings/users/{eva.id}")).json()
    async with open_page(url, eva) as page:
        value = {**stored["value"], "channels": []}
        await admin("PUT", f"/api/settings/users/{eva.id}", value, {"If-Match": str(stored["version"])})
        assert (await page.until("resync"))["reason"] == "rights"
        await eventually(lambda: page.ended)
    async with open_page(url, eva, f"?ids={one.id}") as page:
        assert (await page.until("gone"))["id"] == one.id


async def test_signing_out_ends_the_stream(gateway: Running, url: str) -> None:
    eva = await gateway.user(await gateway.admin(), "eva")
    async with open_page(url, eva) as page:
        await eva("DELETE", "/api/session")
        await eventually(lambda: page.ended)
        assert page.of("resync") == [{"reason": "signed_out"}]


async def test_a_dropped_key_ends_what_it_has_open(gateway: Running, url: str) -> None:
    admin = await gateway.admin()
    made = (await admin("POST", "/api/keys", {"name": "Wall board", "scopes": ["read"]})).json()
    board = Client(gateway.client(), {})
    board.http.headers["Authorization"] = f"Bearer {made['key']}"
    async with open_page(url, board) as page:
        await gateway.converse(a_conversation())
        await page.until("row")
        await admin("DELETE", f"/api/keys/{made['id']}")
        await eventually(lambda: page.ended)
    assert (await board("GET", "/api/conversations")).status_code == 401


async def test_hints_notifications_and_settings_reach_the_right_pages(gateway: Running, url: str) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=[{"channel": "chat"}])
    one = await gateway.converse(a_conversation())
    async with open_page(url, eva) as hers, open_page(url, admin) as his:
        await admin("POST", f"/api/conversations/{one.id}/hint", {"what": "typing"})
        assert (await hers.until("hint"))["user"] == admin.id
        assert his.of("hint") == []
        fact = OwnerChanged(at=NOW, episode=1, before=None, after=Owner(id=eva.id), how="automatic")
        await gateway.converse(a_conversation(version=2, owner=Owner(id=eva.id)), changes=(fact,))
        assert (await hers.until("notification"))["kind"] == "assigned"
        assert his.of("notification") == []
        await gateway.bus.broadcast(TimelineHint(conversation=one.id))
        await his.until("timeline")
        await admin("POST", "/api/settings/away-states", {"name": "Lunch"})
        await hers.until("settings")


async def test_a_stream_ends_when_the_process_stops(gateway: Running, url: str) -> None:
    admin = await gateway.admin()
    async with open_page(url, admin) as page:
        gateway.stopping.set()
        await eventually(lambda: page.ended)


async def test_a_strange_resume_point_is_refused(gateway: Running) -> None:
    admin = await gateway.admin()
    for query in ("since=yesterday", "since=99999999999999999", "ids=" + ",".join(map(str, range(300)))):
        assert (await admin("GET", f"/api/live?{query}")).status_code in (400, 422), query


async def test_a_page_that_goes_away_while_it_is_written_to_is_no_error(gateway: Running) -> None:
    eva = await gateway.user(await gateway.admin(), "eva", channels=[{"channel": "chat"}])
    cookie = "; ".join(f"{name}={value}" for name, value in eva.http.cookies.items())
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "GET",
        "path": "/api/live",
        "raw_path": b"/api/live",
        "query_string": b"",
        "headers": [(b"cookie", cookie.encode()), (b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    heard: list[int] = []
    writing, gone = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heard.append(message["status"])
        else:
            writing.set()
            await gone.wait()  # its network takes nothing more
            await asyncio.Event().wait()

    async def serve() -> None:
        await gateway.gateway.app(scope, receive, send)

    serving = asyncio.create_task(serve())
    await eventually(writing.is_set)
    for number in (1, 2, 3, 4):
        await gateway.converse(a_conversation(number))
    await eventually(lambda: gateway.metrics.get_sample_value("switchboard_live_streams") == 1)
    gone.set()
    async with asyncio.timeout(30):
        await serving
    assert heard == [200]
    assert gateway.metrics.get_sample_value("switchboard_live_streams") == 0
