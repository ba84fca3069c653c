"""Webhook deliveries and what is remembered of masked messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.automation.domain.deliveries import RETRIED_FOR, Delivery
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import Contract, Instant
from shared.contracts.webhooks import DeliveryStatus
from shared.store import ASCENDING, DESCENDING, Aggregates, Database, Index, Page, Repository

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEWEST = (("state.created_at", DESCENDING),)
OLDEST = (("state.created_at", ASCENDING),)


def indexed(state: Delivery) -> dict[str, str]:
    """Sparse: the lane while it is held there, the message while its text is inside."""
    fields = {}
    if state.held and state.status is DeliveryStatus.WAITING:
        fields["lane"] = state.webhook
    if state.message is not None and not state.masked:
        fields["message"] = state.message
    return fields


class Deliveries(Aggregates[Delivery]):
    """Deliveries by id. They say nothing on the bus, and are forgotten when the log's time is over."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(
            database,
            "deliveries",
            Delivery,
            publish=publish,
            clock=clock,
            trail=False,
            indexes=(
                Index("log", (("state.webhook", ASCENDING), ("state.created_at", DESCENDING))),
                Index(
                    "log_status",
                    (("state.webhook", ASCENDING), ("state.status", ASCENDING), ("state.created_at", DESCENDING)),
                ),
                Index("lane", (("derived.lane", ASCENDING), ("state.created_at", ASCENDING)), sparse=True),
                Index("message", (("derived.message", ASCENDING),), sparse=True),
                Index("created", (("state.created_at", ASCENDING),)),
            ),
            document=indexed,
        )

    async def log(self, webhook: str, status: DeliveryStatus | None, after: str | None, limit: int) -> Page[Delivery]:
        """Newest first."""
        wanted = {"state.webhook": webhook} | ({"state.status": status.value} if status is not None else {})
        return await self.page(wanted, order=NEWEST, after=after, limit=limit)

    async def held(self, webhook: str, limit: int) -> Sequence[Delivery]:
        """Held in this lane, oldest first."""
        return await self.find({"derived.lane": webhook}, order=OLDEST, limit=limit)

    async def telling_of(self, message: str, limit: int) -> Sequence[Delivery]:
        """Those that hold this message's text."""
        return await self.find({"derived.message": message}, limit=limit)

    async def any_delivered(self, webhook: str, since: datetime) -> bool:
        """Whether anything reached the webhook since then."""
        wanted = {
            "state.webhook": webhook,
            "state.status": DeliveryStatus.DELIVERED.value,
            "state.created_at": {"$gte": since - RETRIED_FOR, "$lte": since + timedelta(days=3650)},
            "state.last_at": {"$gte": since},
        }
        return await self.count(wanted, limit=1) > 0

    async def drop_before(self, instant: datetime) -> int:
        """Forget what was made before; how many."""
        return await self._collection.delete({"state.created_at": {"$gte": EPOCH, "$lt": instant}})


class Masked(Contract):
    """A message that was masked: what is heard of it late must not bring its text back."""

    id: str
    at: Instant


class MaskedMessages(Repository[Masked]):
    """Masked messages by id."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "masked", Masked, indexes=(Index("at", (("at", ASCENDING),)),))

    async def add(self, message: str, at: Instant) -> None:
        """It was masked."""
        await self.insert(Masked(id=message, at=at))

    async def has(self, message: str) -> bool:
        """Whether it was."""
        return await self.get(message) is not None

    async def drop_before(self, instant: datetime) -> int:
        """Forget those that nothing in flight can tell of any more; how many."""
        return await self.delete_many({"at": {"$gte": EPOCH, "$lt": instant}})
