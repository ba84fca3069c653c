"""Webhooks out in memory: tells what happens, wakes what is due, calls endpoints that answer as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from services.automation.domain.deliveries import RETRIED_FOR, Delivery
from services.automation.handlers.webhooks import WebhookHandlers
from services.automation.metrics import WebhookMetrics
from services.automation.repository.deliveries import indexed
from services.automation.workers.webhooks import Deliverer
from shared.bus import Envelope
from shared.contracts.base import SYSTEM, Event, Meta
from shared.contracts.notices import AdminNotice
from shared.contracts.resources import ReadResource, Stored, UpdateResource
from shared.contracts.settings.webhooks import Webhook
from shared.contracts.webhooks import DeliveryStatus, PublicEvent
from shared.ids import new_id
from shared.outside import Answer, NoAnswer
from shared.store import Decision, Page
from shared.store.decision import Says
from tests.support.clock import ManualClock
from tests.support.eventually import eventually
from tests.support.store import MemoryAggregates

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OK = 200


def webhook(*events: PublicEvent, url: str = "https://crm.example.org/in", **fields: Any) -> Webhook:
    """A subscription."""
    return Webhook.model_validate({"name": "CRM", "url": url, "events": events, "secret": SECRET} | fields)


class MemoryDeliveries(MemoryAggregates[Delivery]):
    """The repository in memory. To store takes a moment, in which others go on. ``stale`` is found held besides."""

    stale: Sequence[Delivery] = ()

    async def insert(self, state: Delivery, cause: Meta, says: Says[Delivery] = ()) -> bool:
        await asyncio.sleep(0)
        return await super().insert(state, cause, says)

    async def log(self, webhook: str, status: DeliveryStatus | None, after: str | None, limit: int) -> Page[Delivery]:
        wanted = {"state.webhook": webhook} | ({"state.status": status.value} if status is not None else {})
        return await self.page(wanted, order=(("state.created_at", -1),), after=after, limit=limit)

    async def held(self, webhook: str, limit: int) -> Sequence[Delivery]:
        found = await self.find({"derived.lane": webhook}, order=(("state.created_at", 1),), limit=limit)
        return [*self.stale, *found][:limit]

    async def telling_of(self, message: str, limit: int) -> Sequence[Delivery]:
        return await self.find({"derived.message": message}, limit=limit)

    async def any_delivered(self, webhook: str, since: datetime) -> bool:
        found = await self.find({"state.webhook": webhook, "state.status": "delivered"}, limit=10_000)
        return any(
            one.last_at is not None and one.last_at >= since for one in found if one.created_at >= since - RETRIED_FOR
        )

    async def drop_before(self, instant: datetime) -> int:
        old = [id for id, document in self._documents.items() if document["state"]["created_at"] < instant]
        for id in old:
            del self._documents[id]
        return len(old)


class MemoryMasked:
    """What is remembered of masked messages."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    async def add(self, message: str, _at: datetime) -> None:
        self.ids.add(message)

    async def has(self, message: str) -> bool:
        return message in self.ids


@dataclass
class Endpoint:
    """``answers`` are used up in order, then ``usual``: a status, an answer, or None for silence.

    Whose address holds a word of ``gates`` waits there; ``most`` is how many did at once.
    """

    usual: int | Answer | None = OK
    answers: list[int | Answer | None] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    inside: int = 0
    most: int = 0

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.calls.append((url, headers, body))
        for gate in [gate for word, gate in self.gates.items() if word in url]:
            self.inside += 1
            self.most = max(self.most, self.inside)
            await gate.wait()
            self.inside -= 1
        said = self.answers.pop(0) if self.answers else self.usual
        if said is None:
            raise NoAnswer("The call ended without an answer.")
        return said if isinstance(said, Answer) else Answer(said, {}, b"")

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.calls]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.calls]


class HooksInMemory:
    """``tell`` and ``wake`` as the bus and the timers would."""

    def __init__(self, *, places: int = 4, calls: int = 32, patience: float = 60.0, **hooks: Webhook) -> None:
        """``calls`` at once there are, ``places`` of them to an endpoint; ``patience`` in seconds until one is free."""
        self.hooks = dict(hooks)
        self.clock = ManualClock()
        self.endpoint = Endpoint()
        self.notices: list[AdminNotice] = []
        self.deliveries = MemoryDeliveries(Delivery, clock=self.clock, name="deliveries", document=indexed)
        self.masked = MemoryMasked()
        self.restart(places, calls=calls, patience=patience)

    def restart(self, places: int = 4, *, calls: int = 32, patience: float = 60.0) -> None:
        """A new process on the same store; the former is gone as if killed."""
        self.deliveries._listeners.clear()
        self.deliverer = Deliverer(
            self.deliveries,
            lambda: self.hooks,
            self.endpoint,
            lambda state, now: self.handlers.gave_up(state, now),
            clock=self.clock,
            metrics=WebhookMetrics(CollectorRegistry()),
            me=new_id(),
            places=places,
            calls=calls,
            patience=timedelta(seconds=patience),
        )
        self.handlers = WebhookHandlers(
            lambda: self.hooks,
            self.deliveries,
            self.masked,
            self,
            add=self.deliverer.add,
            publish=self._publish,
            clock=self.clock,
        )
        self.deliveries.on_saved(self.deliverer.saw)

    async def tell(self, event: Event, *, id: str | None = None, age: float = 0.0) -> Meta:
        """A delivery of an event that is ``age`` seconds old."""
        name = id or new_id()
        at = self.clock.now() - timedelta(seconds=age)
        meta = Meta(event_id=name, type=event.type, occurred_at=at, correlation_id=name)
        await self.handlers.tell(event, meta)
        await self.quiet()
        return meta

    async def wake(self, later: timedelta = timedelta()) -> int:
        """What is due after ``later`` is woken and attempted; how many."""
        now = self.clock.advance(later)
        due = await self.deliveries.due(now, after=None, limit=1000)
        for id, _ in due:
            cause = Meta(event_id=new_id(), type="timer", occurred_at=now, correlation_id="timer")

            def decide(one: Delivery | None) -> Decision[Delivery] | None:
                return None if one is None else self.deliverer.wake(one, now)

            await self.deliveries.change(id, cause, decide)
        await self.quiet()
        return len(due)

    async def quiet(self) -> None:
        """Until nothing is under way."""
        await eventually(lambda: not self.deliverer.busy)

    async def all(self) -> list[Delivery]:
        """Every delivery, oldest first."""
        return await self.deliveries.find({}, order=(("state.created_at", 1),), limit=10_000)

    async def only(self) -> Delivery:
        """The one there is."""
        (found,) = await self.all()
        return found

    async def read(self, command: ReadResource, _meta: Meta) -> Stored:
        """The settings' side, as far as switching off needs it."""
        value = self.hooks[command.id].model_dump(mode="json") | {"secret": None}
        now = self.clock.now()
        return Stored(id=command.id, kind="webhooks", version=1, value=value, created_at=now, changed_at=now)

    async def update(self, command: UpdateResource, meta: Meta) -> Stored:
        assert (command.version, command.by) == (1, SYSTEM)
        self.hooks[command.id] = Webhook.model_validate(command.value | {"secret": SECRET})
        return await self.read(ReadResource(kind="webhooks", id=command.id), meta)

    async def _publish(self, said: Envelope) -> None:
        self.notices.append(AdminNotice.model_validate_json(said.body))
