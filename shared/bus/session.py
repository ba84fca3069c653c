"""One connection to the broker, from opening to loss. What is lost is opened anew: there is no other recovery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aio_pika import Channel, Message, RobustConnection
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractRobustConnection
from faststream.message import StreamMessage
from faststream.middlewares import AckPolicy
from faststream.rabbit import Channel as ConsumerChannel
from faststream.rabbit import RabbitBroker, RabbitQueue

from shared.bus import topology as broker_topology
from shared.bus.address import with_defaults
from shared.bus.publisher import LOST, Publisher
from shared.bus.rpc import Asking
from shared.bus.topology import Names, Topology
from shared.bus.work import breaking

OPEN_WITHIN: Final = 60.0
"""Seconds for declaring; creating a hundred quorum queues takes a slow broker a while."""

CONNECT_WITHIN: Final = 5.0
ANSWER_WITHIN: Final = 5.0
SEND_WITHIN: Final = 1.0
HEARTBEAT: Final = "15"
LOOK_EVERY: Final = 1.0
"""Seconds between looks at what this process knows of its consumers (no round trip)."""

ASK_BROKER_EVERY: Final = 15
"""Looks between questions to the broker whether each queue is there and has a consumer."""

BLOCKED_AFTER: Final = 0.05
"""Seconds that a connection takes to say it may be written to, unless the broker has blocked it."""

NEVER: Final = 1e8
"""aio-pika's own recovery is put to sleep: it knows one connection's objects, not what the topology should be."""

Handle = Callable[[AbstractIncomingMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A queue, what to do with its deliveries, and how many at once. ``transient`` ones are not acknowledged."""

    queue: str
    take: Callable[[AbstractIncomingMessage], None]
    prefetch: int
    transient: bool = False


