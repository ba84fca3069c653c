"""The only queries of csat's database: invitations, and the claims that keep surveys rare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.csat.domain.invitations import Invitation
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import Contract, Instant
from shared.ids import derived
from shared.store import ASCENDING, Aggregates, Database, Index, Repository

MOST_FIGURES = 20_000


class Invitations(Aggregates[Invitation]):
    """Invitations by id, one per (conversation, episode)."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(
            database,
            "invitations",
            Invitation,
            publish=publish,
            clock=clock,
            trail=True,
            indexes=(Index("sent", (("state.sent_at", ASCENDING),), sparse=True),),
        )

    async def sent_between(self, start: datetime, end: datetime, wanted: dict[str, str | None]) -> Sequence[Invitation]:
        """Sent in [start, end), narrowed by survey, agent, team or channel."""
        narrowed = {f"state.{name}": value for name, value in wanted.items() if value is not None}
        return await self.find({"state.sent_at": {"$gte": start, "$lt": end}, **narrowed}, limit=MOST_FIGURES)


class Claim(Contract):
    """The last survey of a definition that went, or is to go, to a contact."""

    id: str
    version: int = 0
    invitation: str | None
    at: Instant


class Claims(Repository[Claim]):
    """Taken by compare-and-set when scheduled and given back when cancelled, so two channels cannot both pass."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "claims", Claim)

    async def take(self, survey: str, contact: str, invitation: str, days: int, at: datetime) -> bool:
        """Whether this invitation may go: none of the survey within ``days`` (closed at exactly N × 24 h)."""
        if days == 0:
            return True
        id = derived("claim", survey, contact)
        while True:
            current = await self.get(id)
            if current is not None and current.invitation == invitation:
                return True
            if current is not None and current.invitation is not None and at - current.at <= timedelta(days=days):
                return False
            version = 0 if current is None else current.version
            claim = Claim(id=id, version=version + 1, invitation=invitation, at=at)
            if await self.compare_and_set(claim, version):
                return True

    async def give_back(self, survey: str, contact: str, invitation: str) -> None:
        """The invitation will not go after all."""
        id = derived("claim", survey, contact)
        current = await self.get(id)
        if current is not None and current.invitation == invitation:
            free = current.model_copy(update={"version": current.version + 1, "invitation": None})
            await self.compare_and_set(free, current.version)
