"""Places where services meet on a bus: a real broker, or memory. The bus's contract suite runs in both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import aio_pika
from prometheus_client import CollectorRegistry

from shared.bus import Bus
from shared.bus.dead_letters import dead_letters
from shared.bus.topology import Names, Topology, delete
from shared.clock import SystemClock
from tests.support.bells import BELLS
from tests.support.bus import FakeBroker, FakeBus


class Town(Protocol):
    """Makes connected buses, and shows what died."""

    async def bus(self, service: str) -> Bus: ...

    async def dead(self) -> list[tuple[str, str]]:
        """(event id, reason) of each dead letter."""
        ...

    async def replay(self) -> None: ...


@dataclass
class FakeTown:
    """In memory."""

    broker: FakeBroker = field(default_factory=lambda: FakeBroker(BELLS))

    async def bus(self, service: str) -> Bus:
        bus = FakeBus(service, broker=self.broker)
        await bus.connect()
        return bus

    async def dead(self) -> list[tuple[str, str]]:
        return [(letter.delivery.entry.meta.event_id, letter.park.reason) for letter in self.broker.dead]

    async def replay(self) -> None:
        self.broker.replay()


@dataclass
class RealTown:
    """On a broker, under a prefix of its own."""

    url: str
    prefix: str
    topology: Topology = BELLS
    buses: list[Bus] = field(default_factory=list)

    def new_bus(self, service: str, url: str | None = None, prefetch: int = 50) -> Bus:
        """A bus that is not connected yet; closed with the town."""
        bus = Bus(
            url or self.url,
            self.prefix,
            service=service,
            metrics=CollectorRegistry(),
            clock=SystemClock(),
            topology=self.topology,
            prefetch=prefetch,
        )
        self.buses.append(bus)
        return bus

    async def bus(self, service: str) -> Bus:
        bus = self.new_bus(service)
        await bus.connect()
        return bus

    async def dead(self) -> list[tuple[str, str]]:
        async with dead_letters(self.url, self.prefix) as letters:
            return [(letter.event_id, letter.reason) for letter in await letters.list()]

    async def replay(self) -> None:
        async with dead_letters(self.url, self.prefix) as letters:
            await letters.replay()


@asynccontextmanager
async def real_town(url: str, prefix: str, topology: Topology = BELLS) -> AsyncIterator[RealTown]:
    """A town whose buses are closed and whose queues are gone afterwards."""
    town = RealTown(url, prefix, topology)
    try:
        yield town
    finally:
        for bus in town.buses:
            await bus.close()
        connection = await aio_pika.connect(url)
        async with connection:
            await delete(await connection.channel(), Names(prefix), topology)
