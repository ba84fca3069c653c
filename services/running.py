"""Runs services for the command line: all in one process with local servers, or one of them."""

import asyncio
import gc
import importlib
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from shared.contracts.topology import SERVICES
from shared.listening import bind
from shared.local.servers import local_servers
from shared.logs import configure_logs
from shared.progress import Progress
from shared.settings import CommonSettings
from shared.startup import BadSetting

if TYPE_CHECKING:
    from shared.runtime import Build


class Greeting(Progress):
    """Says only how to sign in."""

    def ready(self, greetings: Sequence[str]) -> None:
        for greeting in greetings:
            print(greeting, flush=True)  # noqa: T201 - shown once, and never a log line


class Terminal(Progress):
    """Progress for a person: one line a stage, with the seconds since the command began."""

    def __init__(self, console: Console, settings: CommonSettings, began: float) -> None:
        self._console = console
        self._settings = settings
        self._began = began

    def step(self, done: str) -> None:
        self._console.print(f"  {time.monotonic() - self._began:5.1f} s  {done}", style="dim")

    def ready(self, greetings: Sequence[str]) -> None:
        self._console.print(f"\nSwitchboard is ready at {self._settings.public_url}", style="bold green")
        for greeting in greetings:
            self._console.print(greeting)
        kept = self._settings.state_dir.resolve()
        self._console.print(f"State is kept in {kept}. Ctrl-C stops everything.", style="dim")


def up(settings: CommonSettings) -> None:
    """All six services in this process, with a local broker and database where no URL is given."""
    began = time.monotonic()
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "warning"})  # the progress lines are for the person
    configure_logs(settings.log_level, settings.log_format)
    console = Console(highlight=False, soft_wrap=True)
    progress = Terminal(console, settings, began)
    console.print("Switchboard is starting")
    bind(settings.host, settings.port).close()  # a taken port is told before anything is started
    with _sigterm_unwinds(), local_servers(settings) as (completed, servers):
        builds = {name: find_build(name) for name in SERVICES}  # while the servers come up
        progress.step("services loaded")
        for server in servers:
            server.wait_ready()
            progress.step(f"{server.name} answers on port {server.port}")
        run(completed, builds, progress)
        console.print("Stopping", style="dim")


def serve(settings: CommonSettings, service: str) -> None:
    """One service, on servers that the settings name."""
    if service not in SERVICES:
        raise BadSetting(f"there is no service named {service}: take one of {', '.join(SERVICES)}")
    configure_logs(settings.log_level, settings.log_format)
    settings.secret_keys()  # refuse before anything is imported or opened
    with _sigterm_unwinds():
        run(settings, {service: find_build(service)}, Greeting())


def run(settings: CommonSettings, builds: dict[str, "Build"], progress: Progress | None = None) -> None:
    """Run these services on a new event loop until they are told to stop."""
    import uvloop

    from shared.clock import SystemClock
    from shared.connections import Connections
    from shared.metrics import Registries
    from shared.runner import Runner

    async def main() -> None:
        clock, registries = SystemClock(), Registries()
        connections = Connections(settings, clock, registries)
        await Runner(settings, builds, connections, registries, clock=clock, progress=progress).run()

    collect_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def collect_rarely() -> None:
    """Spare the garbage collector what is there for good, and most of its rounds.

    A message makes thousands of objects and few cycles: at Python's own thresholds an eighth of the processor time
    went to looking for them. At these a few megabytes more wait for a round.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def find_build(service: str) -> "Build":
    """``build`` of this service's ``main.py``, imported now."""
    build: Build = importlib.import_module(f"services.{service}.main").build
    return build


@contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """Outside the event loop SIGTERM raises, so that what was started is stopped on the way out."""

    def unwind(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
