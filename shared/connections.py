"""Connects a process to its store and its broker, and says in one line why it cannot."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from shared.bus import Bus
from shared.bus.decoding import Decoding
from shared.clock import Clock
from shared.metrics import Registries
from shared.settings import CommonSettings
from shared.startup import BadSetting, StartupError
from shared.store import Store

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.25
DECLARE_SECONDS = 75.0
"""At the very first start a slow broker takes its time to make a hundred quorum queues."""
T = TypeVar("T")

PORTS = {"amqp": 5672, "amqps": 5671, "mongodb": 27017}


class Connections:
    """The real store and the real broker of one process."""

    def __init__(self, settings: CommonSettings, clock: Clock, registries: Registries) -> None:
        self._settings = settings
        self._clock = clock
        self._registries = registries
        self._decoding = Decoding()

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """The store, answering. StartupError when it does not within ``connect_within`` seconds."""
        settings = self._settings
        url = _given(settings.mongo_url, "SWITCHBOARD_MONGO_URL")
        await _dial(url, "MongoDB", "SWITCHBOARD_MONGO_URL", settings.connect_within)
        connecting = Store.connect(
            url, settings.prefix, embedded=settings.mongo_embedded, metrics=self._registries.process
        )
        store = await _connected(connecting, url, "MongoDB", "SWITCHBOARD_MONGO_URL", settings.connect_within)
        try:
            yield store
        finally:
            await store.close()

    @asynccontextmanager
    async def bus(self, service: str) -> AsyncIterator[Bus]:
        """This service's bus, connected. StartupError when the broker gives no answer in time."""
        settings = self._settings
        url = _given(settings.rabbit_url, "SWITCHBOARD_RABBIT_URL")
        await _dial(url, "RabbitMQ", "SWITCHBOARD_RABBIT_URL", settings.connect_within)
        bus = Bus(
            url,
            settings.prefix,
            service=service,
            metrics=self._registries.of(service),
            clock=self._clock,
            prefetch=settings.prefetch,
            decoding=self._decoding,
        )
        try:
            await _connected(bus.connect(), url, "RabbitMQ", "SWITCHBOARD_RABBIT_URL", DECLARE_SECONDS)
            yield bus
        finally:
            await bus.close()


def _given(url: str | None, variable: str) -> str:
    if url is None:
        raise BadSetting(f"{variable} is not set: name the server, or use `switchboard up`, which starts one")
    return url


def place(url: str) -> str:
    """Host and port of a URL, without the credentials in it."""
    return urlsplit(url).netloc.rpartition("@")[2]


async def _dial(url: str, name: str, variable: str, within: float) -> None:
    """Wait until the server's port is open. Lists of hosts and SRV names are left to the driver."""
    parts = urlsplit(url)
    where = place(url)
    if parts.scheme == "mongodb+srv" or "," in where:
        return
    host, port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
    deadline = time.monotonic() + within
    told = False
    while True:
        try:
            async with asyncio.timeout(max(0.1, deadline - time.monotonic())):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise StartupError(f"{name} at {where} {_why(error)}: start it, or correct {variable}") from None
            if not told:
                log.warning("connect.waiting", server=name, at=where, seconds=within)
                told = True
        await asyncio.sleep(RETRY_SECONDS)


def _why(error: OSError) -> str:
    match error:
        case ConnectionRefusedError():
            return "refuses connections"
        case TimeoutError():
            return "gives no answer"
        case _:
            return f"cannot be reached ({error.strerror or error})"


async def _connected(connecting: Awaitable[T], url: str, name: str, variable: str, within: float) -> T:
    """What a driver says about a server that listens but does not let us in, as one line."""
    try:
        async with asyncio.timeout(within):
            return await connecting
    except StartupError:
        raise
    except TimeoutError:
        raise StartupError(f"{name} at {place(url)} gives no answer: see its log, or correct {variable}") from None
    except Exception as error:  # the drivers' errors have no common base, and each of them ends the start
        log.debug("connect.failed", server=name, exc_info=error)
        said = " ".join(str(error).split()) or type(error).__name__
        raise StartupError(f"{name} at {place(url)} does not let us in ({said[:200]}): check {variable}") from error
