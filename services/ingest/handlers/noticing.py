"""Admins hear of a mailbox that has failed for long, and that it works again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.ingest.domain.mailbox import Mailbox
from shared.bus import Envelope, envelope
from shared.clock import Clock
from shared.contracts.base import SYSTEM
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn, NoticeKind
from shared.contracts.settings import Channel
from shared.ids import derived
from shared.resources import Book


class Noticing:
    """Says both by names that follow from the outage: what is said again is the same."""

    def __init__(self, publish: Callable[[Envelope], Awaitable[None]], channels: Book[Channel], clock: Clock) -> None:
        self._publish = publish
        self._channels = channels
        self._clock = clock

    async def fails(self, told: str, box: Mailbox) -> None:
        """It has not been read for long. RetryLater when the broker is away."""
        await self._publish(envelope(self._notice(box), cause=None, event_id=told, actor=SYSTEM, now=self._clock.now()))

    async def works(self, told: str, box: Mailbox) -> None:
        """It is read again. RetryLater when the broker is away."""
        event = AdminNoticeWithdrawn(told=told, notice=self._notice(box))
        id = derived("mailbox works", told)
        await self._publish(envelope(event, cause=None, event_id=id, actor=SYSTEM, now=self._clock.now()))

    def _notice(self, box: Mailbox) -> AdminNotice:
        channel = self._channels.get(box.id)
        return AdminNotice(
            notice=NoticeKind.MAILBOX_FAILING,
            at=box.since or self._clock.now(),
            kind=Channel.kind,
            id=box.id,
            name=channel.name if channel is not None else "",
            reason=box.problem or "",
        )
