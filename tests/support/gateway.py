"""A gateway for tests: its own application on a real store, with a bus in memory and stand-ins for its neighbours."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.gateway.api.pages import Pages
from services.gateway.main import Gateway
from services.gateway.settings import GatewaySettings
from shared.bus import envelope
from shared.clock import SystemClock
from shared.contracts.base import Event
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.resources import (
    Stored,
)
from shared.ids import new_id
from shared.runtime import Runtime
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Store
from tests.support.bus import FakeBroker, FakeBus
from tests.support.eventually import eventually
from tests.support.neighbours import Neighbours, answer_settings


@dataclass
class Client:
    """Somebody at the API: a person with his cookie and CSRF token, or a machine with its key."""

    http: httpx2.AsyncClient
    session: dict[str, Any]

    @property
    def id(self) -> str:
        user: str = self.session["user"]["id"]
        return user

    async def __call__(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        sent = {"X-CSRF-Token": self.session.get("csrf") or "", **(headers or {})}
        return await self.http.request(method, path, json=json, headers=sent)


@dataclass
class Running:
    """A gateway that runs, and how to talk to it."""

    gateway: Gateway
    bus: FakeBus
    neighbours: Neighbours
    stopping: asyncio.Event
    metrics: CollectorRegistry

    def trips(self, collection: str, operation: str) -> int:
        """How many round trips of this kind it has made to a collection of its database."""
        labels = {"service": "gateway", "collection": collection, "op": operation}
        counted = self.metrics.get_sample_value("switchboard_store_operations_total", labels)
        assert counted is not None, "there is no such collection or operation"
        return int(counted)

    def client(self) -> httpx2.AsyncClient:
        """A browser without cookies."""
        transport = httpx2.ASGITransport(app=self.gateway.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url="http://gateway.test")

    async def sign_in(self, email: str, password: str) -> Client:
        """Sign in; the password must be right."""
        http = self.client()
        answer = await http.post("/api/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Client(http, answer.json())

    async def admin(self, password: str = "correct horse battery") -> Client:
        """The first admin, with a password of his own."""
        greeting = self.gateway.greeting() or ""
        once = greeting.split("one-time password ")[1].split("\n")[0]
        client = await self.sign_in("admin@switchboard.local", once)
        answer = await client("POST", "/api/session/password", {"old": once, "new": password})
        assert answer.status_code == 200, answer.text
        return Client(client.http, answer.json())

    async def user(self, admin: Client, name: str, **more: Any) -> Client:
        """A new user, invited, activated and signed in."""
        value = {"name": name, "email": f"{name}@example.org", **more}
        made = await admin("POST", "/api/settings/users", value)
        assert made.status_code == 201, made.text
        token = made.json()["invite"]["link"].split("token=")[1]
        http = self.client()
        answer = await http.post("/api/password", json={"token": token, "password": f"password of {name}"})
        assert answer.status_code == 200, answer.text
        return Client(http, answer.json())

    async def hear(self, event: Event, *, event_id: str | None = None) -> None:
        """Let the gateway hear an event, and finish with it."""
        entry = envelope(event, cause=None, event_id=event_id or new_id(), now=datetime.now(UTC))
        await self.bus.publish(entry)
        await self.bus.settled()

    async def converse(self, conversation: ConversationSnapshot, **more: Any) -> ConversationSnapshot:
        """Routing has this conversation and says so."""
        self.neighbours.conversations[conversation.id] = conversation
        await self.hear(ConversationChanged(conversation=conversation, changes=more.pop("changes", ()), **more))
        return conversation


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The application on a port of its own: answers without an end need a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


@asynccontextmanager
async def running_gateway(
    mongo_url: str, prefix: str, *, static: Path | None = None, others: Sequence[Stored] = (), **settings: Any
) -> AsyncIterator[Running]:
    """A gateway on a database of its own; ``others`` are the settings objects that other services own."""
    registry = CollectorRegistry()
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=registry)
    bus = FakeBus("gateway", broker=FakeBroker())
    answer_settings(bus, others)
    neighbours = Neighbours()
    neighbours.stand_in(bus)
    runtime = Runtime(
        settings=CommonSettings(),
        clock=SystemClock(),
        bus=bus,
        store=store,
        metrics=registry,
        vault=Vault(["k" * 32]),
        log=structlog.get_logger("test"),
        stopping=asyncio.Event(),
    )
    pages = Pages(static) if static is not None else Pages()
    gateway = Gateway(runtime, GatewaySettings(**{"sign_ins_per_minute": 1000, **settings}), pages)
    await bus.connect()
    await gateway.start()
    try:
        yield Running(gateway, bus, neighbours, runtime.stopping, registry)
    finally:
        runtime.stopping.set()
        await gateway.stop()
        await bus.close()
        await store.close()


@dataclass
class Page:
    """A page with an open stream: what it has heard so far."""

    heard: list[tuple[str, Any]] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False

    def of(self, event: str) -> list[Any]:
        return [value for name, value in self.heard if name == event]

    def rows(self) -> list[str]:
        return [row["contact_name"] for row in self.of("row")]

    async def until(self, event: str, count: int = 1) -> Any:
        await eventually(lambda: len(self.of(event)) >= count)
        return self.of(event)[count - 1]


@asynccontextmanager
async def open_page(url: str, client: Client, query: str = "") -> AsyncIterator[Page]:
    """An open stream that has said hello."""
    page = Page()

    async def read(answer: httpx2.Response) -> None:
        event = data = ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            match name:
                case "event":
                    event = value
                case "data":
                    data = value
                case "id":
                    page.last_id = value
                case "" if event:
                    page.heard.append((event, json.loads(data)))
                    event = data = ""
                case _:
                    pass
        page.ended = True

    async with (
        httpx2.AsyncClient(cookies=dict(client.http.cookies), headers=_key(client), timeout=30) as http,
        http.stream("GET", f"{url}/api/live{query}") as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        reading = asyncio.create_task(read(answer))
        try:
            await page.until("hello")
            yield page
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def _key(client: Client) -> dict[str, str]:
    return {name: client.http.headers[name] for name in ("authorization",) if name in client.http.headers}
