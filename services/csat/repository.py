"""The only queries of csat's database: invitations, and the claims that keep surveys rare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from services.csat.domain.invitations import Invitation
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import Contract, Instant
from shared.contracts.surveys import Wanted
from shared.ids import derived
from shared.store import ASCENDING, DESCENDING, Aggregates, Database, Index, Page, Repository

FAR = datetime(9000, 1, 1, tzinfo=UTC)


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

    async def sent_page(self, wanted: Wanted, *, answered: bool, after: str | None, limit: int) -> Page[Invitation]:
        """Sent in [start, end), the last first, narrowed as asked; only those with an answer where ``answered``."""
        filter: dict[str, Any] = {"state.sent_at": {"$gte": wanted.start, "$lt": wanted.end}}
        if answered:  # always after the sending; bounded on both sides
            filter["state.answered_at"] = {"$gte": wanted.start, "$lt": FAR}
        filter |= {f"state.{name}": value for name, value in narrowed(wanted).items()}
        return await self.page(filter, order=(("state.sent_at", DESCENDING),), after=after, limit=limit)


def narrowed(wanted: Wanted) -> dict[str, str]:
    """What is asked for beside the time, by the invitation's field. Of topics it has one at least."""
    asked = {
        "survey": wanted.survey,
        "agent": wanted.agent,
        "team": wanted.team,
        "channel": wanted.channel,
        "topics": wanted.topic,
    }
    return {name: value for name, value in asked.items() if value is not None}


class Claim(Contract):
    """How often a contact is asked by a survey: ``invitation`` is to go at ``at`` (none: nothing waits), and
    ``sent_by`` was the last that went, at ``sent_at``.
    """

    id: str
    version: int = 0
    invitation: str | None = None
    at: Instant
    sent_by: str | None = None
    sent_at: Instant | None = None


class ClaimRecords(Protocol):
    """Where claims are kept."""

    async def get(self, id: str) -> Claim | None: ...

    async def compare_and_set(self, item: Claim, version: int) -> bool: ...


def claim_records(database: Database) -> Repository[Claim]:
    """The claims of this database."""
    return Repository(database, "claims", Claim)


class Claims:
    """Taken by compare-and-set when scheduled and given back when cancelled, so two channels cannot both pass."""

    def __init__(self, records: ClaimRecords) -> None:
        self._records = records

    async def is_free(self, survey: str, contact: str, invitation: str, days: int, at: datetime) -> bool:
        """Whether this invitation may go: none of the survey within ``days`` (closed at exactly N × 24 h)."""
        return days == 0 or _free(await self._records.get(_id(survey, contact)), invitation, days, at)

    async def take(self, survey: str, contact: str, invitation: str, days: int, at: datetime, due: datetime) -> bool:
        """Take it if it is free at ``at``, for a survey that is to go at ``due``."""
        if days == 0:
            return True
        id = _id(survey, contact)
        while True:
            current = await self._records.get(id)
            if not _free(current, invitation, days, at):
                return False
            taken = current or Claim(id=id, at=due)
            if await self._write(current, taken.model_copy(update={"invitation": invitation, "at": due})):
                return True

    async def sent(self, survey: str, contact: str, invitation: str, at: datetime) -> None:
        """It went at ``at``: the frequency counts from here."""
        id = _id(survey, contact)
        while True:
            current = await self._records.get(id)
            claim = current or Claim(id=id, at=at)
            if claim.sent_at is None or claim.sent_at < at:
                claim = claim.model_copy(update={"sent_by": invitation, "sent_at": at})
            if claim.invitation == invitation:
                claim = claim.model_copy(update={"invitation": None})
            if claim == current or await self._write(current, claim):
                return

    async def give_back(self, survey: str, contact: str, invitation: str) -> None:
        """The invitation will not go after all."""
        while True:
            current = await self._records.get(_id(survey, contact))
            if current is None or current.invitation != invitation:
                return
            if await self._write(current, current.model_copy(update={"invitation": None})):
                return

    async def _write(self, current: Claim | None, claim: Claim) -> bool:
        version = 0 if current is None else current.version
        return await self._records.compare_and_set(claim.model_copy(update={"version": version + 1}), version)


def _id(survey: str, contact: str) -> str:
    return derived("claim", survey, contact)


def _free(current: Claim | None, invitation: str, days: int, at: datetime) -> bool:
    if current is None:
        return True
    window = timedelta(days=days)
    if current.sent_at is not None and current.sent_by != invitation and at - current.sent_at <= window:
        return False
    return current.invitation in (None, invitation) or at - current.at > window
