"""Where services run in tests: a real store, and a bus in memory or on a real broker with only the queues needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import aio_pika
import structlog
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from shared.bus import Bus, answers, envelope
from shared.bus.dead_letters import dead_letters
from shared.bus.topology import Names, Topology, delete
from shared.clock import Clock, SystemClock
from shared.contracts import topology as contracts
from shared.contracts.base import Event, Meta
from shared.contracts.resources import CompareResources, Revisions
from shared.contracts.settings import RESOURCES
from shared.ids import new_id
from shared.resources.book import revision_of
from shared.runtime import Build, Runtime, Service
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Database, Store
from tests.support.bus import FakeBroker, FakeBus

B = TypeVar("B", bound=Bus)
KEY = "a key for tests, of thirty-two characters"


def only(*events: type[Event], services: Iterable[str] = contracts.SERVICES, all_of: str | None = None) -> Topology:
    """The contracts' topology, cut down to these events and services: queues take a while to declare.

    ``all_of``: and everything that this service hears.
    """
    kept = tuple(services)
    wanted = {event.type for event in events} | {type for type, by in contracts.HEARD_BY.items() if all_of in by}
    heard = {
        type: tuple(name for name in by if name in kept) for type, by in contracts.HEARD_BY.items() if type in wanted
    }
    return Topology(heard_by=heard, services=kept)


@dataclass
class Premises:
    """Starts services and hands out buses; everything ends with it. Without a broker the bus is in memory."""

    store: Store
    prefix: str
    topology: Topology
    rabbit_url: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    vault: Vault = field(default_factory=lambda: Vault([KEY]))
    broker: FakeBroker | None = None
    private: bool = False
    exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def bus(self, service: str, url: str | None = None) -> Bus:
        """A connected bus of a service; ``url`` leads to the broker by another way."""
        if self.rabbit_url is None:
            self.broker = self.broker or FakeBroker(self.topology)
            bus: Bus = FakeBus(service, broker=self.broker)
        else:
            bus = Bus(
                url or self.rabbit_url,
                self.prefix,
                service=service,
                metrics=CollectorRegistry(),
                clock=self.clock,
                topology=self.topology,
            )
        self.exits.push_async_callback(bus.close)
        await bus.connect()
        return bus

    def database(self, service: str) -> Database:
        return self.store.database(service)

    def runtime(self, bus: Bus) -> Runtime:
        """What ``build`` is given."""
        return Runtime(
            settings=CommonSettings(
                prefix=self.prefix, secret_key=SecretStr(KEY), allow_private_endpoints=self.private
            ),
            clock=self.clock,
            bus=bus,
            store=self.store,
            metrics=CollectorRegistry(),
            vault=self.vault,
            log=structlog.get_logger("test"),
            stopping=asyncio.Event(),
        )

    async def open(self, name: str, build: Build) -> Service:
        """A service on its own bus, started; stopped at the end (or by the test: stopping twice is fine)."""
        service = build(self.runtime(await self.bus(name)))
        self.exits.push_async_callback(service.stop)
        await service.start()
        return service

    async def owns_nothing(self, name: str) -> Bus:
        """A stand-in for a service that others copy settings from; it has none. More rows may be added."""
        bus = await self.bus(name)

        async def compare(_command: CompareResources, _meta: Meta) -> Revisions:
            return Revisions(revisions={model.kind: revision_of(()) for model in RESOURCES if model.owner == name})

        await bus.start([answers(CompareResources, compare)])
        return bus

    async def say(self, bus: Bus, event: Event, *, event_id: str | None = None, by_rule: str | None = None) -> str:
        """Publish an event as its owner would; its id."""
        id = event_id or new_id()
        await bus.publish(envelope(event, cause=None, event_id=id, now=self.clock.now(), by_rule=by_rule))
        return id

    async def dead(self) -> list[str]:
        """Causes of what could not be handled."""
        if self.rabbit_url is None:
            return [] if self.broker is None else [letter.park.causes[0] for letter in self.broker.dead]
        async with dead_letters(self.rabbit_url, self.prefix) as letters:
            return [letter.causes[0] for letter in await letters.list()]


@asynccontextmanager
async def premises(
    mongo_url: str,
    prefix: str,
    topology: Topology,
    *,
    rabbit_url: str | None = None,
    clock: Clock | None = None,
    private: bool = False,
) -> AsyncIterator[Premises]:
    """Premises for one test; what it made on the broker is gone afterwards. ``private``: endpoints may be here."""
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    place = Premises(store, prefix, topology, rabbit_url, clock or SystemClock(), private=private)
    try:
        async with place.exits:
            yield place
    finally:
        await store.close()
        if rabbit_url is not None:
            connection = await aio_pika.connect(rabbit_url)
            async with connection:
                await delete(await connection.channel(), Names(prefix), topology)
