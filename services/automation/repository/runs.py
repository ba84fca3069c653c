"""Run records: which rule matched what, and what became of it; and what contacts last answered to a survey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shared.contracts.base import Contract, Instant
from shared.contracts.rules import Run, RunOutcome
from shared.store import ASCENDING, DESCENDING, Database, Index, Page, Repository


class Runs(Repository[Run]):
    """Run records, insert-once by run id."""

    def __init__(self, database: Database) -> None:
        super().__init__(
            database,
            "runs",
            Run,
            indexes=(Index("rule", (("rule", ASCENDING), ("at", ASCENDING))),),
        )

    async def record(self, runs: Iterable[Run]) -> None:
        """Keep these runs; those known already stay as they were."""
        await self.insert_many(runs)

    async def conclude(self, run: str, outcome: RunOutcome, failed: Sequence[str]) -> None:
        """What became of it, heard in whatever order: a refused act makes it failed for good."""
        at = {"_id": run} if failed else {"_id": run, "outcome": RunOutcome.SAID.value}
        change: dict[str, Any] = {"$set": {"outcome": outcome.value}}
        if failed:
            change["$addToSet"] = {"failed": {"$each": list(failed)}}
        await self._collection.update(at, change)

    async def of_rule(self, rule: str, *, after: str | None, limit: int) -> Page[Run]:
        """The runs of a rule, newest first."""
        return await self.page({"rule": rule}, order=(("at", DESCENDING),), after=after, limit=limit)


class Score(Contract):
    """The last answer of a contact to a survey; the id is the contact's."""

    id: str
    score: int
    at: Instant


class Scores(Repository[Score]):
    """Last answers, by contact."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "scores", Score)

    async def of(self, contact: str) -> int | None:
        """The number of the option that was chosen last."""
        found = await self.get(contact)
        return None if found is None else found.score

    async def answered(self, contact: str, score: int, at: Instant) -> None:
        """Keep it, unless a later answer is known."""
        if not await self.insert(Score(id=contact, score=score, at=at)):
            await self.set({"_id": contact, "at": {"$lt": at}}, {"score": score, "at": at})
