"""The only queries of the sla service's database."""

from __future__ import annotations

from collections.abc import Sequence

from services.sla.domain.clocks import is_started
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.clocks import ClockSnapshot
from shared.store import ASCENDING, DESCENDING, Aggregates, Database, Index

MOST_CLOCKS = 200


class Clocks(Aggregates[ClockSnapshot]):
    """Clocks by id. The trail keeps every alarm, for reports."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(
            database,
            "clocks",
            ClockSnapshot,
            publish=publish,
            clock=clock,
            trail=True,
            indexes=(Index("conversation", (("state.conversation", ASCENDING), ("state.episode", ASCENDING))),),
        )

    async def of_conversation(self, conversation: str) -> Sequence[ClockSnapshot]:
        """The clocks of a conversation, oldest first, at most the latest 200."""
        latest = (("state.episode", DESCENDING),)
        found = await self.find({"state.conversation": conversation}, order=latest, limit=MOST_CLOCKS)
        return sorted(filter(is_started, found), key=lambda one: (one.episode, -1 if one.turn is None else one.turn))
