"""Everything that was said on the bus, kept by a queue of our own beside those of the services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import aio_pika
from aio_pika import ExchangeType
from aio_pika.abc import AbstractIncomingMessage

from shared.bus.topology import TIERS, Names, Topology
from shared.bus.wire import read_meta
from shared.contracts.base import Event, Meta

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Heard:
    """One event as said: metadata and body."""

    meta: Meta
    body: bytes

    def read(self, kind: type[E]) -> E:
        """The event, of this kind."""
        return kind.model_validate_json(self.body)


@dataclass
class Record:
    """``events`` by id, each once, in the order first heard; ``repeats`` counts deliveries beyond the first."""

    events: dict[str, Heard] = field(default_factory=dict)
    repeats: int = 0

    def of(self, type: str) -> list[Heard]:
        """Those of one type."""
        return [heard for heard in self.events.values() if heard.meta.type == type]


class Recorder:
    """A durable queue that hears every event from before the first service starts."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._names = Names(prefix)
        self._queue = f"{prefix}.recorder"

    async def begin(self) -> None:
        """Declare and bind it."""
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            await channel.declare_exchange(self._names.events, ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(self._queue, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(self._names.events, routing_key="#")

    async def read(self, record: Record) -> None:
        """Add what lies there now (something is always being said: the dispatcher's looks)."""
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=500)
            queue = await channel.declare_queue(self._queue, passive=True)
            heard: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
            tag = await queue.consume(heard.put)
            for _ in range(queue.declaration_result.message_count or 0):
                message = await heard.get()
                meta = read_meta(message)
                record.repeats += meta.event_id in record.events
                record.events.setdefault(meta.event_id, Heard(meta, message.body))
                await message.ack()
            await queue.cancel(tag)

    async def depths(self) -> Mapping[str, int]:
        """Messages ready in each queue of the services, the retry tiers and the dead letters; only those not empty."""
        wanted = [*self._names.event_queues(Topology()), *map(self._names.retry, TIERS), self._names.dead]
        found: dict[str, int] = {}
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            for name in wanted:
                queue = await channel.declare_queue(name, passive=True)
                if count := queue.declaration_result.message_count or 0:
                    found[name.removeprefix(f"{self._names.prefix}.")] = count
        return found
