"""Very many open clocks, some of which fall due within seconds, while the service that watches them is killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import psutil
from aio_pika.abc import AbstractIncomingMessage
from pymongo import InsertOne, UpdateOne

from services.sla.domain.clocks import Observation, observe, wake
from services.sla.domain.terms import Terms
from services.sla.repository import Clocks
from shared.bus import Envelope
from shared.bus.topology import Names
from shared.clock import SystemClock
from shared.contracts.clocks import ClockSnapshot, SlaBreached, SlaWarned
from shared.contracts.facts import Span
from shared.contracts.words import ClockKind
from shared.ids import derived
from shared.schedule import ScheduleForm
from shared.schedule.schedule import WEEKDAYS
from shared.store import Database
from shared.store.documents import Form, encoded
from tests.support.processes import Switchboard

CHANNEL = "storm"
TARGET = timedelta(minutes=10)
WARN = timedelta(minutes=7, seconds=30)
ALWAYS = ScheduleForm.model_validate({"zone": "Europe/Madrid", "week": {day: ["00:00-24:00"] for day in WEEKDAYS}})
TERMS = Terms("care", "Care", TARGET, WARN, ALWAYS)
BULK = 500
WARNING, BREACH = SlaWarned.type, SlaBreached.type
EVENTS = (WARNING, BREACH)
EDGE = timedelta(seconds=1)
"""What fell due this shortly before a kill may have been on its way: it belongs to the kill."""

Key = tuple[str, str]
"""Clock and event type."""


def clock(conversation: str, started: datetime, now: datetime) -> ClockSnapshot:
    """A first-response clock that has run since ``started``, alarms of before ``now`` said."""
    span = (Span(start=started),)
    seen = Observation(conversation, CHANNEL, 1, 1, ClockKind.FIRST, span, revision=1)
    found = observe(None, seen, TERMS, now)
    assert found is not None
    return wake(found[0], now)[0]


def open_clocks(number: int, now: datetime) -> Iterator[ClockSnapshot]:
    """Clocks that began just now: nothing happens to them for minutes."""
    template = clock("template", now, now)
    moves = {"warn_at", "due_at", "breach_at", "level_at", "wake_at"}
    later = {name: getattr(template, name) + timedelta(hours=1) for name in moves}
    for n in range(number):
        name = f"open {n}"
        yield template.model_copy(update={"id": derived("clock", name), "conversation": name, **later})


def due_clocks(
    number: int, first: datetime, last: datetime, now: datetime, wanted: dict[Key, datetime]
) -> Iterator[ClockSnapshot]:
    """Clocks with one alarm each between two instants, evenly: warnings and breaches in turn.

    ``wanted`` is filled with what they will say, and when.
    """
    for n in range(number):
        at = first + (last - first) * n / number
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        kind, used = ((WARNING, WARN), (BREACH, TARGET))[n % 2]
        one = clock(f"due {n}", at - used, now)
        wanted[one.id, kind] = at
        yield one


async def fill(database: Database, clocks: Iterable[ClockSnapshot]) -> None:
    """Store them as the service would have."""
    form, collection = Form(ClockSnapshot), database.collection("clocks")
    batch: list[InsertOne[Mapping[str, Any]] | UpdateOne] = []

    async def flush() -> None:
        if refused := await collection.bulk(batch):
            raise next(iter(refused.values()))
        batch.clear()

    for one in clocks:
        fields = {"version": 1, "state": form.store(one), "schema": 1, "causes": [], "wake_at": one.wake_at}
        batch.append(InsertOne(encoded({"_id": one.id, **fields})))
        if len(batch) == BULK:
            await flush()
    if batch:
        await flush()


async def make_indexes(database: Database) -> None:
    """As the service's first start does on an empty collection; over very many clocks it takes minutes."""

    async def mute(_: Envelope) -> None:
        raise AssertionError("nothing is said here")

    clocks = Clocks(database, publish=mute, clock=SystemClock())
    await clocks.start()
    await clocks.stop()


@dataclass
class Heard:
    """What came over the bus: every event id of every alarm, and when the first arrived."""

    ids: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    first: dict[Key, datetime] = field(default_factory=dict)
    said_at: dict[Key, datetime] = field(default_factory=dict)
    deliveries: int = 0

    async def on_message(self, message: AbstractIncomingMessage) -> None:
        now = datetime.now(UTC)
        body = json.loads(message.body)
        key = (body["clock"]["id"], str(message.routing_key))
        self.deliveries += 1
        self.ids[key].add(str(message.message_id))
        self.first.setdefault(key, now)
        self.said_at.setdefault(key, datetime.fromisoformat(body["at"]))


@contextlib.asynccontextmanager
async def listening(rabbit_url: str, prefix: str) -> AsyncIterator[Heard]:
    """Hear the alarms beside whoever else does."""
    heard = Heard()
    async with await aio_pika.connect(rabbit_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        for kind in EVENTS:
            await queue.bind(Names(prefix).events, routing_key=kind)
        await queue.consume(heard.on_message, no_ack=True)
        yield heard


@dataclass
class Outage:
    """When it was killed, and when it was ready again."""

    killed: datetime
    ready: datetime

    def covers(self, moment: datetime) -> bool:
        return self.killed - EDGE <= moment <= self.ready


async def kill(service: Switchboard, at: datetime) -> Outage:
    """SIGKILL it at an instant and start it again at once."""
    await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
    killed = datetime.now(UTC)
    await asyncio.to_thread(service.kill)
    service.spawn()
    await asyncio.to_thread(service.wait_ready)
    return Outage(killed, datetime.now(UTC))


PROCESSES = {"serve sla": "sla", "serve gateway": "gateway", "secantus": "database", "beam": "broker"}


def cpu_seconds() -> dict[str, float]:
    """CPU used so far by what this process started, by what it is."""
    used: dict[str, float] = defaultdict(float)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times, words = process.cpu_times(), " ".join(process.cmdline())
            name = next((name for word, name in PROCESSES.items() if word in words), "others")
            used[name] += times.user + times.system
    return used


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else 0.0


@contextlib.asynccontextmanager
async def stopped_after(*services: Switchboard) -> AsyncIterator[None]:
    """They end with the block, whatever happens in it."""
    try:
        yield
    finally:
        for service in services:
            await asyncio.to_thread(service.kill)
