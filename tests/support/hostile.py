"""What strangers and broken programs send: hostile JSON, put in every place of a good body, one place at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from typing import Any

import httpx2

AT_ONCE = 6
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LONG = "x" * 20_000

FRAGMENTS: dict[str, str] = {
    "null": "null",
    "true": "true",
    "negative": "-1",
    "fraction": "0.5",
    "beyond 64 bits": "1" + "0" * 30,
    "beyond a double": "1e400",
    "whole and beyond a double": "1" + "0" * 400,
    "beyond a double, as text": '"-1e400"',
    "empty text": '""',
    "blanks": '" \\u00a0\\t\\n"',
    "NUL": '"a\\u0000b"',
    "lone surrogate": '"a\\ud800b"',
    "surrogates the wrong way round": '"\\udc00\\ud800"',
    "other way of writing": '"\\u202eabc\\u0007\\u200b\\ufeff"',
    "markup": json.dumps(SCRIPT),
    "template": '"{{7*7}} ${7*7} %s %n"',
    "path": '"../../etc/passwd"',
    "long": json.dumps(LONG),
    "no date": '"2026-02-30T25:61:61Z"',
    "before all dates": '"0001-01-01T00:00:00+14:00"',
    "after all dates": '"9999-12-31T23:59:59-14:00"',
    "seconds": "99999999999999",
    "list": "[]",
    "nested lists": "[[[[]]], null, {}]",
    "object": "{}",
    "operator": '{"$gt": "", "$where": "sleep(1000)"}',
    "odd keys": '{"a.b": 1, "$set": {"x": 1}, "": 2, "\\u0000": 3, "\\ud800": 4, "__proto__": 5, "_id": 6}',
}
"""JSON by what is wrong with it. Each parses as JSON, so only its place and meaning can be refused."""

_HERE = "\x01here\x01"


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a JSON value, its containers too; not the whole."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from places(inner, (*path, key))


def with_fragment(value: Any, path: Sequence[str | int], fragment: str) -> str:
    """The JSON text of ``value`` with ``fragment`` in one place."""
    return json.dumps(_replaced(value, path)).replace(json.dumps(_HERE), fragment)


def spoiled(value: Any) -> Iterator[tuple[str, str]]:
    """Every way to spoil one place of ``value``: (what was done, the JSON text)."""
    for path in places(value):
        for what, fragment in FRAGMENTS.items():
            yield f"{'.'.join(map(str, path))}: {what}", with_fragment(value, path, fragment)


def _replaced(value: Any, path: Sequence[str | int]) -> Any:
    if not path:
        return _HERE
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(copy[path[0]], path[1:])
    return copy


def strictly(raw: bytes) -> Any:
    """Decode JSON that any reader can: UTF-8, no NaN, no Infinity, no lone surrogates."""

    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is not JSON")

    found = json.loads(raw.decode("utf-8"), parse_constant=refuse)
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


def sound(answer: httpx2.Response, what: str = "") -> Any:
    """The JSON of an answer that is a success, or a clear refusal: 4xx as problem+json with a code and a sentence."""
    said = f"{answer.request.method} {answer.request.url.path} {what}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, said
    if answer.status_code == 204:
        return None
    found = strictly(answer.content)
    if answer.is_success:
        assert answer.headers["content-type"] == "application/json", said
        return found
    assert answer.headers["content-type"] == "application/problem+json", said
    assert found["status"] == answer.status_code, said
    assert found["code"], said
    assert found["detail"], said
    assert all(one["message"] for one in found.get("errors") or ()), said
    return found


async def together(asked: Iterable[Coroutine[Any, Any, httpx2.Response]]) -> list[httpx2.Response]:
    """All answers, in order; a few questions at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(question: Coroutine[Any, Any, httpx2.Response]) -> httpx2.Response:
        async with turns:
            return await question

    return await asyncio.gather(*(one(question) for question in asked))


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length nobody declares."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]