class Session:
    """A connection with its channels. ``lost`` says why it is of no use any more."""

    def __init__(self, broker: RabbitBroker, connection: AbstractRobustConnection, names: Names, topology: Topology):
        self._broker = broker
        self._connection = connection
        self._names = names
        self._topology = topology
        self._consumers: dict[str, ConsumerChannel] = {}
        self._stopped: dict[str, ConsumerChannel] = {}
        self._amiss = asyncio.Event()
        self.blocked = False
        """The broker takes nothing more from us for now: it is out of memory or disk."""
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        connection.close_callbacks.add(self._on_closed)

    @classmethod
    async def open(cls, url: str, names: Names, topology: Topology, service: str) -> Session:
        """Connect, declare everything, be ready to publish and ask. Raises what the client raises."""
        broker = _Broker(
            with_defaults(url, heartbeat=HEARTBEAT, name=service),
            timeout=CONNECT_WITHIN,
            reconnect_interval=NEVER,
            logger=None,
            apply_types=False,
        )
        with breaking():
            session = cls(broker, await _connected(broker), names, topology)
            try:
                async with asyncio.timeout(OPEN_WITHIN):
                    await session._open_channels(service)
            except BaseException:
                await session.close()
                raise
        return session

    async def _open_channels(self, service: str) -> None:
        await self.declare()
        publishing = await self._channel(confirms=True)
        asking = await self._channel(confirms=True)
        self._transient = await self._channel(confirms=False)
        self._looking = await self._channel(confirms=False)
        self.publisher = Publisher(publishing, self._amiss.set)
        self.asking = Asking(asking, Publisher(asking, self._amiss.set), service)
        await self.asking.open()

    async def declare(self) -> None:
        """Declare the whole topology, on a channel that may break without harm."""
        channel = Channel(self._connection)
        await channel.initialize()
        try:
            await broker_topology.declare(channel, self._names, self._topology)
        finally:
            await channel.close()

    async def consume(self, subscriptions: list[Subscription]) -> None:
        """Start consuming. Each queue has a channel of its own: an error on one closes no other."""
        for subscription in subscriptions:
            if subscription.transient:
                await broker_topology.declare_live(self._looking, self._names, subscription.queue)
            channel = ConsumerChannel(prefetch_count=subscription.prefetch, publisher_confirms=False)
            subscriber = self._broker.subscriber(
                RabbitQueue(subscription.queue, declare=False),
                channel=channel,
                ack_policy=AckPolicy.ACK_FIRST if subscription.transient else AckPolicy.MANUAL,
                no_reply=True,
                decoder=_untouched,
            )
            subscriber(_taking(subscription.take))
            await subscriber.start()
            self._consumers[subscription.queue] = channel

    async def send(self, exchange: str, routing_key: str, message: Message) -> None:
        """Publish without a confirmation, for what may be lost. Raises what the client raises."""
        async with asyncio.timeout(SEND_WITHIN):
            channel = await self._transient.get_underlay_channel()
            await channel.basic_publish(
                message.body, exchange=exchange, routing_key=routing_key, properties=message.properties
            )

    async def watch(self) -> str:
        """Look after the topology and our consumers until the session is lost; why it is."""
        looks = 0
        while True:
            await asyncio.wait((self.lost,), timeout=LOOK_EVERY)
            if self.lost.done():
                return self.lost.result()
            looks += 1
            self.blocked = await self._is_blocked()
            if self.blocked:
                continue  # nothing is read or written: asking would look like a loss
            try:
                with breaking():
                    missing = await self._missing(ask_broker=looks % ASK_BROKER_EVERY == 0)
                    if self._amiss.is_set() and missing is None:
                        self._amiss.clear()
                        async with asyncio.timeout(OPEN_WITHIN):
                            await self.declare()
            except LOST as error:
                missing = f"the broker does not answer ({type(error).__name__})"
            if missing is not None:
                return missing

    async def stop_consuming(self) -> None:
        """Cancel every consumer. What was delivered before is in hand; the rest stays in its queue."""
        self._stopped, self._consumers = self._consumers, {}  # not missed by the watch
        with suppress(*LOST), breaking():
            async with asyncio.timeout(ANSWER_WITHIN):
                for spec in self._stopped.values():
                    channel = await self._underlay(spec)
                    for tag in list(channel.consumers):
                        await channel.basic_cancel(tag)

    async def release(self) -> None:
        """Close the consumers' channels: what is unacknowledged goes back to its queue."""
        with suppress(*LOST), breaking():
            async with asyncio.timeout(ANSWER_WITHIN):
                for spec in self._stopped.values():
                    await (await self._broker.config.channel_manager.get_channel(spec)).close()

    async def close(self) -> None:
        """Leave. Never raises, never takes long."""
        if not self.lost.done():
            self.lost.set_result("closed")
        if hasattr(self, "asking"):
            self.asking.fail()
        await _closed(self._connection)

    async def _is_blocked(self) -> bool:
        transport = self._connection.transport
        if transport is None:
            return False
        ready = asyncio.ensure_future(transport.ready())
        await asyncio.wait((ready,), timeout=BLOCKED_AFTER)
        return not ready.done() and ready.cancel()

    async def _missing(self, *, ask_broker: bool) -> str | None:
        async with asyncio.timeout(ANSWER_WITHIN):
            for queue, spec in self._consumers.items():
                channel = await self._underlay(spec)
                if channel.is_closed or not channel.consumers:
                    return f"our consumer of {queue} is gone"
                if ask_broker:
                    found = await self._looking.declare_queue(queue, passive=True)
                    if not found.declaration_result.consumer_count:
                        return f"the broker knows no consumer of {queue}"
        return None

    async def _underlay(self, spec: ConsumerChannel) -> Any:
        channel = await self._broker.config.channel_manager.get_channel(spec)
        return await channel.get_underlay_channel()

    async def _channel(self, *, confirms: bool) -> AbstractChannel:
        channel = Channel(self._connection, publisher_confirms=confirms, on_return_raises=confirms)
        await channel.initialize(timeout=ANSWER_WITHIN)
        channel.close_callbacks.add(self._on_closed)
        return channel

    def _on_closed(self, _: object, error: BaseException | None) -> None:
        if not self.lost.done():
            reason = type(error).__name__ if error is not None else "closed"
            self.lost.set_result(f"the connection broke ({reason})")
        if hasattr(self, "asking"):
            self.asking.fail()


class _Broker(RabbitBroker):
    """FastStream's broker, which leaves no connection behind when connecting fails half-way."""

    async def _connect(self) -> RobustConnection:
        made: list[RobustConnection] = []

        def making(*args: Any, **options: Any) -> RobustConnection:
            made.append(RobustConnection(*args, **options))
            return made[-1]

        self._connection_kwargs["connection_class"] = making
        try:
            return await super()._connect()
        except BaseException:
            for connection in made:
                await _closed(connection)
            raise


async def _closed(connection: AbstractRobustConnection) -> None:
    """Close it whatever happens: one that is not marked closed tries to close itself when no loop may run."""
    for _ in range(2):  # where its transport is broken the first closing raises, and forgets the transport
        with suppress(*LOST), breaking():
            async with asyncio.timeout(ANSWER_WITHIN):
                await connection.close()
                return


async def _connected(broker: RabbitBroker) -> AbstractRobustConnection:
    """Connect. Not to be cancelled half-way: that would leave a connection behind which nobody closes."""
    connecting = asyncio.ensure_future(broker.connect())
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        await asyncio.wait((connecting,), timeout=CONNECT_WITHIN)
        if connecting.done() and not connecting.cancelled() and connecting.exception() is None:
            await connecting.result().close()
        raise


async def _untouched(message: StreamMessage[AbstractIncomingMessage]) -> AbstractIncomingMessage:
    """FastStream's decoder: none, because a body that it refuses would stay unacknowledged for ever."""
    return message.raw_message


def _taking(take: Callable[[AbstractIncomingMessage], None]) -> Callable[[Any], Awaitable[None]]:
    async def taking(message: Any) -> None:
        take(message)

    return taking
