"""Runs services in one process: listen, connect, build, start; and the same way back, in order."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from typing import Any, Protocol, TypeVar

import structlog
from starlette.types import ASGIApp

from shared.bus import Bus
from shared.clock import Clock, SystemClock
from shared.health import Health, Probe
from shared.metrics import Registries
from shared.progress import Progress
from shared.runtime import Build, Runtime, Service
from shared.secrets import Vault
from shared.serving import Listener, Site
from shared.settings import CommonSettings
from shared.store import Store

T = TypeVar("T")

log = structlog.get_logger(__name__)

HTTP_DRAIN_SECONDS = 5.0
INGEST_PATHS = ("/hooks", "/widget")
"""What networks and visitors call. In one process they go to ingest; the gateway's application has the rest."""


class Connects(Protocol):
    """Gives connected parts, closed when their contexts end (``shared.connections``)."""

    def store(self) -> AbstractAsyncContextManager[Store]: ...

    def bus(self, service: str) -> AbstractAsyncContextManager[Bus]: ...


class Runner:
    """One process. ``run`` returns after SIGINT, SIGTERM or ``stopping``, having stopped everything in order.

    Stop: not ready; no new requests, those under way end; consumers stop and finish, outboxes empty; the
    connections close. A second SIGINT ends the process at once.
    """

    def __init__(
        self,
        settings: CommonSettings,
        builds: Mapping[str, Build],
        connections: Connects,
        registries: Registries,
        *,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings
        self.builds = builds
        self.connections = connections
        self.registries = registries
        self.clock = clock or SystemClock()
        self.progress = progress or Progress()
        self.health = Health(registries)
        self.stopping = asyncio.Event()
        self._main: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until told to stop. StartupError when that cannot begin."""
        self._main = asyncio.current_task()
        with self._signals():
            try:
                async with AsyncExitStack() as stack:
                    await self._serve(stack)
            except asyncio.CancelledError:
                if not self.stopping.is_set():
                    raise
        log.info("process.stopped")

    async def _serve(self, stack: AsyncExitStack) -> None:
        vault = Vault(self.settings.secret_keys())
        site, listener = self._listen(stack)
        services = await self._build(stack, vault)
        stack.push_async_callback(self._stop, services)
        await self._start(services)
        site.mount(mounts(services))
        self.health.phase = None
        log.info("process.ready", services=list(self.builds), port=listener.port)
        self.progress.ready([words for service in services if (words := service.greeting())])
        await self.stopping.wait()
        self.health.phase = "stopping"
        log.info("process.stopping")
        await listener.stop()

    def _listen(self, stack: AsyncExitStack) -> tuple[Site, Listener]:
        """Open the ports first: a taken one is noticed at once, and liveness answers while the rest starts."""
        ops_port = self.settings.ops_port
        if ops_port is not None:
            ops = Listener(Site(self.health), self.settings, ops_port, drain=1)
            stack.push_async_callback(ops.stop)
            ops.start()
        site = Site(self.health, tells=ops_port is None)
        listener = Listener(site, self.settings, self.settings.port, drain=HTTP_DRAIN_SECONDS)
        stack.push_async_callback(listener.stop)
        listener.start()
        return site, listener

    async def _build(self, stack: AsyncExitStack, vault: Vault) -> list[Service]:
        store = await stack.enter_async_context(self.connections.store())
        self.progress.step("database connected")
        connected = await _together(stack.enter_async_context(self.connections.bus(name)) for name in self.builds)
        buses = dict(zip(self.builds, connected, strict=True))
        self.progress.step("broker connected, queues declared")
        services = [build(self._runtime(name, buses[name], store, vault)) for name, build in self.builds.items()]
        self.health.probes = [
            Probe("database", store.healthy),
            *(Probe(f"broker.{name}", bus.healthy) for name, bus in buses.items()),
            *(probe for service in services for probe in service.probes()),
        ]
        return services

    def _runtime(self, name: str, bus: Bus, store: Store, vault: Vault) -> Runtime:
        return Runtime(
            settings=self.settings,
            clock=self.clock,
            bus=bus,
            store=store,
            metrics=self.registries.of(name),
            vault=vault,
            log=structlog.get_logger(name).bind(service=name),
            stopping=self.stopping,
        )

    async def _start(self, services: Sequence[Service]) -> None:
        """Start all at once: none may need another to be up. The first that fails ends the start."""
        await _together(self._start_one(service) for service in services)

    async def _start_one(self, service: Service) -> None:
        await service.start()
        self.progress.step(f"{service.name} started")

    async def _stop(self, services: Sequence[Service]) -> None:
        """Stop all at once, each within the bound; what one meets does not keep the others from ending well."""
        self.stopping.set()
        await asyncio.gather(*(self._stop_one(service) for service in services))

    async def _stop_one(self, service: Service) -> None:
        try:
            async with asyncio.timeout(self.settings.stop_within):
                await service.stop()
        except TimeoutError:
            log.error("service.stop_late", service=service.name, seconds=self.settings.stop_within)
        except Exception as error:
            log.error("service.stop_failed", service=service.name, exc_info=error)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _on_signal(self, number: signal.Signals) -> None:
        if self.stopping.is_set():
            if number == signal.SIGINT:
                os._exit(130)  # asked twice; children are tied to us
            return
        self.stopping.set()
        if self.health.phase == "starting" and self._main is not None:
            self._main.cancel()


async def _together(all_of: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Their results. The first that fails cancels the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in all_of]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def mounts(services: Sequence[Service]) -> dict[str, ASGIApp]:
    """Which application has which paths: all of them when there is one, else hooks and widget are ingest's."""
    apps = {service.name: app for service in services if (app := service.app) is not None}
    if len(apps) == 1:
        return {"": next(iter(apps.values()))}
    found: dict[str, ASGIApp] = {}
    if "ingest" in apps:
        found |= dict.fromkeys(INGEST_PATHS, apps["ingest"])
    if "gateway" in apps:
        found[""] = apps["gateway"]
    return found
