"""Run records: which rule matched what, and what became of it; and what contacts last answered to a survey."""

from __future__ import annotations

from services.automation.domain.records import Conclusion, Noted, concluded
from shared.clock import Clock
from shared.contracts.base import Contract, Instant
from shared.contracts.rules import Run, RunOutcome
from shared.ids import derived
from shared.store import ASCENDING, DESCENDING, Database, Index, Page, Projection, Repository, Row

WAIT = 0.1
"""Seconds a record waits for what becomes of its run: nearly always both are one write."""


class Runs:
    """Run records by run id: the run once, and every different thing that was heard of it, in whatever order.

    A conclusion may come before its run, from another process; only with the run is there a record to be read.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        index = Index("rule", (("run.rule", ASCENDING), ("run.at", ASCENDING)))
        self._rows = Projection(database, "runs", clock=clock, indexes=(index,), wait=WAIT)

    async def start(self) -> None:
        """Make the indexes."""
        await self._rows.start()

    async def stop(self) -> None:
        """Write what waits."""
        await self._rows.stop()

    async def keep(self, noted: Noted) -> None:
        """Keep this; what is known already stays as it was. Returns once it is written, with others after a moment."""
        runs = [(run.id, "run", 1, run.model_dump(exclude={"id", "failed"})) for run in noted.runs]
        heard = [
            (one.run, _source(one), 1, {"outcome": one.outcome, "failed": one.failed}) for one in noted.conclusions
        ]
        await self._rows.upsert_newer([*runs, *heard])

    async def of_rule(self, rule: str, *, after: str | None, limit: int) -> Page[Run]:
        """The runs of a rule, newest first."""
        page = await self._rows.page({"run.rule": rule}, order=(("run.at", DESCENDING),), after=after, limit=limit)
        return Page(tuple(_read(row) for row in page.items), page.next)


def _source(conclusion: Conclusion) -> str:
    return derived("conclusion", conclusion.outcome.value, *conclusion.failed)


def _read(row: Row) -> Run:
    heard = (
        Conclusion(row.id, RunOutcome(part["outcome"]), tuple(part["failed"]))
        for source, part in row.parts.items()
        if source != "run"
    )
    return concluded(Run.model_validate({"id": row.id, **row.parts["run"]}), heard)


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
