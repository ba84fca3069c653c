"""Receipts: what a network or a chat box says became of a message of ours (CH-07)."""

from __future__ import annotations

from datetime import UTC, datetime

from services.ingest.domain.message import StoredMessage
from services.ingest.domain.sending import reported
from services.ingest.handlers.showing import Show
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Meta
from shared.contracts.live import TimelineHint
from shared.contracts.words import Delivery, Direction
from shared.ids import derived
from shared.store import Decision


class Receipts:
    """Applies receipts, in whatever order and number they come."""

    def __init__(self, repository: IngestRepository, clock: Clock, show: Show) -> None:
        self._repository = repository
        self._clock = clock
        self._show = show

    async def apply(self, channel: str, name: str, status: Delivery, said_at: datetime | None, reason: str) -> bool:
        """Whether the channel has a message of ours by that name (our id or the network's)."""
        found = await self._repository.named_outside(channel, name)
        if found is None or found.message.direction is not Direction.OUTBOUND:
            return False
        await self.report(found, status, said_at, reason)
        return True

    async def report(self, state: StoredMessage, status: Delivery, said_at: datetime | None, reason: str) -> None:
        """The status of a message of ours, as of ``said_at`` within reason (after it was sent, not after now)."""
        now = self._clock.now()
        aware = now if said_at is None else said_at if said_at.tzinfo is not None else said_at.replace(tzinfo=UTC)
        at = min(max(aware, state.message.sent_at), now)
        event = derived("receipt", state.id, status, now.isoformat())
        cause = Meta(event_id=event, type="ingest.receipt", occurred_at=now, correlation_id=event, actor=SYSTEM)

        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            if current is None:
                return None
            step = reported(current, status, at, reason)
            return None if step.state is current else Decision(step.state, says=step.says, actor=current.message.author)

        outcome = await self._repository.messages.change(state.id, cause, decide)
        if outcome.changed:
            await self._show(TimelineHint(conversation=state.message.conversation, message_id=state.id))
