"""A bus in memory: the same promises as the real one (one contract suite runs on both), without a broker.

Handlers run as soon as they can; what asks for another try gets it at once. ``FakeBus(service)`` alone is enough
to see what a part publishes; buses that share a ``FakeBroker`` talk to one another.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.bus import Bus, Consumes, Envelope, Hears, Row, metadata
from shared.bus.intake import caught
from shared.bus.outcome import Done, Park, Retry, decide
from shared.bus.rpc import of_its_type
from shared.bus.table import Answers, check
from shared.bus.topology import Topology
from shared.clock import Clock, SystemClock
from shared.contracts.base import Command, Contract, Event, Meta
from shared.errors import RetryLater, SwitchboardError, TimedOut, Unprocessable, from_wire, to_wire
from shared.ids import new_id

R = TypeVar("R", bound=Contract)
C = TypeVar("C", bound=Command[Any])
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Delivery:
    """An envelope on its way to one service, and how often it was tried."""

    service: str
    entry: Envelope
    attempts: int = 0
    again: bool = False


@dataclass(frozen=True)
class FakeLetter:
    """What could not be handled."""

    delivery: Delivery
    park: Park


@dataclass
class FakeBroker:
    """What buses share. ``away`` makes it unreachable."""

    topology: Topology = field(default_factory=Topology)
    away: bool = False
    dead: list[FakeLetter] = field(default_factory=list)
    buses: list["FakeBus"] = field(default_factory=list)
    waiting: deque[Delivery] = field(default_factory=deque)

    def deliver(self, delivery: Delivery) -> None:
        """To one process of its service that consumes it, in turn; it waits while there is none."""
        for bus in self.buses:
            if bus.takes(delivery):
                self.buses.remove(bus)
                self.buses.append(bus)
                bus.take(delivery)
                return
        self.waiting.append(delivery)

    def replay(self) -> None:
        """Return every dead letter to the queue it came from."""
        dead, self.dead = self.dead, []
        for letter in dead:
            self.deliver(Delivery(letter.delivery.service, letter.delivery.entry, again=True))

    async def settled(self) -> None:
        """Until no bus has anything in hand."""
        while working := [task for bus in self.buses for task in bus.working]:
            await asyncio.wait(working)


class FakeBus(Bus):
    """One service's bus in memory. ``published`` and ``broadcasts`` keep what was said, in order."""

    def __init__(
        self,
        service: str = "test",
        *,
        broker: FakeBroker | None = None,
        clock: Clock | None = None,
        topology: Topology | None = None,
    ) -> None:
        self.service = service
        self.broker = broker or FakeBroker(topology or Topology())
        self.published: list[Envelope] = []
        self.broadcasts: list[Event] = []
        self.asked: list[Command[Any]] = []
        self.working: set[asyncio.Task[None]] = set()
        self._clock = clock or SystemClock()
        self._table: tuple[Row, ...] = ()
        self._stand_ins: dict[str, Callable[[Any, Meta], Awaitable[Contract]]] = {}
        self._on_connect: list[Callable[[], None]] = []
        self.broker.buses.append(self)

    # -- what tests ask and arrange

    def said(self, event: type[E]) -> list[E]:
        """Events of this type that were published, read back from their bodies."""
        return [event.model_validate_json(entry.body) for entry in self.published if entry.meta.type == event.type]

    def answer_with(self, command: type[C], answer: Callable[[C, Meta], Awaitable[Contract]]) -> None:
        """Answer this command here when no bus of its owner is there."""
        self._stand_ins[command.type] = answer

    async def settled(self) -> None:
        """Until nothing is in hand on any bus of this broker."""
        await self.broker.settled()

    # -- the bus

    async def connect(self) -> None:
        for callback in self._on_connect:
            callback()

    async def start(self, table: Sequence[Row]) -> None:
        rows = (*self._table, *table)
        check(rows, self.service, self.broker.topology)
        self._table = rows
        waiting, self.broker.waiting = self.broker.waiting, deque()
        for delivery in waiting:
            self.broker.deliver(delivery)

    async def stop_consuming(self, within: float = 1.0) -> None:
        self._table = ()
        if self.working:
            _, late = await asyncio.wait(self.working, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        await self.stop_consuming()
        if self in self.broker.buses:
            self.broker.buses.remove(self)

    def healthy(self) -> str | None:
        return "the broker is away" if self.broker.away else None

    def on_connect(self, callback: Callable[[], None]) -> None:
        self._on_connect.append(callback)

    async def publish(self, entry: Envelope) -> None:
        if self.broker.away:
            raise RetryLater("the broker is away")
        services = self.broker.topology.hearers(entry.meta.type, entry.about)
        if not services:
            return
        self.published.append(entry)
        for service in services:
            self.broker.deliver(Delivery(service, entry, again=entry.meta.redelivered))

    async def ask(
        self, command: Command[R], *, meta: Meta | None = None, service: str | None = None, timeout: float = 5.0
    ) -> R:
        if self.broker.away:
            raise RetryLater("the broker is away")
        owner = service or command.service
        if not owner:
            raise ValueError(f"{command.type} is answered by several services: say which")
        self.asked.append(command)
        meta = meta or metadata(command, cause=None, event_id=new_id(), now=self._clock.now())
        found = self._answerer(owner, command)
        if found is None and any(bus.service == owner and bus.answers_some for bus in self.broker.buses):
            raise RetryLater(f"{owner} does not answer {command.type} yet")
        try:
            async with asyncio.timeout(timeout):
                while found is None:  # it waits in the owner's queue, as on a broker
                    await asyncio.sleep(0.01)
                    found = self._answerer(owner, command)
                return await _answered(found, command, meta)
        except TimeoutError as error:
            raise TimedOut(f"no answer to {command.type} within {timeout:g} s") from error

    async def broadcast(self, event: Event) -> None:
        self.broadcasts.append(event)
        if self.broker.away:
            return
        meta = metadata(event, cause=None, event_id=new_id(), now=self._clock.now())
        for bus in self.broker.buses:
            for row in bus._table:
                if isinstance(row, Hears) and row.event.type == event.type:
                    heard = row.event.model_validate_json(event.model_dump_json())
                    bus._begin(_ignoring(row.handler, heard, meta))

    # -- what the broker and other buses ask

    @property
    def answers_some(self) -> bool:
        """Whether it answers commands at all, of whatever kind."""
        return any(isinstance(row, Answers) for row in self._table)

    def takes(self, delivery: Delivery) -> bool:
        return self.service == delivery.service and self._row(delivery.entry.meta.type) is not None

    def take(self, delivery: Delivery) -> None:
        row = self._row(delivery.entry.meta.type)
        assert row is not None
        self._begin(self._handle(row, delivery))

    def _row(self, event_type: str) -> Consumes | None:
        rows = (row for row in self._table if isinstance(row, Consumes) and row.event.type == event_type)
        return next(rows, None)

    def _answerer(self, owner: str, command: Command[Any]) -> Answers | None:
        for bus in self.broker.buses:
            for row in bus._table:
                if bus.service == owner and isinstance(row, Answers) and row.command.type == command.type:
                    return row
        stand_in = self._stand_ins.get(command.type)
        return None if stand_in is None else Answers(type(command), stand_in)

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.working.add(task)
        task.add_done_callback(self.working.discard)

    async def _handle(self, row: Consumes, delivery: Delivery) -> None:
        again = delivery.again or delivery.attempts > 0
        meta = delivery.entry.meta.model_copy(update={"redelivered": again})
        try:
            event = row.event.model_validate_json(delivery.entry.body)
        except ValidationError as undecodable:
            outcome = decide(undecodable, delivery.attempts, decoded=False)
        else:
            try:
                outcome = decide(await caught(row.handler, event, meta), delivery.attempts)
            except asyncio.CancelledError:
                self.broker.deliver(Delivery(delivery.service, delivery.entry, delivery.attempts, again=True))
                return
        match outcome:
            case Done():
                return
            case Retry(_, attempt):
                await asyncio.sleep(0)
                self.broker.deliver(Delivery(delivery.service, delivery.entry, attempt, delivery.again))
            case Park():
                self.broker.dead.append(FakeLetter(delivery, outcome))


async def _answered(row: Answers, command: Command[R], meta: Meta) -> R:
    """The way there and back through JSON, as on the wire."""
    expected: type[R] = command.reply_type()
    try:
        asked = row.command.model_validate_json(command.model_dump_json())
        reply = of_its_type(await row.handler(asked, meta), row.command)
    except ValidationError as error:
        raise Unprocessable(f"{command.type} is not as its contract says") from error
    except SwitchboardError as error:
        raise from_wire(json.loads(json.dumps(to_wire(error)))) from None
    except Exception as error:  # the asking side sees only that it failed
        raise SwitchboardError(f"{command.type} failed unexpectedly") from error
    return expected.model_validate_json(reply.model_dump_json())


async def _ignoring(handler: Callable[[Any, Meta], Awaitable[None]], event: Event, meta: Meta) -> None:
    await caught(handler, event, meta)
