"""Webhooks out, as a part of automation: subscriptions, deliveries, their log."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from services.automation.domain.telling import Telling
from services.automation.handlers.webhooks import WebhookHandlers
from services.automation.metrics import WebhookMetrics
from services.automation.parts import Common
from services.automation.repository.deliveries import Deliveries, MaskedMessages
from services.automation.settings import WebhookSending
from services.automation.workers.webhooks import Deliverer, forget_old
from shared.bus import Row, answers, consumes
from shared.contracts.base import Meta
from shared.contracts.clocks import SlaBreached, SlaCorrected, SlaWarned
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import MessageAccepted, MessageFailed, MessageMasked, MessageUncertain
from shared.contracts.settings.webhooks import Webhook
from shared.contracts.surveys import AnswerRecorded
from shared.contracts.webhooks import ListDeliveries, ReadDelivery, Redeliver, SendTestEvent
from shared.ids import new_id
from shared.outside import Outside
from shared.timers import Timers

DRAIN_SECONDS = 5.0
TOLD = (
    MessageAccepted,
    MessageFailed,
    MessageUncertain,
    SlaWarned,
    SlaBreached,
    SlaCorrected,
    AnswerRecorded,
    ContactChanged,
)
"""What webhooks tell of besides changes of conversations."""


class WebhooksPart:
    """Where the pieces of webhooks meet. ``call`` is what the action of a rule uses."""

    def __init__(self, common: Common, sending: WebhookSending) -> None:
        runtime, database = common.runtime, common.database
        self._runtime = runtime
        self._sending = sending
        self._book = common.owner.book(Webhook)
        bus, clock = runtime.bus, runtime.clock
        self._deliveries = Deliveries(database, publish=bus.publish, clock=clock)
        self._masked = MaskedMessages(database)
        self._outside = Outside(
            allow_private=runtime.settings.allow_private_endpoints,
            timeout=sending.webhook_timeout,
            connections=sending.webhook_calls,
        )
        self._deliverer = Deliverer(
            self._deliveries,
            self._webhooks,
            self._outside,
            lambda state, now: self._handlers.gave_up(state, now),
            clock=clock,
            metrics=WebhookMetrics(runtime.metrics),
            me=new_id(),
            places=sending.webhook_places,
            calls=sending.webhook_calls,
        )
        self._handlers = WebhookHandlers(
            self._webhooks,
            self._deliveries,
            self._masked,
            common.owner,
            add=self._deliverer.add,
            publish=bus.publish,
            clock=clock,
        )
        self._deliveries.on_saved(self._deliverer.saw)
        self._timers = Timers(self._deliveries, self._deliverer.wake, clock, metrics=runtime.metrics)
        self._housekeeping: asyncio.Task[None] | None = None

    def rows(self) -> Sequence[Row]:
        """What is told of, and the log."""
        handlers = self._handlers
        return (
            *(consumes(event, handlers.tell) for event in TOLD),
            consumes(MessageMasked, handlers.on_masked),
            answers(ListDeliveries, handlers.list),
            answers(ReadDelivery, handlers.read),
            answers(Redeliver, handlers.redeliver),
            answers(SendTestEvent, handlers.test),
        )

    async def start(self) -> None:
        """Collections and indexes."""
        await self._deliveries.start()
        await self._masked.start()

    async def begin(self) -> None:
        """Timers, what an earlier process left, and the hourly forgetting."""
        await self._timers.start()
        self._deliverer.start()
        keep = forget_old(self._deliveries, self._masked, self._sending.webhook_log_days, self._runtime.clock)
        self._housekeeping = asyncio.create_task(keep, name="webhook log")

    async def stop(self) -> None:
        """Finish what is being called, within a bound."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._housekeeping
        await self._timers.stop()
        await self._deliverer.stop(DRAIN_SECONDS)
        await self._outside.close()
        await self._deliveries.stop()

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Told to whoever subscribes."""
        await self._handlers.tell(event, meta)

    async def call(self, webhook: str, telling: Telling) -> bool:
        """Tell the webhook that a rule names; False when it is gone or switched off."""
        return await self._handlers.call(webhook, telling)

    def _webhooks(self) -> Mapping[str, Webhook]:
        return self._book.all()
