"""What ingest says: messages in, messages out, their outcomes, contacts, tags."""

from __future__ import annotations

from datetime import timedelta

from services.routing import language
from services.routing.desk import DeskSource
from services.routing.domain import arrival, replies
from services.routing.domain.decision import Decision
from services.routing.handlers.changing import Changing
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import (
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    MessageSnapshot,
    MessageTagged,
    MessageUncertain,
)
from shared.errors import RetryLater
from shared.ids import derived

PATIENCE = timedelta(seconds=60)
"""How long after a contact changed a conversation of its may still be on its way to us."""


class Messages:
    """One method per event of ingest."""

    def __init__(self, changing: Changing, desk: DeskSource, clock: Clock) -> None:
        self._changing = changing
        self._desk = desk
        self._clock = clock

    async def on_received(self, event: MessageReceived, meta: Meta) -> None:
        """T1, T11, T18a. The language is detected here, from the text alone (AU-09)."""
        detected = language.detect(event.message.text, self._desk.languages)
        await self._changing.change(
            event.thread.conversation,
            meta,
            lambda current: arrival.received(current, event, self._desk.current(), self._clock.now(), detected),
            message=event.message,
            contact=event.contact,
            likely_new=event.opens,
        )

    async def on_queued(self, event: MessageQueued, meta: Meta) -> None:
        """T9, T0. A note changes nothing but is passed on, so that rows show it and mentions are told (WF-19)."""
        await self._changing.change(
            event.thread.conversation,
            meta,
            lambda current: replies.sent(current, event, self._desk.current(), self._clock.now(), meta.occurred_at),
            message=event.message,
            contact=event.contact,
        )

    async def on_accepted(self, event: MessageAccepted, meta: Meta) -> None:
        """T9b."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: replies.accepted(current, event, self._desk.current(), self._clock.now()),
            message=_sending(event),
        )

    async def on_failed(self, event: MessageFailed, meta: Meta) -> None:
        """T9c."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: replies.failed(current, event, self._desk.current(), self._clock.now()),
            message=_sending(event),
        )

    async def on_uncertain(self, event: MessageUncertain, meta: Meta) -> None:
        """T9c: nobody knows whether it was sent."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: replies.failed(current, event, self._desk.current(), self._clock.now()),
            message=_sending(event),
        )

    async def on_tagged(self, event: MessageTagged, meta: Meta) -> None:
        """A conversation's union of tags."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: arrival.tagged(_known(current), event, self._desk.current(), self._clock.now()),
        )

    async def on_contact_changed(self, event: ContactChanged, meta: Meta) -> None:
        """RT-03, RT-13: each of the contact's conversations is rescored and rerouted by a cause of its own."""
        if not event.touches("name", "groups"):
            return
        for id in event.conversations:
            await self._changing.change(
                id,
                meta.model_copy(update={"event_id": derived("contact", meta.event_id, id)}),
                lambda current: self._contact_changed(current, event, meta),
                contact=event.contact,
            )

    def _contact_changed(
        self, current: ConversationSnapshot | None, event: ContactChanged, meta: Meta
    ) -> Decision | None:
        now = self._clock.now()
        if current is not None:
            return arrival.contact_changed(current, event, self._desk.current(), now)
        if now - meta.occurred_at < PATIENCE:
            raise RetryLater("The conversation has not been heard of yet.")
        return None  # nothing was ever said in it; what will be brings the contact along


def _sending(event: MessageAccepted | MessageFailed | MessageUncertain) -> MessageSnapshot | None:
    """The reply itself, which the outcome repeats in case it is heard first."""
    return None if event.queued is None else event.queued.message


def _known(current: ConversationSnapshot | None) -> ConversationSnapshot:
    if current is None:
        raise RetryLater("The conversation has not been heard of yet.")
    return current
