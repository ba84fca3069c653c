"""A whole product for end-to-end tests: one ``switchboard up`` with a key of every scope, and callers of its API."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from shared.bus.dead_letters import dead_letters
from tests.support.eventually import eventually
from tests.support.processes import Switchboard
from tests.support.workspace import PASSWORD, api_key

TIMEOUT = 30.0


@dataclass(frozen=True)
class Product:
    """A running process, where its broker is, and a key that may do everything."""

    process: Switchboard
    key: str
    rabbit_url: str
    prefix: str

    @property
    def url(self) -> str:
        return self.process.url

    async def dead(self) -> list[tuple[str, str]]:
        """Queue and last cause of every dead letter: work that was lost."""
        async with dead_letters(self.rabbit_url, self.prefix) as letters:
            return [(one.queue, one.causes[-1] if one.causes else one.reason) for one in await letters.list()]

    def bugs(self) -> list[str]:
        """What it logged that nobody expected."""
        lines = self.process.words().splitlines()
        return [line for line in lines if '"level": "error"' in line or "http.bug" in line or "Traceback" in line]


@contextmanager
def running(directory: Path, rabbit_url: str, mongo_url: str, **settings: str) -> Iterator[Product]:
    """``switchboard up`` on these servers under a prefix of its own, until the block ends."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    servers = {"rabbit_url": rabbit_url, "mongo_url": mongo_url, "mongo_embedded": "true", "prefix": prefix}
    usual = {"allow_private_endpoints": "true", "gateway_sign_ins_per_minute": "10000"}
    process = Switchboard(directory, "up", **servers, **usual, **settings, state_dir=str(directory / "state"))
    try:
        process.start()
        yield Product(process, api_key(**servers), rabbit_url, prefix)
    finally:
        process.stop()


class Caller:
    """Somebody who uses the API: a key, a person, or nobody."""

    def __init__(self, url: str, **headers: str) -> None:
        self.http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)

    async def ask(
        self, method: str, path: str, body: Any = None, *, once: str | None = None, **headers: str
    ) -> httpx2.Response:
        """The bare answer. ``once`` is the Idempotency-Key; other headers by name, with ``_`` for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if once is not None:
            sent["Idempotency-Key"] = once
        if body is None:
            return await self.http.request(method, path, headers=sent)
        sent["Content-Type"] = "application/json"
        return await self.http.request(method, path, headers=sent, content=json.dumps(body).encode())

    async def send(self, method: str, path: str, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx2.Response:
        """These bytes, called JSON unless ``Content_Type`` says otherwise; headers may have any byte."""
        sent = {"Content_Type": "application/json", **headers}
        raw = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in sent.items()}
        return await self.http.request(method, path, content=body, headers=raw)

    async def get(self, path: str) -> Any:
        """A GET that must succeed."""
        return _good(await self.ask("GET", path))

    async def post(self, path: str, body: Any, *, once: str | None = None) -> Any:
        """A POST that must succeed."""
        return _good(await self.ask("POST", path, body, once=once))

    async def put(self, path: str, body: Any) -> Any:
        """A PUT that must succeed."""
        return _good(await self.ask("PUT", path, body))

    async def row(self, conversation: str) -> dict[str, Any]:
        """A conversation as the queue shows it now."""
        found: dict[str, Any] = (await self.get(f"/api/conversations/{conversation}"))["row"]
        return found

    async def becomes(self, conversation: str, *, within: float = 40.0, **wanted: Any) -> dict[str, Any]:
        """Wait until the row has these values."""
        seen: dict[str, Any] = {}

        async def is_so() -> bool:
            answer = await self.ask("GET", f"/api/conversations/{conversation}")
            seen.update(_good(answer)["row"] if answer.is_success else {"answer": answer.status_code})
            return answer.is_success and all(seen[name] == value for name, value in wanted.items())

        try:
            await eventually(is_so, within)
        except TimeoutError as error:
            found = {name: seen.get(name) for name in (*wanted, "answer")}
            raise TimeoutError(f"wanted {wanted}, still {found}") from error
        return seen

    async def act(self, conversation: str, act: dict[str, Any], **guards: Any) -> Any:
        """An act that must succeed; the row after it."""
        return (await self.post(f"/api/conversations/{conversation}/acts", {"act": act, **guards}))["row"]

    async def timeline(self, conversation: str) -> list[dict[str, Any]]:
        """Messages and notes, oldest first."""
        items: list[dict[str, Any]] = (await self.get(f"/api/conversations/{conversation}/timeline?limit=200"))["items"]
        return items[::-1]

    async def facts(self, conversation: str) -> list[dict[str, Any]]:
        """Every audit line, oldest first."""
        trail = await self.get(f"/api/conversations/{conversation}/trail?limit=500")
        return [fact for entry in trail["items"] for fact in entry["changes"]]


def _good(answer: httpx2.Response) -> Any:
    assert answer.is_success, (
        f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}"
    )
    return answer.json() if answer.content else None


@asynccontextmanager
async def caller(url: str, **headers: str) -> AsyncIterator[Caller]:
    """A caller whose connections end with the block."""
    found = Caller(url, **headers)
    async with found.http:
        yield found


@asynccontextmanager
async def keyed(product: Product) -> AsyncIterator[Caller]:
    """A machine with the product's key."""
    async with caller(product.url, Authorization=f"Bearer {product.key}") as found:
        yield found


@asynccontextmanager
async def signed_in(url: str, email: str) -> AsyncIterator[Caller]:
    """A person with a session: its cookie, and its CSRF token on every request."""
    async with caller(url) as person:
        view = await person.post("/api/session", {"email": email, "password": PASSWORD})
        person.http.headers["X-CSRF-Token"] = view["csrf"]
        yield person


@dataclass
class Page:
    """An open page: what its live stream brought, by event, in order. It keeps its person present."""

    events: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, event: str) -> list[Any]:
        """The data of all events of this name."""
        return [value for name, value in self.events if name == event]

    async def saw(self, event: str, within: float = 40.0, **wanted: Any) -> dict[str, Any]:
        """Wait for an event with these values; the first such."""

        def found() -> list[dict[str, Any]]:
            return [value for value in self.of(event) if wanted.items() <= value.items()]

        try:
            values = await eventually(found, within)
        except TimeoutError as error:
            last = [{name: value.get(name) for name in wanted} for value in self.of(event)[-3:]]
            raise TimeoutError(f"no {event} with {wanted}; the last were {last}") from error
        return values[0]


@asynccontextmanager
async def page(person: Caller) -> AsyncIterator[Page]:
    """The person's live stream, open while the block lasts."""
    found = Page()

    async def follow() -> None:
        name = ""
        async with person.http.stream("GET", "/api/live", timeout=None) as answer:
            assert answer.status_code == 200, answer.status_code
            async for line in answer.aiter_lines():
                field_name, _, value = line.partition(": ")
                if field_name == "event":
                    name = value
                elif field_name == "data":
                    found.events.append((name, json.loads(value)))

    task = asyncio.create_task(follow())
    try:
        await found.saw("hello")
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def problem(answer: httpx2.Response) -> Mapping[str, Any]:
    """A refusal as it must be: problem+json whose status is the answer's, with a code and a sentence."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["code"]
    assert said["detail"]
    return said
