"""What is noted of runs: their records, and what became of them, heard in whatever order (AU-08). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.rules import Run, RunOutcome


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What became of a run, as one of those who did its acts said it. ``failed`` names refused acts and why."""

    run: str
    outcome: RunOutcome
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """What one event adds to the records."""

    runs: tuple[Run, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()


def concluded(run: Run, conclusions: Iterable[Conclusion]) -> Run:
    """The run with all that was heard of it: a refused act makes it failed for good, then one that came too late."""
    heard = sorted(conclusions, key=lambda one: (_RANK.get(one.outcome, len(_RANK)), one.failed))
    if not heard:
        return run
    failed = tuple(dict.fromkeys(text for one in heard for text in one.failed))
    return run.model_copy(update={"outcome": heard[0].outcome, "failed": failed})


_RANK = {RunOutcome.FAILED: 0, RunOutcome.TOO_LATE: 1, RunOutcome.APPLIED: 2}
