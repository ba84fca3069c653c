"""The edge: pages and docs, what is sent on to ingest, hostile input (UI-07, CH-15)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.gateway import Running, running_gateway, served
from tests.support.neighbours import a_conversation

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str, tmp_path: Path) -> AsyncIterator[Running]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Switchboard</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path.parent / "secret.txt").write_text("secret")
    async with running_gateway(mongo_url, prefix, static=tmp_path) as running:
        yield running


async def test_the_page_answers_for_its_own_routes_and_assets_are_kept_for_ever(gateway: Running) -> None:
    http = gateway.client()
    for path in ("/", "/c/some-id", "/settings/topics", "/setup"):
        page = await http.get(path)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
    asset = await http.get("/assets/app-1a2b.js")
    assert "immutable" in asset.headers["cache-control"]
    assert (await http.get("/assets/gone.js")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/%00", "//etc/passwd"]
)
async def test_no_path_leads_out_of_the_static_folder(gateway: Running, path: str) -> None:
    answer = await gateway.client().get(path)
    assert "secret" not in answer.text
    assert "root:" not in answer.text
    assert answer.status_code in (200, 404)


async def test_the_docs_need_no_file_of_anybody_else(gateway: Running) -> None:
    http = gateway.client()
    page = await http.get("/docs")
    for source in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert source.startswith("/docs/")
        assert (await http.get(source)).status_code == 200
    schema = (await http.get("/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["responses"]["422"]["content"].keys() == {"application/problem+json"}, (method, path)


async def test_unknown_addresses_and_methods_are_problems_too(gateway: Running) -> None:
    http = gateway.client()
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("POST", "/nothing", 404),
        ("PUT", "/api/session", 405),
        ("POST", "/hooks/x", 404),
    ):
        answer = await http.request(method, path, json={})
        assert answer.status_code == status, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


HOSTILE: tuple[Any, ...] = (
    "\x00",
    "\ud800",
    "<script>alert(1)</script>",
    "'; $where: 1",
    {"$gt": ""},
    [],
    10**40,
    -1,
    1e308,
    None,
    True,
    "x" * 200_000,
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
)


async def test_hostile_values_are_refused_or_cleaned_and_never_break_anything(gateway: Running) -> None:
    admin = await gateway.admin()
    one = await gateway.converse(a_conversation())
    targets = (
        ("POST", f"/api/conversations/{one.id}/acts", lambda v: {"act": v}),
        ("POST", f"/api/conversations/{one.id}/acts", lambda v: {"act": {"act": "set_language", "language": v}}),
        (
            "POST",
            f"/api/conversations/{one.id}/acts",
            lambda v: {"act": {"act": "set_boomerang", "boomerang": {"at": v, "after_seconds": v}}},
        ),
        ("POST", f"/api/conversations/{one.id}/messages", lambda v: {"text": v, "seen": v}),
        ("POST", "/api/conversations/acts", lambda v: {"ids": [v], "act": {"act": "resolve"}}),
        ("POST", "/api/settings/away-states", lambda v: {"name": v}),
        ("POST", "/api/settings/teams", lambda v: {"name": "t", "capacity": v, "members": v}),
        ("POST", "/api/keys", lambda v: {"name": v, "scopes": ["read"]}),
        ("POST", "/api/session", lambda v: {"email": v, "password": v}),
        ("POST", "/api/password", lambda v: {"token": v, "password": v}),
        ("POST", "/api/notifications/read", lambda v: {"ids": [v]}),
        ("POST", "/api/schedules/preview", lambda v: {"start": v, "target_seconds": v}),
    )
    for method, path, body in targets:
        for value in HOSTILE:
            raw = json.dumps(body(value)).encode()
            headers = {"Content-Type": "application/json", "X-CSRF-Token": admin.session["csrf"]}
            answer = await admin.http.request(method, path, content=raw, headers=headers)
            assert answer.status_code != 500, (path, str(value)[:50], answer.text[:300])


async def test_what_is_not_json_and_what_is_too_large_is_refused(gateway: Running) -> None:
    admin = await gateway.admin()

    async def post(body: bytes, kind: str = "application/json") -> int:
        headers = {"Content-Type": kind, "X-CSRF-Token": admin.session["csrf"]}
        return (await admin.http.post("/api/keys", content=body, headers=headers)).status_code

    assert await post(b"{") == 400
    assert await post(b'{"name": NaN}') == 400
    assert await post(b"[" * 100_000) == 400
    assert await post(b"a=1", "application/x-www-form-urlencoded") == 415
    assert await post(b"x" * (3 * 1024 * 1024)) == 413
    assert await post(b"[]") == 422


async def test_hostile_query_strings_never_break_anything(gateway: Running) -> None:
    admin = await gateway.admin()
    for name in ("status", "channel", "owner", "topic", "after", "limit", "sort", "team"):
        for value in ("%00", "%ff%fe", "%ed%a0%80", "-1", "999999999999999999999", "$gt", "a" * 5000, "0~1~1", "~"):
            answer = await admin("GET", f"/api/conversations?{name}={value}")
            assert answer.status_code in (200, 400, 422), (name, value, answer.text[:200])


async def test_what_is_ingest_s_is_sent_on_as_it_is_and_streams_both_ways(mongo_url: str, prefix: str) -> None:
    seen: list[dict[str, object]] = []
    more = asyncio.Event()

    async def hook(request: Request) -> Response:
        body = await request.body()
        seen.append({"path": str(request.url), "body": body, "headers": dict(request.headers)})
        return JSONResponse({"stored": 1}, 202, {"X-Of-Ingest": "yes", "Set-Cookie": "a=b"})

    async def stream(_: Request) -> Response:
        async def events() -> AsyncIterator[bytes]:
            yield b"data: one\n\n"
            await more.wait()
            yield b"data: two\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    ingest = Starlette(routes=[Route("/hooks/{channel}", hook, methods=["POST"]), Route("/widget/{id}/live", stream)])
    async with (
        served(ingest) as ingest_url,
        running_gateway(mongo_url, prefix, ingest_url=ingest_url) as gateway,
        served(gateway.gateway.app) as url,
        httpx2.AsyncClient(timeout=10) as http,
    ):
        signed = {"webhook-signature": "v1,abc", "X-Forwarded-For": "6.6.6.6"}
        answer = await http.post(f"{url}/hooks/ch%20a?x=1", content=b'{"a": "\xc3\xb1"}', headers=signed)
        assert (answer.status_code, answer.headers["x-of-ingest"], answer.json()) == (202, "yes", {"stored": 1})
        assert seen[0]["body"] == b'{"a": "\xc3\xb1"}'
        headers = seen[0]["headers"]
        assert isinstance(headers, dict)
        assert headers["webhook-signature"] == "v1,abc"
        assert headers["x-forwarded-for"] == "6.6.6.6", "as a proxy that we trust (this test) said it"
        async with http.stream("GET", f"{url}/widget/x/live") as events:
            lines = events.aiter_lines()
            assert await anext(lines) == "data: one"
            more.set()
            assert [line async for line in lines][-2:] == ["data: two", ""]


async def test_while_ingest_is_away_hooks_are_told_to_come_again(mongo_url: str, prefix: str) -> None:
    async with running_gateway(mongo_url, prefix, ingest_url="http://127.0.0.1:9") as gateway:
        answer = await gateway.client().post("/hooks/x", content=b"{}")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
