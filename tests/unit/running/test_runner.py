"""The runner: everything starts, serves and stops in order, whatever one of them meets."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import httpx2
import pytest
from pydantic import SecretStr
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.bus import Bus
from shared.local.ports import free_port
from shared.metrics import Registries
from shared.progress import Progress
from shared.runner import Runner, mounts
from shared.runtime import Build, Probe, Runtime, Service
from shared.settings import CommonSettings
from shared.startup import BadSetting, StartupError
from shared.store import Store
from tests.support.eventually import eventually


class Connected:
    """Stands for a bus or a store: healthy, and nothing else is asked of it here."""

    def healthy(self) -> str | None:
        return None


class Connections:
    """Notes in ``log`` what was opened and closed."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        self.log.append("store open")
        try:
            yield cast(Store, Connected())
        finally:
            self.log.append("store closed")

    @asynccontextmanager
    async def bus(self, service: str) -> AsyncIterator[Bus]:
        self.log.append(f"bus {service} open")
        try:
            yield cast(Bus, Connected())
        finally:
            self.log.append(f"bus {service} closed")


class Told(Progress):
    """Notes what a person would read."""

    def __init__(self) -> None:
        self.greetings: Sequence[str] | None = None

    def ready(self, greetings: Sequence[str]) -> None:
        self.greetings = greetings


class FakeService:
    """Notes its life in ``log``; fails or hangs where told."""

    def __init__(self, name: str, log: list[str], *, fails: str = "", hangs: str = "") -> None:
        self._name = name
        self.log = log
        self.fails = fails
        self.hangs = hangs
        self.failing: str | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def app(self) -> ASGIApp | None:
        return self._answer if self._name in ("ingest", "gateway") else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(self._name)(scope, receive, send)

    async def _do(self, what: str) -> None:
        if self.hangs == what:
            await asyncio.Event().wait()
        if self.fails == what:
            raise StartupError(f"{self._name} cannot {what}")
        self.log.append(f"{self._name} {what}")

    async def start(self) -> None:
        await self._do("start")

    async def stop(self) -> None:
        await self._do("stop")

    def probes(self) -> Sequence[Probe]:
        return [Probe(f"{self._name}.queue", lambda: self.failing)]

    def greeting(self) -> str | None:
        return "sign in" if self._name == "gateway" else None


class Stage:
    """A runner over fakes, on a free port."""

    def __init__(self, *names: str, **made: FakeService) -> None:
        self.log: list[str] = []
        self.services = {name: made.get(name) or FakeService(name, self.log) for name in (*names, *made)}
        for service in self.services.values():
            service.log = self.log
        self.told = Told()
        self.settings = CommonSettings(port=free_port(), secret_key=SecretStr("k" * 32), stop_within=0.2)
        self.runner = Runner(
            self.settings,
            {name: self._build(service) for name, service in self.services.items()},
            Connections(self.log),
            Registries(),
            progress=self.told,
        )

    def _build(self, service: FakeService) -> Build:
        def build(runtime: Runtime) -> Service:
            assert runtime.settings is self.settings
            return service

        return build

    async def get(self, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.settings.port}") as client:
            return await client.get(path)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Stage"]:
        task = asyncio.create_task(self.runner.run())
        await eventually(lambda: self.told.greetings is not None or task.done())
        try:
            yield self
        finally:
            self.runner.stopping.set()
            async with asyncio.timeout(10):
                await task


async def test_it_serves_both_applications_on_one_port_and_greets() -> None:
    async with Stage("ingest", "routing", "gateway").running() as stage:
        assert stage.told.greetings == ["sign in"]
        assert (await stage.get("/hooks/c1")).text == "ingest"
        assert (await stage.get("/widget/demo")).text == "ingest"
        assert (await stage.get("/api/session")).text == "gateway"
        assert (await stage.get("/readyz")).status_code == 200
        stage.services["routing"].failing = "stuck"
        assert (await stage.get("/readyz")).json()["failing"] == {"routing.queue": "stuck"}


async def test_stop_goes_back_in_order_services_before_their_connections() -> None:
    async with Stage("routing", "sla").running() as stage:
        pass
    assert sorted(stage.log[:3]) == ["bus routing open", "bus sla open", "store open"]
    assert sorted(stage.log[-5:-3]) == ["routing stop", "sla stop"]
    assert stage.log[-3:] == ["bus sla closed", "bus routing closed", "store closed"]


async def test_a_service_that_does_not_stop_keeps_nobody_waiting() -> None:
    hanging = FakeService("sla", [], hangs="stop")
    async with Stage("routing", sla=hanging).running() as stage:
        pass
    assert "routing stop" in stage.log
    assert stage.log[-1] == "store closed"


async def test_a_start_that_fails_says_why_and_stops_the_rest() -> None:
    stage = Stage("routing", sla=FakeService("sla", [], fails="start"))
    with pytest.raises(StartupError, match="sla cannot start"):
        await stage.runner.run()
    assert "routing stop" in stage.log
    assert stage.log[-1] == "store closed"


async def test_without_a_secret_key_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    runner = Runner(CommonSettings(port=free_port()), {}, Connections(log), Registries())
    with pytest.raises(BadSetting):
        await runner.run()
    assert log == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it_even_while_it_starts(number: signal.Signals) -> None:
    stage = Stage("routing", sla=FakeService("sla", [], hangs="start"))
    task = asyncio.create_task(stage.runner.run())
    await eventually(lambda: "routing start" in stage.log)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(10):
        await task
    assert stage.log[-1] == "store closed"


def test_a_lone_application_has_every_path() -> None:
    ingest, gateway = FakeService("ingest", []), FakeService("gateway", [])
    assert list(mounts([ingest])) == [""]
    assert sorted(mounts([ingest, gateway])) == ["", "/hooks", "/widget"]
    assert mounts([FakeService("sla", [])]) == {}
