"""Errors as problem+json, and the body limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from shared.errors import RetryLater, SwitchboardError, TooManyRequests, from_wire
from shared.http import http_app


class _Body(BaseModel):
    number: int
    text: str = ""


def _app() -> FastAPI:
    app = http_app("test", body_limit=100, larger={"/upload": 1000})

    @app.post("/echo")
    async def echo(body: _Body) -> dict[str, Any]:
        return {"number": body.number, "text": body.text}

    @app.post("/upload")
    async def upload(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.post("/raise/{code}")
    async def fail(code: str) -> None:
        raise from_wire({"code": code, "detail": "Said so.", "extra": {"current": {"version": 3}, "x": "\ud800"}})

    @app.get("/slow-down")
    async def slow_down() -> None:
        raise TooManyRequests("Slow down.", retry_after=2.4)

    @app.get("/bug")
    async def bug() -> None:
        raise LookupError("secret detail")

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=_app(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("kind", SwitchboardError.__subclasses__())
async def test_every_error_is_answered_with_its_own_status_and_code(
    client: httpx2.AsyncClient, kind: type[SwitchboardError]
) -> None:
    answer = await client.post(f"/raise/{kind.code}")
    assert answer.status_code == kind.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == kind.code
    assert answer.json()["detail"] == "Said so."
    assert answer.json()["current"] == {"version": 3}


async def test_wrong_fields_are_named_without_repeating_their_values(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/echo", json={"number": "private words"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]
    assert "private words" not in answer.text


@pytest.mark.parametrize(
    ("escaped", "clean"), [("a\\ud800b", "a\ufffdb"), ("a\\u0000b", "ab"), ("\\ud83d\\ude00", "\U0001f600")]
)
async def test_texts_arrive_clean(client: httpx2.AsyncClient, escaped: str, clean: str) -> None:
    body = f'{{"number": 1, "text": "{escaped}"}}'.encode()
    answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
    assert answer.json() == {"number": 1, "text": clean}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe{", b"[" * 90, b'{"number": NaN}', b'{"number": ' + b"9" * 80])
async def test_malformed_json_is_400(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_a_declared_body_over_the_limit_is_413(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/echo", content=b"x" * 101)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/echo", "/upload"])
async def test_a_streamed_body_over_the_limit_is_413(client: httpx2.AsyncClient, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 50

    answer = await client.post(path, content=chunks(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_longer_prefix_may_take_more(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/upload", content=b"x" * 1000)
    assert answer.json() == {"size": 1000}


async def test_an_unknown_path_is_a_problem_too(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_bug_is_500_and_tells_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


async def test_retry_after_is_a_header(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/slow-down")).headers["retry-after"] == "2"
    assert (await client.post(f"/raise/{RetryLater.code}")).headers["retry-after"] == "1"
