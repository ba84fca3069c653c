"""Six services (routing twice), a broker and a database as processes of their own, to be killed and started again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tests.support.chaos.plan import SERVERS, SERVICES, Outage
from tests.support.dovecot import Dovecot
from tests.support.eventually import eventually
from tests.support.processes import ROOT, SECRET_KEY, Switchboard
from tests.support.servers import LocalRabbit, LocalSecantus

READY_WITHIN = 150.0
LONGEST = 3600.0
LOOK_SECONDS = 0.2
MAIL_LEASE_SECONDS = 10
"""Mail that came while ingest was dead is read when this is over: within the time that everything has to settle."""


class Server(Protocol):
    """``shared.local.LocalServer``, or one like it."""

    @property
    def pid(self) -> int | None: ...

    def spawn(self) -> None: ...

    def wait_ready(self) -> None: ...

    def kill(self) -> None: ...

    def stop(self) -> None: ...


class House:
    """Everything that runs. What the environment gives (``SWITCHBOARD_TEST_…_URL``) is used and never killed.

    ``killed`` counts kills by process; ``exited`` the times a service gave up by itself, as one does that finds
    no broker or database for a while: like any supervisor the house starts it again.
    """

    def __init__(self, directory: Path, prefix: str) -> None:
        self.prefix = prefix
        self.killed: Counter[str] = Counter()
        self.exited: Counter[str] = Counter()
        self._directory = directory
        self.mailboxes = Dovecot()
        self._rabbit = LocalRabbit(directory / "broker")
        self._secantus = LocalSecantus(directory / "database")
        self._servers: dict[str, Server] = {}
        self._services: dict[str, Switchboard] = {}
        self._down: Counter[str] = Counter()
        given = {"broker": "SWITCHBOARD_TEST_RABBIT_URL", "database": "SWITCHBOARD_TEST_MONGO_URL"}
        self._given = {name: url for name, variable in given.items() if (url := os.environ.get(variable))}
        self._environment: dict[str, str] = {}

    @property
    def killable(self) -> Sequence[str]:
        """What a plan may kill."""
        return (*SERVICES, *(name for name in SERVERS if name not in self._given))

    def open(self) -> None:
        """Start the servers; the services follow. In the main thread, which servers are tied to."""
        ours: tuple[Server, ...] = (self._rabbit, self._secantus, self.mailboxes)
        for name, server in zip(SERVERS, ours, strict=True):
            if name not in self._given:
                self._servers[name] = server
                server.spawn()
        for server in self._servers.values():
            server.wait_ready()
        self._environment = {
            "prefix": self.prefix,
            "rabbit_url": self.rabbit_url,
            "mongo_url": self.mongo_url,
            "mongo_embedded": str(self.embedded).lower(),
            "secret_key": SECRET_KEY,
            "allow_private_endpoints": "true",
            "gateway_sign_ins_per_minute": "1000",
            "ingest_mail_lease": str(MAIL_LEASE_SECONDS),
            "log_level": "info",
        }

    def start(self, names: Iterable[str]) -> None:
        """Start services and wait until they are ready; those that run already stop first, the orderly way."""
        wanted = tuple(names)
        for name in wanted:
            if name in self._services:
                assert self._services[name].stop() == 0, f"{name} did not stop well"
            else:
                self._services[name] = self._made(name)
            self._services[name].spawn()
        for name in wanted:
            self._services[name].wait_ready(READY_WITHIN)

    def close(self) -> None:
        """End everything."""
        for service in self._services.values():
            service.kill()
        for server in self._servers.values():
            server.stop()

    @property
    def rabbit_url(self) -> str:
        return self._given.get("broker") or self._rabbit.url

    @property
    def mongo_url(self) -> str:
        return self._given.get("database") or self._secantus.url

    @property
    def embedded(self) -> bool:
        """Whether the database is SecantusDB."""
        return "database" not in self._given

    def url(self, name: str) -> str:
        """Where a service answers."""
        return self._services[name].url

    def words(self) -> dict[str, str]:
        """What each service printed."""
        return {name: service.words() for name, service in self._services.items()}

    def api_key(self) -> str:
        """A key of all scopes, made with the command line."""
        ours = {f"SWITCHBOARD_{name.upper()}": value for name, value in self._environment.items()}
        made = subprocess.run(
            [sys.executable, "-m", "services.cli", "api-key", "create", "chaos"],
            cwd=ROOT,
            env={**os.environ, **ours},
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip().splitlines()[-1]

    async def suffer(self, outages: Iterable[Outage], share: Callable[[], float]) -> None:
        """Kill and start as planned, and start what gave up by itself; returns when all are ready again.

        ``share`` tells how much of the work is done.
        """
        began = time.monotonic()
        guard = asyncio.create_task(self._guard())
        try:
            async with asyncio.TaskGroup() as group:
                for outage in outages:
                    group.create_task(self._outage(outage, began, share))
            await self.ready()
        finally:
            guard.cancel()

    async def ready(self) -> None:
        """Wait until every process answers and says it is ready. TimeoutError with what fails."""
        deadline = time.monotonic() + READY_WITHIN
        while failing := await asyncio.to_thread(self._failing):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready: {failing}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _outage(self, outage: Outage, began: float, share: Callable[[], float]) -> None:
        await asyncio.sleep(max(0.0, began + outage.after - time.monotonic()))
        await eventually(lambda: share() >= outage.share, within=LONGEST)
        member = self._member(outage.name)
        await eventually(lambda: member.pid is not None, within=LONGEST)
        self._down[outage.name] += 1
        member.kill()
        self.killed[outage.name] += 1
        await asyncio.sleep(outage.down)
        self._down[outage.name] -= 1
        if not self._down[outage.name] and member.pid is None:
            member.spawn()

    async def _guard(self) -> None:
        while True:
            for name, service in self._services.items():
                if service.pid is None and not self._down[name]:
                    self.exited[name] += 1
                    service.spawn()
            await asyncio.sleep(LOOK_SECONDS)

    def _made(self, name: str) -> Switchboard:
        environment = dict(self._environment)
        if name == "gateway":
            environment["gateway_ingest_url"] = self.url("ingest")
        return Switchboard(self._directory / name.replace(" ", "-"), "serve", name.split()[0], **environment)

    def _member(self, name: str) -> Switchboard | Server:
        return self._servers[name] if name in self._servers else self._services[name]

    def _failing(self) -> dict[str, object]:
        found: dict[str, object] = {name: failing for name, s in self._services.items() if (failing := s.failing())}
        return found | {name: "no process" for name, server in self._servers.items() if server.pid is None}
