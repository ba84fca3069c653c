"""Signing in and out, passwords, keys, users (AG-01 to AG-05, AG-11)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.contracts.presence import Heartbeat
from tests.support.gateway import Running, running_gateway

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix) as running:
        yield running


async def test_the_first_admin_signs_in_once_with_a_one_time_password_and_must_choose_his_own(gateway: Running) -> None:
    once = (gateway.gateway.greeting() or "").split("one-time password ")[1].split("\n")[0]
    client = await gateway.sign_in("admin@switchboard.local", once)
    assert client.session["password_change_required"] is True
    refused = await client("GET", "/api/conversations")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")
    changed = await client("POST", "/api/session/password", {"old": once, "new": "correct horse battery"})
    assert changed.json()["password_change_required"] is False
    assert (await client("GET", "/api/conversations")).status_code == 200
    again = await gateway.client().post("/api/session", json={"email": "admin@switchboard.local", "password": once})
    assert again.status_code == 401


async def test_a_wrong_password_and_an_unknown_person_are_refused_alike(gateway: Running) -> None:
    http = gateway.client()
    wrong = await http.post("/api/session", json={"email": "admin@switchboard.local", "password": "x"})
    unknown = await http.post("/api/session", json={"email": "nobody@example.org", "password": "x"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_too_many_sign_ins_are_refused_for_a_while(mongo_url: str, prefix: str) -> None:
    async with running_gateway(mongo_url, prefix, sign_ins_per_minute=3) as gateway:
        http = gateway.client()
        found = [
            (await http.post("/api/session", json={"email": "a@b.c", "password": "x"})).status_code for _ in range(5)
        ]
    assert found == [401, 401, 401, 429, 429]


async def test_a_write_of_a_browser_needs_the_csrf_token(gateway: Running) -> None:
    admin = await gateway.admin()
    refused = await admin.http.post("/api/keys", json={"name": "k", "scopes": ["read"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert (await admin("POST", "/api/keys", {"name": "k", "scopes": ["read"]})).status_code == 201


async def test_AG_11_signing_out_ends_the_session_and_the_presence(gateway: Running) -> None:
    admin = await gateway.admin()
    cookie = dict(admin.http.cookies)
    assert (await admin("DELETE", "/api/session")).status_code == 204
    admin.http.cookies.update(cookie)
    assert (await admin("GET", "/api/session")).status_code == 401
    beats = [command for command, _ in gateway.neighbours.asked if isinstance(command, Heartbeat)]
    assert any(beat.ended and beat.agent == admin.id for beat in beats)


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(gateway: Running) -> None:
    once = (gateway.gateway.greeting() or "").split("one-time password ")[1].split("\n")[0]
    answer = await gateway.client().post("/api/session", json={"email": "admin@switchboard.local", "password": once})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    secure = await gateway.client().post(
        "https://gateway.test/api/session", json={"email": "admin@switchboard.local", "password": once}
    )
    assert secure.headers["set-cookie"].startswith("__Host-switchboard=")
    assert "secure" in secure.headers["set-cookie"].lower()


async def test_AG_04_a_set_up_link_works_once_and_makes_the_user_assignable(gateway: Running) -> None:
    admin = await gateway.admin()
    made = await admin("POST", "/api/settings/users", {"name": "Eva", "email": "eva@example.org", "activated": True})
    user = made.json()["id"]
    assert made.json()["value"]["activated"] is False
    former = made.json()["invite"]["link"].split("token=")[1]
    link = (await admin("POST", f"/api/users/{user}/invite")).json()["link"]
    assert link.startswith("http://localhost:8080/setup#token=")
    token = link.split("token=")[1]
    http = gateway.client()
    old = await http.post("/api/password", json={"token": former, "password": "a long password"})
    assert old.status_code == 422
    assert (await http.post("/api/password", json={"token": token, "password": "a long password"})).status_code == 200
    twice = await http.post("/api/password", json={"token": token, "password": "another password"})
    assert twice.status_code == 422
    assert (await admin("GET", f"/api/settings/users/{user}")).json()["value"]["activated"] is True
    assert [agent["name"] for agent in (await admin("GET", "/api/agents")).json()["items"]] == ["Admin", "Eva"]


async def test_AG_05_without_channel_and_team_he_signs_in_to_an_empty_inbox(gateway: Running) -> None:
    eva = await gateway.user(await gateway.admin(), "eva")
    assert eva.session["has_access"] is False
    assert (await eva("GET", "/api/conversations")).json()["items"] == []


async def test_deactivating_a_user_signs_him_out_at_once(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    stored = (await admin("GET", f"/api/settings/users/{eva.id}")).json()
    value = {**stored["value"], "active": False}
    changed = await admin("PUT", f"/api/settings/users/{eva.id}", value, {"If-Match": f'"{stored["version"]}"'})
    assert changed.status_code == 200, changed.text
    assert (await eva("GET", "/api/session")).status_code == 401


async def test_the_last_admin_stays_one(gateway: Running) -> None:
    admin = await gateway.admin()
    stored = (await admin("GET", f"/api/settings/users/{admin.id}")).json()
    etag = {"If-Match": f'"{stored["version"]}"'}
    demoted = await admin("PUT", f"/api/settings/users/{admin.id}", {**stored["value"], "role": "agent"}, etag)
    assert demoted.status_code == 422
    assert demoted.json()["errors"][0]["field"] == "role"
    assert (await admin("DELETE", f"/api/settings/users/{admin.id}", None, etag)).status_code == 422


async def test_an_e_mail_belongs_to_one_user_whatever_its_case(gateway: Running) -> None:
    admin = await gateway.admin()
    await gateway.user(admin, "eva")
    twice = await admin("POST", "/api/settings/users", {"name": "Eva 2", "email": "EVA@example.org"})
    assert twice.status_code == 409


async def test_UI_02_an_agent_gets_403_from_every_settings_route(gateway: Running) -> None:
    eva = await gateway.user(await gateway.admin(), "eva")
    for method, path in (
        ("GET", "/api/settings"),
        ("GET", "/api/settings/users"),
        ("POST", "/api/settings/topics"),
        ("GET", "/api/settings/channels/x"),
        ("PUT", "/api/settings/workflow/-"),
        ("DELETE", "/api/settings/teams/x"),
        ("GET", "/api/keys"),
        ("POST", "/api/keys"),
        ("GET", "/api/admin-log"),
    ):
        body = {"name": "x", "scopes": ["read"]} if method in ("POST", "PUT") else None
        answer = await eva(method, path, body)
        assert answer.status_code == 403, (method, path, answer.text)


async def test_an_api_key_does_what_its_scopes_say_until_it_is_dropped(gateway: Running) -> None:
    admin = await gateway.admin()
    made = (await admin("POST", "/api/keys", {"name": "reader", "scopes": ["read"]})).json()
    http = gateway.client()
    http.headers["Authorization"] = f"Bearer {made['key']}"
    assert (await http.get("/api/conversations")).status_code == 200
    assert (
        await http.post("/api/conversations/acts", json={"ids": ["x"], "act": {"act": "set_new"}})
    ).status_code == 403
    assert (await http.get("/api/settings")).status_code == 403
    listed = (await admin("GET", "/api/keys")).json()["items"]
    assert [key["name"] for key in listed] == ["reader"]
    assert "key" not in listed[0]
    assert "hash" not in listed[0]
    assert (await admin("DELETE", f"/api/keys/{made['id']}")).status_code == 204
    assert (await http.get("/api/conversations")).status_code == 401


async def test_settings_are_versioned_by_etag(gateway: Running) -> None:
    admin = await gateway.admin()
    made = await admin("POST", "/api/settings/away-states", {"name": "Lunch"})
    assert made.headers["etag"] == '"1"'
    path = f"/api/settings/away-states/{made.json()['id']}"
    assert (await admin("PUT", path, {"name": "Late lunch"})).status_code == 428
    assert (await admin("PUT", path, {"name": "Late lunch"}, {"If-Match": "yesterday"})).status_code == 400
    assert (await admin("PUT", path, {"name": "Late lunch"}, {"If-Match": '"1"'})).status_code == 200
    stale = await admin("PUT", path, {"name": "Later"}, {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["value"]["name"]) == (412, "Late lunch")
    assert (await admin("PUT", path, {"name": ""}, {"If-Match": '"2"'})).status_code == 422
    assert (await admin("DELETE", path, None, {"If-Match": '"2"'})).status_code == 204
    assert (await admin("GET", path)).status_code == 404


async def test_repeating_a_write_with_its_idempotency_key_makes_one_object(gateway: Running) -> None:
    admin = await gateway.admin()
    key = {"Idempotency-Key": "once"}
    one = await admin("POST", "/api/settings/away-states", {"name": "Lunch"}, key)
    two = await admin("POST", "/api/settings/away-states", {"name": "Lunch"}, key)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["id"] == two.json()["id"]
    assert len((await admin("GET", "/api/settings/away-states")).json()["items"]) == 1


async def test_PR_04_every_settings_change_is_in_the_admin_log_once(gateway: Running) -> None:
    admin = await gateway.admin()
    made = (await admin("POST", "/api/settings/away-states", {"name": "Lunch"})).json()
    path = f"/api/settings/away-states/{made['id']}"
    await admin("PUT", path, {"name": "Siesta"}, {"If-Match": '"1"'})
    await admin("DELETE", path, None, {"If-Match": '"2"'})
    await gateway.bus.settled()
    log = (await admin("GET", "/api/admin-log?search=away")).json()["items"]
    assert [line["action"] for line in log] == ["deleted", "changed", "created"]
    assert log[1]["before"]["name"] == "Lunch"
    assert log[1]["after"]["name"] == "Siesta"
    assert {line["by"]["id"] for line in log} == {admin.id}
    assert (await admin("GET", "/api/admin-log?search=siesta+lunch")).json()["items"][0]["action"] == "changed"
    assert (await admin("GET", "/api/admin-log?search=nothing")).json()["items"] == []
