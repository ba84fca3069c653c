"""Webhooks: tell subscribers what happens, answer for the delivery log, switch off what is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from services.automation.domain.deliveries import GONE, Delivery, again, delivery_id, line_of, masked
from services.automation.domain.telling import Telling, kinds_of, of_test, tellings, without_text
from shared.bus import Publish, envelope
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Event, Meta
from shared.contracts.messages import MessageMasked
from shared.contracts.notices import AdminNotice, NoticeKind
from shared.contracts.resources import ReadResource, Stored, UpdateResource
from shared.contracts.settings.webhooks import Webhook
from shared.contracts.webhooks import (
    DeliveryLine,
    DeliveryPage,
    DeliveryStatus,
    ListDeliveries,
    ReadDelivery,
    Redeliver,
    SendTestEvent,
)
from shared.errors import Conflict, NotFound, StaleVersion
from shared.ids import derived
from shared.store import Decide, Decision, Outcome, Page

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=5)
"""Nobody masks a message within this time of its coming: what is heard later asks first (PR-03)."""

AT_ONCE = 100
ATTEMPTS = 5


class Deliveries(Protocol):
    """What the handlers ask of the repository."""

    async def get(self, id: str) -> Delivery | None: ...

    async def change(self, id: str, cause: Meta, decide: Decide[Delivery]) -> Outcome[Delivery]: ...

    async def log(
        self, webhook: str, status: DeliveryStatus | None, after: str | None, limit: int
    ) -> Page[Delivery]: ...

    async def telling_of(self, message: str, limit: int) -> Sequence[Delivery]: ...

    async def any_delivered(self, webhook: str, since: datetime) -> bool: ...


class Masked(Protocol):
    """What is remembered of masked messages."""

    async def add(self, message: str, at: datetime) -> None: ...

    async def has(self, message: str) -> bool: ...


class Settings(Protocol):
    """``ResourceOwner``, as far as switching off needs it."""

    async def read(self, command: ReadResource, _meta: Meta) -> Stored: ...

    async def update(self, command: UpdateResource, meta: Meta) -> Stored: ...


class Adds(Protocol):
    """``Deliverer.add``."""

    async def __call__(self, webhook: str, telling: Telling) -> bool: ...


class WebhookHandlers:
    """One method per use case."""

    def __init__(
        self,
        webhooks: Callable[[], Mapping[str, Webhook]],
        deliveries: Deliveries,
        masked_messages: Masked,
        settings: Settings,
        *,
        add: Adds,
        publish: Publish,
        clock: Clock,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._masked = masked_messages
        self._settings = settings
        self._add = add
        self._publish = publish
        self._clock = clock

    async def tell(self, event: Event, meta: Meta) -> None:
        """Make a delivery for each subscriber of each public event of this one; nothing where nobody subscribes."""
        possible = kinds_of(event)
        subscribers = [
            (id, frozenset(hook.events))
            for id, hook in self._webhooks().items()
            if hook.enabled and not possible.isdisjoint(hook.events)
        ]
        if not subscribers:
            return
        wanted = frozenset().union(*(events for _, events in subscribers))
        found = [await self._unmasked(told, meta) for told in tellings(event, meta) if told.type in wanted]
        await asyncio.gather(
            *(self._add(id, told) for told in found for id, events in subscribers if told.type in events)
        )

    async def call(self, webhook: str, telling: Telling) -> bool:
        """Send this to the webhook that a rule or a person named; False when it is gone or switched off."""
        hook = self._webhooks().get(webhook)
        if hook is None or not hook.enabled:
            return False
        await self._add(webhook, telling)
        return True

    async def on_masked(self, event: MessageMasked, meta: Meta) -> None:
        """Queued payloads lose the text (PR-03), and so does what is still on its way here."""
        message = event.message.id
        await self._masked.add(message, meta.occurred_at)
        while True:
            found = await self._deliveries.telling_of(message, AT_ONCE)
            for state in found:
                cause = meta.model_copy(update={"event_id": derived("masked delivery", meta.event_id, state.id)})
                await self._deliveries.change(
                    state.id, cause, lambda current: Decision(masked(current)) if current is not None else None
                )
            if len(found) < AT_ONCE:
                return

    async def list(self, command: ListDeliveries, _meta: Meta) -> DeliveryPage:
        """The log of a webhook."""
        self._hook(command.webhook)
        page = await self._deliveries.log(command.webhook, command.status, command.after, command.limit)
        return DeliveryPage(items=tuple(line_of(state) for state in page.items), next=page.next)

    async def read(self, command: ReadDelivery, _meta: Meta) -> DeliveryLine:
        """One delivery with its payload."""
        return line_of(_found(await self._deliveries.get(command.delivery), command.webhook), whole=True)

    async def redeliver(self, command: Redeliver, meta: Meta) -> DeliveryLine:
        """Due at once, under the same event id. One that is being attempted is left to that."""
        self._enabled(command.webhook)
        now = self._clock.now()

        def decide(current: Delivery | None) -> Decision[Delivery] | None:
            state = _found(current, command.webhook)
            under_way = state.by is not None and state.wake_at is not None and state.wake_at > now
            after = state if under_way else again(state, now)
            return Decision(after, remember=True)

        outcome = await self._deliveries.change(command.delivery, meta, decide)
        return line_of(_found(outcome.state, command.webhook))

    async def test(self, command: SendTestEvent, meta: Meta) -> DeliveryLine:
        """A test event, once for each command."""
        hook = self._enabled(command.webhook)
        id = derived("webhook test", meta.event_id)
        await self._add(command.webhook, of_test(id, self._clock.now(), command.webhook, hook.name, command.by))
        state = await self._deliveries.get(delivery_id(command.webhook, id))
        return line_of(_found(state, command.webhook))

    async def gave_up(self, state: Delivery, now: datetime) -> None:
        """A delivery ends undelivered: where nothing else arrived meanwhile, or the endpoint says that it is gone,
        the webhook is switched off and admins are told."""
        hook = self._webhooks().get(state.webhook)
        if hook is None or not hook.enabled:
            return
        if state.code != GONE and await self._deliveries.any_delivered(state.webhook, state.since):
            return
        notice = AdminNotice(
            notice=NoticeKind.WEBHOOK_OFF,
            at=now,
            kind=Webhook.kind,
            id=state.webhook,
            name=hook.name,
            reason="It says that it is gone." if state.code == GONE else "It took nothing for 24 hours.",
        )
        named = derived("webhook off", state.id, state.since.isoformat())
        said = envelope(notice, cause=None, event_id=named, actor=SYSTEM, now=now)
        await self._publish(said)
        await self._switch_off(state.webhook, said.meta)
        log.warning("webhook.switched_off", webhook=state.webhook)

    async def _switch_off(self, webhook: str, cause: Meta) -> None:
        for attempt in range(ATTEMPTS):
            try:
                stored = await self._settings.read(ReadResource(kind=Webhook.kind, id=webhook), cause)
                value = {**stored.value, "enabled": False}
                meta = cause.model_copy(update={"event_id": derived("switch off", cause.event_id, attempt)})
                command = UpdateResource(kind=Webhook.kind, id=webhook, version=stored.version, value=value, by=SYSTEM)
                await self._settings.update(command, meta)
            except StaleVersion:
                continue
            except NotFound:
                return
            return

    async def _unmasked(self, told: Telling, meta: Meta) -> Telling:
        """Without the text of a message that was masked before this was heard."""
        late = meta.redelivered or self._clock.now() - meta.occurred_at > FRESH
        if told.message is None or not late or not await self._masked.has(told.message):
            return told
        return Telling(told.id, told.type, told.at, without_text(told.data, told.message), told.conversation)

    def _hook(self, id: str) -> Webhook:
        hook = self._webhooks().get(id)
        if hook is None:
            raise NotFound("There is no such webhook.")
        return hook

    def _enabled(self, id: str) -> Webhook:
        hook = self._hook(id)
        if not hook.enabled:
            raise Conflict("The webhook is switched off: switch it on first.")
        return hook


def _found(state: Delivery | None, webhook: str) -> Delivery:
    if state is None or state.webhook != webhook:
        raise NotFound("There is no such delivery.")
    return state
