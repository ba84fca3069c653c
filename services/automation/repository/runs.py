"""Run records: which rule matched which message."""

from __future__ import annotations

from collections.abc import Iterable

from shared.contracts.acts import RuleRun
from shared.contracts.base import Contract, Instant
from shared.store import ASCENDING, Database, Index, Repository


class Run(Contract):
    """A rule that matched a message (AU-08). ``milliseconds`` is what the evaluation of all rules took."""

    id: str
    rule: str
    name: str
    conversation: str
    message: str
    at: Instant
    milliseconds: float
    actions: tuple[str, ...]


class Runs(Repository[Run]):
    """Run records, insert-once by run id."""

    def __init__(self, database: Database) -> None:
        super().__init__(
            database,
            "runs",
            Run,
            indexes=(Index("rule", (("rule", ASCENDING), ("at", ASCENDING))),),
        )

    async def record(
        self, runs: Iterable[RuleRun], conversation: str, message: str, at: Instant, milliseconds: float
    ) -> None:
        """Keep these runs; those known already stay as they were."""
        await self.insert_many(
            Run(
                id=run.run,
                rule=run.rule,
                name=run.name,
                conversation=conversation,
                message=message,
                at=at,
                milliseconds=milliseconds,
                actions=tuple(action.act for action in run.actions),
            )
            for run in runs
        )
