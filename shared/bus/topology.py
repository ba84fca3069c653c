"""Exchanges and queues: their names, their arguments, and declaring them. Every process declares all of them.

Queue arguments cannot change once a queue exists. What an operator may want to change belongs into policies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel

from shared.contracts import topology as contracts

DELIVERY_LIMIT: Final = 20
"""Deliveries of one message that end without an answer (a process died, a connection broke) before it is parked."""

WITHOUT_LIMIT: Final = 2**31 - 1
"""Listing dead letters puts them back; RabbitMQ 4 would drop them at the 20th time, 3.10 knows no ``-1``."""

LIVE_BACKLOG: Final = 10_000
"""Transient messages kept for a process that is slow to take them; the oldest are dropped beyond."""

TIERS: Final[Mapping[str, int]] = {"1s": 1_000, "10s": 10_000, "60s": 60_000}
"""Retry tiers by name, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Who hears what, for a broker. The contracts' own unless a test brings another."""

    heard_by: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: contracts.HEARD_BY)
    single_active: frozenset[str] = contracts.SINGLE_ACTIVE
    services: tuple[str, ...] = contracts.SERVICES
    only_about: Mapping[tuple[str, str], str] = field(default_factory=lambda: contracts.ONLY_ABOUT)

    def hearers(self, event_type: str, about: Sequence[str]) -> tuple[str, ...]:
        """The services that an event of this type, about this, goes to."""
        wanted = {service: self.only_about.get((event_type, service)) for service in self.heard_by.get(event_type, ())}
        return tuple(service for service, word in wanted.items() if word is None or word in about)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of everything on the broker, all beginning with ``prefix``."""

    prefix: str

    @property
    def events(self) -> str:
        return f"{self.prefix}.events"

    @property
    def live(self) -> str:
        return f"{self.prefix}.live"

    @property
    def dead(self) -> str:
        """Both the exchange and the queue of dead letters."""
        return f"{self.prefix}.dead"

    def retry(self, tier: str) -> str:
        """Both the exchange and the queue of a retry tier."""
        return f"{self.prefix}.retry.{tier}"

    def queue(self, service: str, event_type: str) -> str:
        return f"{self.prefix}.{service}.{event_type.removesuffix('.v1')}"

    def rpc(self, service: str) -> str:
        return f"{self.prefix}.{service}.rpc"

    def live_queue(self, service: str, process: str) -> str:
        return f"{self.prefix}.{service}.live.{process}"

    def event_queues(self, topology: Topology) -> dict[str, tuple[str, str]]:
        """Queue name → event type and the pattern of the routing keys that lead there."""
        return {
            self.queue(service, event_type): (
                event_type,
                _pattern(event_type, topology.only_about.get((event_type, service))),
            )
            for event_type, services in topology.heard_by.items()
            for service in services
        }


async def declare(channel: AbstractChannel, names: Names, topology: Topology) -> None:
    """Declare everything; what exists stays. ``ChannelPreconditionFailed`` where something exists otherwise."""
    await channel.declare_exchange(names.events, ExchangeType.TOPIC, durable=True)
    await channel.declare_exchange(names.live, ExchangeType.FANOUT, durable=True)
    for name in (names.dead, *map(names.retry, TIERS)):
        await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
    await _declare_bound(channel, names.dead, {"x-delivery-limit": WITHOUT_LIMIT})
    for tier, milliseconds in TIERS.items():
        # Back to the queue the routing key names, through the default exchange, and to that queue alone.
        back: dict[str, str | int] = {"x-message-ttl": milliseconds, **_at_least_once(exchange="")}
        await _declare_bound(channel, names.retry(tier), back)
    for name, (event_type, pattern) in names.event_queues(topology).items():
        arguments: dict[str, str | int | bool] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-routing-key": name,
            **_at_least_once(exchange=names.dead),
        }
        if event_type in topology.single_active:
            arguments["x-single-active-consumer"] = True
        queue = await channel.declare_queue(name, durable=True, arguments=dict(arguments))
        await queue.bind(names.events, routing_key=pattern)
    for service in topology.services:
        await channel.declare_queue(names.rpc(service), durable=True, arguments={"x-queue-type": "classic"})


async def declare_live(channel: AbstractChannel, names: Names, queue_name: str) -> None:
    """This process's own queue of the live fanout, gone with its connection."""
    queue = await channel.declare_queue(
        queue_name, exclusive=True, auto_delete=True, arguments={"x-max-length": LIVE_BACKLOG}
    )
    await queue.bind(names.live)


async def delete(channel: AbstractChannel, names: Names, topology: Topology) -> None:
    """Remove everything and what is in it (tests)."""
    for name in (*names.event_queues(topology), *map(names.rpc, topology.services)):
        await channel.queue_delete(name)
    for name in (names.dead, *map(names.retry, TIERS)):
        await channel.queue_delete(name)
    for name in (names.events, names.live, names.dead, *map(names.retry, TIERS)):
        await channel.exchange_delete(name)


def routing_key(event_type: str, about: Sequence[str]) -> str:
    """What an event is published with."""
    return ".".join((event_type, *about))


def _pattern(event_type: str, word: str | None) -> str:
    return f"{event_type}.#" if word is None else f"{event_type}.#.{word}.#"


def _at_least_once(*, exchange: str) -> dict[str, str]:
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # at-least-once asks for it; no queue here has a length to overflow
    }


async def _declare_bound(channel: AbstractChannel, name: str, arguments: Mapping[str, str | int]) -> None:
    queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})
    await queue.bind(name)
