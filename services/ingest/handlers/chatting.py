"""What a chat visitor may read of his conversation, and what his page says it showed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.ingest.domain.message import StoredMessage
from services.ingest.handlers.attaching import Piece, attached, keep
from services.ingest.handlers.receipts import Receipts
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.messages import Attachment, ThreadKey
from shared.contracts.settings import Channel
from shared.contracts.words import Delivery, Direction
from shared.errors import NotFound, Unprocessable
from shared.store import Blob, Blobs

OVERLAP = timedelta(seconds=5)
"""Times of two processes may differ, and writes overtake one another: a little is read again, and known by its id."""

LATEST = 200


class Chatting:
    """One conversation, seen from the other side."""

    def __init__(self, repository: IngestRepository, receipts: Receipts, clock: Clock) -> None:
        self._repository = repository
        self._receipts = receipts
        self._clock = clock

    async def since(self, thread: ThreadKey, instant: datetime, *, also: Collection[str] = ()) -> list[StoredMessage]:
        """The latest messages since an instant, oldest first, with those named in ``also``; never anything internal."""
        until = self._clock.now() + OVERLAP
        start = min(max(instant - OVERLAP, _EPOCH), until)
        latest = await self._repository.since(thread.conversation, start, until, LATEST)
        found = {state.id: state for state in latest}
        if missing := [id for id in also if id not in found]:
            found |= await self._repository.messages.get_many(missing)
        visible = [state for state in found.values() if _is_visible(state, thread)]
        return sorted(visible, key=lambda state: (state.message.sent_at, state.message.received_at, state.id))

    async def seen(self, thread: ThreadKey, *, delivered: Sequence[str], read: Sequence[str]) -> None:
        """Move the delivery status of our messages in this conversation; other ids are passed over."""
        states = await self._repository.messages.get_many({*delivered, *read})
        for status, ids in ((Delivery.READ, read), (Delivery.DELIVERED, delivered)):
            for id in dict.fromkeys(ids):
                state = states.get(id)
                if state is not None and _is_visible(state, thread) and _is_new(state, status):
                    await self._receipts.report(state, status, None, "")

    async def keep(self, thread: ThreadKey, channel: Channel, piece: Piece) -> None:
        """A piece of a file that the visitor is going to send (CH-08)."""
        await keep(self._repository, channel, thread.conversation, piece)

    async def kept(self, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """Files that he sent in pieces, all of them."""
        blobs = [await self._repository.blobs.about(id) for id in ids]
        if any(blob is None for blob in blobs):
            raise Unprocessable("Send the file first.")
        return tuple(attached(blob) for blob in blobs if blob is not None)

    async def file(self, thread: ThreadKey, id: str) -> Blob:
        """A file of his conversation. NotFound where no message of it carries one."""
        blob = await self._repository.blobs.about(id)
        if blob is None or not await self._repository.has_file(thread.conversation, id):
            raise NotFound("There is no such file in this conversation.")
        return blob

    @property
    def blobs(self) -> Blobs:
        """The bytes."""
        return self._repository.blobs


def _is_visible(state: StoredMessage, thread: ThreadKey) -> bool:
    return state.thread == thread and state.message.direction is not Direction.INTERNAL


def _is_new(state: StoredMessage, status: Delivery) -> bool:
    current = state.message.delivery
    return state.message.direction is Direction.OUTBOUND and current not in (status, Delivery.READ)


_EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
