"""The bus as services see it: publish, ask, broadcast, and a table of handlers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from time import monotonic
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import structlog
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client import CollectorRegistry

from shared.bus.decoding import Decoding
from shared.bus.envelope import Envelope, metadata
from shared.bus.intake import EventIntake, LiveIntake, Surroundings
from shared.bus.metrics import BusMetrics
from shared.bus.publisher import LOST
from shared.bus.reasons import refusal, why
from shared.bus.rpc import CommandIntake
from shared.bus.session import Session, Subscription
from shared.bus.table import Answers, Consumes, Hears, Row, check
from shared.bus.topology import Names, Topology, routing_key
from shared.bus.wire import to_message
from shared.bus.work import Work, breaking
from shared.clock import Clock
from shared.contracts.base import Command, Contract, Event, Meta
from shared.errors import RetryLater
from shared.ids import new_id

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Contract)

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 3.0
STEADY_AFTER: Final = 10.0
"""Seconds between tries to connect: from the first, doubling, to the longest; the first again after a steady time."""

FINISH_WITHIN: Final = 10.0
"""Seconds that ``stop_consuming`` gives to what is in flight unless told otherwise."""

Publish: TypeAlias = Callable[[Envelope], Awaitable[None]]
"""``Bus.publish``, for who needs nothing else of the bus."""


class Asks(Protocol):
    """``Bus.ask``, for who needs nothing else of the bus."""

    async def ask(
        self, command: Command[R], *, meta: Meta | None = None, service: str | None = None, timeout: float = 5.0
    ) -> R: ...


class Bus:
    """One service's place on the bus. Reconnects by itself; ``healthy`` says what is amiss meanwhile."""

    def __init__(
        self,
        url: str,
        prefix: str,
        *,
        service: str,
        metrics: CollectorRegistry,
        clock: Clock,
        prefetch: int = 50,
        topology: Topology | None = None,
        decoding: Decoding | None = None,
    ) -> None:
        """``prefix`` begins the name of every exchange and queue; ``service`` is one of ``topology.SERVICES``.

        ``prefetch`` bounds the deliveries in hand for each queue. ``topology`` is that of the contracts unless given.
        ``decoding`` is shared by the services of one process.
        """
        self._url = url
        self._names = Names(prefix)
        self._service = service
        self._metrics = BusMetrics(metrics)
        self._clock = clock
        self._prefetch = prefetch
        self._topology = topology or Topology()
        self._decoding = decoding or Decoding()
        self._work = Work(self._metrics.in_flight)
        self._rows: tuple[Row, ...] = ()
        self._commands: CommandIntake | None = None
        self._live: LiveIntake | None = None
        self._session: Session | None = None
        self._amiss: str | None = "the broker has not answered yet"
        self._supervisor: asyncio.Task[None] | None = None
        self._connected: asyncio.Future[None] | None = None
        self._consuming = asyncio.Event()
        self._opening = asyncio.Lock()
        self._callbacks: list[Callable[[], None]] = []

    async def connect(self) -> None:
        """Wait for the broker and declare the whole topology. From here on the bus publishes and asks.

        Waits for a broker that is not up yet; ``StartupError`` when it refuses us or has queues of another kind.
        """
        if self._supervisor is None:
            self._connected = asyncio.get_running_loop().create_future()
            self._supervisor = asyncio.create_task(self._supervise(self._connected), name=f"bus {self._service}")
        if self._connected is not None:
            await asyncio.shield(self._connected)

    async def start(self, table: Sequence[Row]) -> None:
        """Consume. Called again it adds rows: who must answer others before it can consume starts in two steps.

        A command whose row is not there yet is answered with ``RetryLater``. Raises ValueError for a row that the
        topology does not know, or a repeated one.
        """
        if self._supervisor is None:
            raise ValueError("connect first")
        async with self._opening:
            rows = (*self._rows, *table)
            check(rows, self._service, self._topology)
            self._rows = rows
            if self._session is not None and table:
                self._consuming.clear()
                try:
                    with breaking():
                        await self._consume(self._session, table)
                except LOST as error:
                    log.warning("bus.consume_failed", service=self._service, error=type(error).__name__)
                    await self._session.close()  # the supervisor opens another, which consumes
        if rows:
            await self._consuming.wait()

    async def stop_consuming(self, within: float = FINISH_WITHIN) -> None:
        """Take nothing new; finish what is in flight within so many seconds. What is not is delivered again."""
        async with self._opening:
            self._rows = ()
            session = self._session
            if session is not None:
                await session.stop_consuming()
            cancelled = await self._work.finish(within)
            if session is not None:
                await session.release()
        if cancelled:
            log.warning("bus.unfinished", service=self._service, deliveries=cancelled)

    async def close(self) -> None:
        """Leave the broker. Safe to call twice."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait((self._supervisor,))
            self._supervisor = None
        await self.stop_consuming()
        session, self._session = self._session, None
        self._amiss = "closed"
        if session is not None:
            await session.close()

    def healthy(self) -> str | None:
        """None, or what fails, in a few words."""
        if self._session is not None and self._session.blocked:
            return "the broker takes nothing more: it is out of memory or disk"
        return self._amiss

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call this after each time the bus is up again: what was broadcast meanwhile was not heard."""
        self._callbacks.append(callback)

    async def publish(self, entry: Envelope) -> None:
        """Return once the broker has it on disk in every queue it belongs to; ``RetryLater`` when unsure.

        An event that nobody hears (``Topology.hearers``) is not published. An entry said again long after
        its time (a sweeper's) has ``meta.redelivered`` set, so that handlers look it up in the trail.
        """
        outcome = "failed"
        try:
            if not self._topology.hearers(entry.meta.type, entry.about):
                outcome = "unheard"
                return
            session = self._here()
            message = to_message(entry, service=self._service)
            await session.publisher.publish(self._names.events, routing_key(entry.meta.type, entry.about), message)
            outcome = "confirmed"
        finally:
            self._metrics.published.labels(outcome).inc()

    async def ask(
        self, command: Command[R], *, meta: Meta | None = None, service: str | None = None, timeout: float = 5.0
    ) -> R:
        """The owner's answer. Its errors are raised here as themselves.

        ``meta`` is the command's own metadata (``metadata()``): asking again with the same ``event_id`` is safe
        and gives the same answer. ``service`` names the owner of a verb that several services have.
        ``TimedOut`` after ``timeout`` seconds, ``RetryLater`` when the broker is away.
        """
        owner = service or command.service
        if not owner:
            raise ValueError(f"{command.type} is answered by several services: say which")
        now = self._clock.now()
        meta = meta or metadata(command, cause=None, event_id=new_id(), now=now)
        return await self._here().asking.ask(command, meta, self._names.rpc(owner), timeout, now)

    async def broadcast(self, event: Event) -> None:
        """Tell every process that hears it now. Best effort: never raises, never waits long."""
        session = self._session
        if session is None:
            return
        meta = metadata(event, cause=None, event_id=new_id(), now=self._clock.now())
        entry = Envelope(meta=meta, body=event.model_dump_json().encode())
        message = to_message(entry, service=self._service, persistent=False)
        try:
            with breaking():
                await session.send(self._names.live, "", message)
        except LOST as error:
            log.info("bus.broadcast_lost", type=event.type, error=type(error).__name__)

    def _here(self) -> Session:
        if self._session is None:
            raise RetryLater("the broker is away; try again in a few seconds")
        return self._session

    async def _supervise(self, connected: asyncio.Future[None]) -> None:
        pause = FIRST_PAUSE
        while True:
            up_since: float | None = None
            try:
                with breaking():
                    async with self._opening:
                        session = await self._open()
                    up_since = monotonic()
                    if not connected.done():
                        connected.set_result(None)
                    await self._stay(session)
            except Exception as error:  # noqa: BLE001  # a bus that gives up would lose everything: try for ever
                self._amiss = why(error, self._url)
                log.warning("bus.away", service=self._service, error=type(error).__name__, retry_in=round(pause, 1))
                if not connected.done() and (refused := refusal(error, self._url)) is not None:
                    connected.set_exception(refused)
                    return
            steady = up_since is not None and monotonic() - up_since > STEADY_AFTER
            pause = FIRST_PAUSE if steady else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _open(self) -> Session:
        session = await Session.open(self._url, self._names, self._topology, self._service)
        self._commands = self._live = None
        try:
            if self._rows:
                await self._consume(session, self._rows)
        except BaseException:
            await session.close()
            raise
        self._session, self._amiss = session, None
        log.info("bus.up", service=self._service)
        for callback in self._callbacks:
            callback()
        return session

    async def _stay(self, session: Session) -> None:
        try:
            self._amiss = await session.watch()
            log.warning("bus.lost", service=self._service, why=self._amiss)
        finally:
            self._session = None
            self._consuming.clear()
            await session.close()

    async def _consume(self, session: Session, rows: Sequence[Row]) -> None:
        around = Surroundings(
            self._service, self._names, session.publisher, self._metrics, self._clock.now, self._decoding
        )
        await session.consume(list(self._subscriptions(session, around, rows)))
        self._consuming.set()

    def _subscriptions(self, session: Session, around: Surroundings, rows: Sequence[Row]) -> Iterator[Subscription]:
        for row in rows:
            if isinstance(row, Consumes):
                queue = self._names.queue(self._service, row.event.type)
                intake = EventIntake(row, queue, around)
                yield Subscription(queue, self._into(intake.handle), row.prefetch or self._prefetch)
        if verbs := [row for row in rows if isinstance(row, Answers)]:
            if self._commands is None:
                self._commands = CommandIntake(session.send, around)
                queue = self._names.rpc(self._service)
                yield Subscription(queue, self._into(self._commands.handle), self._prefetch)
            self._commands.add(verbs)
        if heard := [row for row in rows if isinstance(row, Hears)]:
            if self._live is None:
                self._live = LiveIntake(around)
                queue = self._names.live_queue(self._service, new_id())
                yield Subscription(queue, self._into(self._live.handle), self._prefetch, transient=True)
            self._live.add(heard)

    def _into(
        self, handle: Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]]
    ) -> Callable[[AbstractIncomingMessage], None]:
        return lambda message: self._work.begin(handle(message))
