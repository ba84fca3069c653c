"""What happens to a delivery: decode, handle, decide, acknowledge last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import structlog
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from shared.bus.decoding import Decoding
from shared.bus.metrics import BusMetrics
from shared.bus.outcome import Done, Outcome, Park, Retry, decide
from shared.bus.publisher import LOST, Publisher
from shared.bus.table import Consumes, Hears
from shared.bus.topology import Names
from shared.bus.wire import ATTEMPT, Undecodable, again, attempt_of, read_meta
from shared.bus.work import breaking, cancelled_from_outside
from shared.errors import RetryLater

log = structlog.get_logger(__name__)

SETTLE_AGAIN_AFTER: Final = 1.0
"""Seconds between tries to hand a delivery to a retry tier or the dead letters while the broker refuses."""

QUEUE: Final = "queue"
REASON: Final = "reason"
ATTEMPTS: Final = "attempts"
CAUSES: Final = "causes"
TRACEBACK: Final = "traceback"
DIED_AT: Final = "died_at"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What handling a delivery needs of the connection it came by."""

    service: str
    names: Names
    publisher: Publisher
    metrics: BusMetrics
    now: Callable[[], datetime]
    decoding: Decoding


class EventIntake:
    """Deliveries of one queue to its one handler."""

    def __init__(self, row: Consumes, queue: str, around: Surroundings) -> None:
        self._row = row
        self._queue = queue
        self._around = around
        self._name = row.name or row.event.type
        self._seconds = around.metrics.seconds.labels(self._name)

    async def handle(self, message: AbstractIncomingMessage) -> None:
        """Handle one delivery to its end. A delivery cancelled by a stop stays unacknowledged: it comes again."""
        attempts = attempt_of(message)
        try:
            event, meta = self._around.decoding.read(message, self._row.event)
        except (Undecodable, ValidationError) as error:
            outcome = decide(error, attempts, decoded=False)
        else:
            started = perf_counter()
            try:
                error_or_none = await caught(self._row.handler, event, meta)
            except asyncio.CancelledError:
                self._count("left")
                return
            self._seconds.observe(perf_counter() - started)
            outcome = decide(error_or_none, attempts)
        self._count(await self._settle(message, outcome))

    async def _settle(self, message: AbstractIncomingMessage, outcome: Outcome) -> str:
        while True:
            try:
                word = await self._place(message, outcome)
                with breaking():
                    await acknowledge(message)
            except RetryLater:
                if gone(message):
                    return "left"
                await asyncio.sleep(SETTLE_AGAIN_AFTER)
            except LOST:
                return "left"  # the broker delivers it again
            else:
                return word

    async def _place(self, message: AbstractIncomingMessage, outcome: Outcome) -> str:
        publish, names = self._around.publisher.publish, self._around.names
        match outcome:
            case Done():
                return "done"
            case Retry(tier, attempt):
                await publish(names.retry(tier), self._queue, again(message, **{ATTEMPT: attempt}))
                return "retry"
            case Park():
                await publish(names.dead, self._queue, again(message, **self._epitaph(outcome)))
                log.error(
                    "bus.parked",
                    queue=self._queue,
                    event_id=message.message_id,
                    reason=outcome.reason,
                    error=outcome.causes[0].partition(":")[0],
                )
                return outcome.reason

    def _epitaph(self, park: Park) -> dict[str, Any]:
        return {
            QUEUE: self._queue,
            REASON: park.reason,
            ATTEMPTS: park.attempts,
            CAUSES: list(park.causes),
            TRACEBACK: park.traceback,
            DIED_AT: self._around.now().isoformat(),
        }

    def _count(self, outcome: str) -> None:
        self._around.metrics.handled.labels(self._name, outcome).inc()


class LiveIntake:
    """The live fanout to the handlers of each event type. At most once: nothing is acknowledged or retried."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._rows: dict[str, list[Hears]] = {}

    def add(self, rows: Iterable[Hears]) -> None:
        """Give to these handlers too from now on."""
        for row in rows:
            self._rows.setdefault(row.event.type, []).append(row)

    async def handle(self, message: AbstractIncomingMessage) -> None:
        """Give it to each handler in turn; what fails is counted and forgotten."""
        for row in self._rows.get(message.type or "", ()):
            try:
                meta = read_meta(message)
                error = await caught(row.handler, row.event.model_validate_json(message.body), meta)
            except (Undecodable, ValidationError) as undecodable:
                error = undecodable
            outcome = "done" if error is None else "failed"
            self._around.metrics.handled.labels(f"live {row.event.type}", outcome).inc()
            if error is not None:
                log.warning("bus.live_failed", type=message.type, error=type(error).__name__)


async def acknowledge(message: AbstractIncomingMessage) -> None:
    """Hand in the acknowledgement. Nothing waits until it is sent: one that is lost means another delivery anyway."""
    if message.delivery_tag is not None:
        await message.channel.basic_ack(message.delivery_tag, wait=False)


async def caught(handler: Callable[..., Awaitable[None]], *arguments: Any) -> Exception | None:
    """Run a handler; its error, or None. Only a cancellation from outside is raised."""
    try:
        await handler(*arguments)
    except asyncio.CancelledError:
        if cancelled_from_outside():
            raise
        return RetryLater("what the handler waited for was cancelled")
    except Exception as error:  # noqa: BLE001  # whatever it is, outcome.decide says what becomes of the delivery
        return error
    return None


def gone(message: AbstractIncomingMessage) -> bool:
    """Whether the channel the delivery came by is closed, so that nothing can be acknowledged any more."""
    try:
        return message.channel.is_closed
    except LOST:
        return True
