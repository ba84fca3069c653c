"""Bad input to the public API: each is refused clearly or has a clean effect; nothing is ever a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.hostile import SCRIPT, sound, spoiled, together
from tests.support.product import Caller, Product, caller, signed_in
from tests.support.shop import Network

pytestmark = pytest.mark.integration

IDS = (
    "never-was",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "..%2f..%2fetc",
    "%3Cscript%3E",
    "x" * 5000,
    "%20",
    "$where",
    "-",
    "%F0%9F%91%A9",
)

CONDITIONS = {
    "test": "group",
    "join": "any",
    "of": [
        {"test": "keywords", "about": "text", "match": "any_of", "keywords": "a, b", "ignore_accents": True},
        {"test": "field", "field": "text", "operator": "matches", "value": "a+"},
        {"test": "field", "field": "contact_attribute", "attribute": "a", "operator": "in_the_last", "value": 7},
    ],
}
SAMPLE = {
    "message": {"text": "a", "subject": "s", "kind": "direct", "browser_language": "es", "has_attachment": True},
    "contact": {"attributes": {"a": "2026-01-01"}, "groups": ["g"], "language": "es", "previous_score": 1},
    "conversation": {"channel": "x", "status": "new", "tags": ["t"], "priority_score": 1, "at": "2026-01-01T00:00:00Z"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "channels": {
        "name": "N",
        "enabled": True,
        "config": {
            "medium": "webhook",
            "inbound_secret": "whsec_" + "A" * 32,
            "outbound_url": "https://example.org/x",
            "outbound_secret": "whsec_" + "B" * 32,
            "capabilities": ["x"],
        },
        "handle": "h",
        "max_attachment_mb": 5,
        "auto_assign": True,
        "reply_window_hours": 24,
    },
    "contact-attributes": {"name": "N", "type": "list", "options": ["a"], "enabled": True, "position": 1},
    "topics": {"name": "N", "colour": "#ffffff"},
    "labels": {"name": "N", "colour": "#ffffff", "scopes": ["contact"]},
    "resolve-reasons": {"name": "N", "solution_provided": False, "position": 1},
    "skill-sets": {
        "name": "N",
        "join": "or",
        "groups": [{"join": "and", "rules": [{"field": "language", "operator": "any_of", "values": ["xx"]}]}],
        "teams": [],
        "agents": [],
    },
    "distributions": {
        "name": "N",
        "enabled": False,
        "schedule": None,
        "channels": ["x"],
        "skill_set": None,
        "members": ["x"],
        "capacity": 1,
        "strategy": "round_robin",
        "target_minutes": 5,
        "redistribute": False,
        "position": 1,
    },
    "priority": {"entries": [{"what": "topic", "id": "x", "visibility": None}]},
    "language-detection": {"enabled": True, "languages": ["en", "es"]},
    "workflow": {
        "vocabulary": "queue",
        "auto_resolve_new": 2592000.0,
        "idle_close": None,
        "default_boomerang": 3600.0,
        "resolve_reasons": {"enabled": True, "required": False, "scope": {"channels": ["x"], "visibilities": []}},
        "agreed_response_minutes": 5,
        "fallback_teams": [],
        "overrides": [{"channel": "x", "on_reply": "stay", "idle_close": 60.0}],
    },
    "schedules": {
        "name": "N",
        "hours": {
            "zone": "Europe/Madrid",
            "week": {"mon": ["09:00-17:00"]},
            "special_days": {"2026-12-24": ["09:00-12:00"]},
            "holidays": ["2026-12-25"],
            "imports": {"country": "ES", "subdivision": "MD"},
        },
        "channels": ["x"],
    },
    "policies": {
        "name": "N",
        "enabled": False,
        "channels": ["x"],
        "visibilities": ["public"],
        "first_minutes": 5,
        "next_minutes": 5,
        "resolution_minutes": 5,
        "warn_percent": 50,
        "warn_minutes_left": 1,
    },
    "rules": {
        "name": "N",
        "enabled": False,
        "event": "message_received",
        "scope": {"channels": ["x"], "visibilities": ["public"]},
        "after_minutes": 5,
        "working_time": True,
        "conditions": CONDITIONS,
        "actions": [
            {"act": "set_attribute", "attribute": "a", "value": "b"},
            {"act": "notify", "agents": ["x"], "owner": True, "text": "t"},
            {"act": "call_webhook", "webhook": "x"},
        ],
        "position": 1,
    },
    "macros": {"name": "N", "user": None, "actions": [{"act": "change_topics", "add": ["x"]}], "position": 1},
    "automation": {"runs_per_hour": 50},
    "auto-responders": {
        "name": "N",
        "enabled": False,
        "activation": "delegation",
        "channels": ["x"],
        "contact_timeout_minutes": 5,
        "scripts": [{"hours": "inside", "language": "en", "steps": [{"step": "question", "text": "Q"}]}],
        "escape_words": ["agent"],
    },
    "virtual-agents": {"name": "N", "enabled": False, "channels": ["x"], "endpoint": "https://example.org/bot"},
    "webhooks": {"name": "N", "enabled": False, "url": "https://example.org/hook", "events": ["note.written"]},
    "thread-blocks": {"name": "N", "channel": "x", "root": "r"},
    "surveys": {
        "name": "N",
        "enabled": False,
        "channels": ["x"],
        "percent": 50.0,
        "delay_minutes": 5,
        "minimum_length": 1,
        "default_language": "en",
        "versions": [{"language": "en", "question": "Q", "options": [{"label": "1", "emoji": "a"}, {"label": "2"}]}],
        "expires_days": 7,
    },
    "users": {
        "name": "N",
        "email": "n@example.org",
        "role": "agent",
        "active": True,
        "channels": [{"channel": "x", "right": "viewer"}],
        "default_availability": "away",
        "language": "en",
        "short_code": "n",
    },
    "teams": {
        "name": "N",
        "description": "D",
        "members": [{"user": "x", "right": "viewer"}],
        "channels": ["x"],
        "capacity": 1,
        "strategy": "least_loaded",
        "only_routed": True,
        "position": 1,
    },
    "away-states": {"name": "N", "enabled": False},
    "sign-in": {"inactive_minutes": 600},
}
SINGLETONS = ("priority", "language-detection", "workflow", "automation", "sign-in")


async def test_every_kind_of_settings_is_tried_here(machine: Caller) -> None:
    kinds = (await machine.get("/api/settings"))["kinds"]
    assert {one["kind"] for one in kinds} == set(SETTINGS)
    for one in kinds:
        assert set(SETTINGS[one["kind"]]) <= set(one["schema"]["properties"])


@pytest.mark.parametrize("kind", [kind for kind in SETTINGS if kind not in SINGLETONS])
async def test_settings_with_one_thing_wrong_are_refused_by_field_or_kept_clean(machine: Caller, kind: str) -> None:
    path = f"/api/settings/{kind}"
    first = sound(await machine.ask("POST", path, {**SETTINGS[kind], "name": f"Good {kind}"[:25]}))
    assert first["version"] == 1, first
    tried = [(what, text) for what, text in spoiled(SETTINGS[kind])]
    answers = await together(machine.send("POST", path, text.encode()) for _, text in tried)
    made = []
    for (what, _), answer in zip(tried, answers, strict=True):
        said = sound(answer, what)
        assert answer.status_code in (201, 409, 422), (what, said)
        if answer.status_code == 201:
            made.append(said["id"])
    for wanted in ("", "?search=%00", f"?search={SCRIPT}", "?limit=1000"):
        sound(await machine.ask("GET", f"{path}{wanted}"))
    for answer in await together(machine.ask("GET", f"{path}/{id}") for id in made):
        assert sound(answer)["kind"] == kind
    for answer in await together(machine.ask("DELETE", f"{path}/{id}", If_Match='"1"') for id in made):
        sound(answer)


@pytest.mark.parametrize("kind", SINGLETONS)
async def test_the_one_object_of_a_kind_takes_nothing_odd(machine: Caller, kind: str) -> None:
    path = f"/api/settings/{kind}/-"
    before = await machine.get(path)
    version = before["version"]
    for what, text in list(spoiled(SETTINGS[kind]))[::3]:  # one after another, for each moves the version
        answer = await machine.send("PUT", path, text.encode(), If_Match=f'"{version}"')
        version = sound(answer, what).get("version", version)
        assert answer.status_code in (200, 422), what
    answer = await machine.ask("PUT", path, before["value"], If_Match=f'"{version}"')
    assert sound(answer)["value"] == before["value"]


def _writes(conversation: str, inbound: str, contact: str) -> list[tuple[str, str, dict[str, Any]]]:
    of = f"/api/conversations/{conversation}"
    guards = {"seen": inbound, "status_number": 1}
    boomerang = {"at": "2999-01-01T00:00:00Z", "after_seconds": None, "note": "n"}
    attributes = {"name": "n", "attributes": {"a": "b", "c": [1.0]}, "clear": ["d"], "labels": ["l"]}
    return [
        ("POST", f"{of}/acts", {"act": {"act": "set_pending", "boomerang": boomerang}, **guards}),
        ("POST", f"{of}/acts", {"act": {"act": "set_pending", "boomerang": {"after_seconds": 3600}}}),
        ("POST", f"{of}/acts", {"act": {"act": "resolve", "reason": "r", "ignored": False}, **guards}),
        ("POST", f"{of}/acts", {"act": {"act": "assign_owner", "owner": {"kind": "agent", "id": "x"}}}),
        ("POST", f"{of}/acts", {"act": {"act": "assign_team", "team": "x"}}),
        ("POST", f"{of}/acts", {"act": {"act": "change_topics", "add": ["x"], "remove": ["y"]}}),
        ("POST", f"{of}/acts", {"act": {"act": "change_labels", "add": ["x"], "remove": ["y"]}}),
        ("POST", f"{of}/acts", {"act": {"act": "set_priority_boost", "boost": 1}}),
        ("POST", f"{of}/acts", {"act": {"act": "set_language", "language": "es"}}),
        ("POST", "/api/conversations/acts", {"ids": [conversation], "act": {"act": "set_new"}}),
        ("POST", f"{of}/messages", {"text": "t", "in_reply_to": inbound, "seen": inbound}),
        ("POST", f"{of}/messages", {"attachments": [{"name": "a", "type": "b", "url": "http://127.0.0.1:9/a"}]}),
        ("POST", f"{of}/notes", {"text": "t", "mentions": ["x"]}),
        ("POST", f"{of}/tags", {"message_id": inbound, "add": ["x"], "remove": ["y"]}),
        ("PATCH", f"/api/contacts/{contact}", {**attributes, "language": "es", "vip": True}),
        ("POST", "/api/keys", {"name": "k", "scopes": ["read"]}),
        ("POST", "/api/rules/preview", {"rule": SETTINGS["rules"], "sample": SAMPLE}),
        ("POST", "/api/rules/preview", {"rule": SETTINGS["rules"], "last": 2}),
        ("POST", f"{of}/macro", {"macro": "x", **guards}),
        ("POST", "/api/conversations/macro", {"ids": [conversation], "macro": "x"}),
        ("POST", "/api/macros", SETTINGS["macros"]),
        ("PUT", f"/api/contacts/{contact}/mutes/x", {}),
        ("POST", "/api/schedules/preview", {"start": "2026-01-01T00:00:00Z", "target_seconds": 60.0, "until": None}),
    ]


async def test_writes_with_one_thing_wrong(machine: Caller, conversation: str) -> None:
    row = await machine.row(conversation)
    for method, path, body in _writes(conversation, row["last_inbound"], row["contact"]):
        tried = list(spoiled(body))
        answers = await together(machine.send(method, path, text.encode()) for _, text in tried)
        for (what, _), answer in zip(tried, answers, strict=True):
            sound(answer, f"{body} {what}")
        for wrong in (b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 100_000, b"1" * 5000):
            answer = await machine.send(method, path, wrong)
            assert sound(answer, str(wrong[:20]))["status"] in (400, 422), wrong[:20]
    for part in ("", "/timeline?limit=200", "/trail?limit=500"):
        assert sound(await machine.ask("GET", f"/api/conversations/{conversation}{part}")).get("code") is None


async def test_signing_in_with_one_thing_wrong(product: Product) -> None:
    async with caller(product.url) as nobody:
        for path, body in (
            ("/api/session", {"email": "ana@example.org", "password": "not hers"}),
            ("/api/password", {"token": "never was", "password": "a long enough password"}),
        ):
            for what, text in list(spoiled(body))[::3]:  # each costs a hash
                answer = await nobody.send("POST", path, text.encode())
                assert sound(answer, what)["status"] in (401, 422), what
            for wrong in (b"", b"{", b"null", b"\xff"):
                assert sound(await nobody.send("POST", path, wrong))["status"] in (400, 422)


async def test_a_person_with_a_session_is_no_exception(product: Product, conversation: str) -> None:
    bodies = [
        ("PUT", "/api/agents/me/availability", {"availability": "away", "away_state": "x"}),
        ("POST", f"/api/conversations/{conversation}/hint", {"what": "typing"}),
        ("POST", "/api/session/password", {"old": None, "new": "a long enough password"}),
        ("POST", "/api/notifications/read", {"ids": ["x"], "all": False}),
    ]
    async with signed_in(product.url, "ana@example.org") as ana:
        for method, path, body in bodies:
            for what, text in spoiled(body):
                sound(await ana.send(method, path, text.encode()), what)
        for token in ("", "x", "\xff", "x" * 8000):
            answer = await ana.send("POST", "/api/conversations/next", b"", X_CSRF_Token=token)
            assert sound(answer)["code"] == "csrf"
    async with caller(product.url) as nobody:
        for cookie in ("", "\xff", "x" * 8000, "a; switchboard=b", ";;="):
            answer = await nobody.send("GET", "/api/session", b"", Cookie=f"switchboard={cookie}")
            assert sound(answer)["status"] == 401


async def test_ids_cursors_and_filters_that_never_were(machine: Caller, conversation: str) -> None:
    gets = [f"/api/{what}/{id}" for id in IDS for what in ("conversations", "contacts", "settings", "settings/topics")]
    gets += [f"/api/conversations/{id}/{part}" for id in IDS for part in ("timeline", "trail", "attachments/x")]
    for value in (*IDS, "AAAA", "bnVsbA", "eyJhIjogMX0", "%7B%22%24gt%22:%22%22%7D"):
        gets += [f"/api/conversations?after={value}", f"/api/conversations/{conversation}/timeline?before={value}"]
        gets += [f"/api/conversations/{conversation}/trail?after={value}", f"/api/settings/topics?after={value}"]
        gets += [f"/api/notifications?after={value}", f"/api/admin-log?after={value}&search={value}&user={value}"]
        gets += [
            f"/api/conversations?{name}={value}" for name in ("status", "channel", "owner", "team", "topic", "sort")
        ]
        gets += [
            f"/api/conversations?contact={value}",
            f"/api/conversations?limit={value}",
            f"/api/agents?channel={value}",
        ]
        gets += [f"/api/surveys/figures?start={value}&end=2026-01-01T00:00:00Z", f"/api/live?ids={value}&since=x"]
    for limit in (0, -1, 10**30, "1e3", "٣"):
        gets += [f"/api/{what}?limit={limit}" for what in ("conversations", "admin-log", "settings/topics")]
    for path, answer in zip(gets, await together(machine.ask("GET", path) for path in gets), strict=True):
        sound(answer, path)
    for other in ("messages/{}/retry", "messages/{}/mask", "users/{}/invite", "conversations/{}/acts"):
        for id in IDS:
            answer = await machine.ask("POST", f"/api/{other.format(id)}", {"act": {"act": "set_new"}})
            assert sound(answer)["status"] in (404, 422)
    for path in ("/api", "/api/", "/api/nothing", "/api/conversations/a/b/c", "/api/session/%00"):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            assert sound(await machine.ask(method, path), path)["status"] in (404, 405)


async def test_headers_that_no_client_of_ours_sends(machine: Caller, conversation: str) -> None:
    topic = await machine.post("/api/settings/topics", {"name": "Headers"})
    path = f"/api/settings/topics/{topic['id']}"
    for value, status in (
        ("", 400),
        ("*", 400),
        ("W/x", 400),
        ('"-1"', 400),
        ('"1', 200),
        ("1" * 15, 412),
        ("1" * 5000, 422),
        ("\xff\xfe", 400),
        ('"2", "3"', 400),
    ):
        answer = await machine.send("PUT", path, b'{"name": "Headers"}', If_Match=value)
        assert sound(answer, value)["status" if answer.is_error else "version"] in (status, 2), value
    for key in ("\xff\xfe", "x" * 255, "' or 1=1 --", "a\tb", SCRIPT):
        body = json.dumps({"text": f"noted {key}"}).encode()
        for _ in range(2):
            answer = await machine.send("POST", f"/api/conversations/{conversation}/notes", body, Idempotency_Key=key)
            assert answer.status_code == 201, sound(answer)
    noted = [one["text"] for one in await machine.timeline(conversation)]
    assert all(noted.count(f"noted {key}") == 1 for key in ("\xff\xfe", "x" * 255, "' or 1=1 --", "a\tb", SCRIPT))
    for key in ("", "x" * 256):
        answer = await machine.send("POST", f"/api/conversations/{conversation}/notes", body, Idempotency_Key=key)
        assert sound(answer)["status"] == 422
    for last in ("x", "-1", "9" * 15, "9" * 20, "9" * 300, "1.5", "\xff"):
        answer = await machine.send("GET", "/api/live?since=x", b"", Last_Event_ID=last)
        assert sound(answer, last)["status"] in (400, 422)
    for secret in ("", "Bearer", "Bearer x", "Basic YTpi", "Bearer \xff", f"Bearer {'x' * 9000}", "Bearer a b c"):
        answer = await machine.send("GET", "/api/session", b"", Authorization=secret)
        assert sound(answer)["status"] == 401
    for accept in ("text/html", "*/*;q=0", "\xff", "x" * 9000):
        assert sound(await machine.send("GET", "/api/session", b"", Accept=accept, Accept_Language=accept))["key"]


async def test_nothing_of_all_this_was_a_bug_or_lost_on_the_way(
    product: Product, machine: Caller, network: Network
) -> None:
    await network.says("somebody afterwards", "Is anybody still there?")
    await machine.becomes(network.conversation("somebody afterwards"), preview="Is anybody still there?")
    assert await product.dead() == []
    assert product.bugs() == []
