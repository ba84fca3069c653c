"""The only queries of the sla service's database."""

from __future__ import annotations

from collections.abc import Sequence

from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.clocks import ClockSnapshot
from shared.store import ASCENDING, Aggregates, Database, Index

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
            indexes=(Index("conversation", (("state.conversation", ASCENDING),)),),
        )

    async def of_conversation(self, conversation: str) -> Sequence[ClockSnapshot]:
        """The clocks of a conversation, oldest first, at most the latest 200."""
        found = await self.find({"state.conversation": conversation}, limit=MOST_CLOCKS)
        return sorted(found, key=lambda clock: (clock.episode, -1 if clock.turn is None else clock.turn))
