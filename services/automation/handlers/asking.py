"""What admins ask about rules: runs, and what a rule would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from services.automation.domain.preview import sampled, tried
from services.automation.resources.rules import check_rule, warn_rule
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.rules import PreviewRule, ReadRuns, RulePreview, Run, RunPage, Sample, Tried
from shared.errors import Unprocessable
from shared.schedule import Schedule
from shared.store import Page


class ReadsRuns(Protocol):
    """Where runs are read from."""

    async def of_rule(self, rule: str, *, after: str | None, limit: int) -> Page[Run]: ...


class ReadsScores(Protocol):
    """What contacts last answered to a survey."""

    async def of(self, contact: str) -> int | None: ...


class Asking:
    """One method per command."""

    def __init__(
        self, runs: ReadsRuns, scores: ReadsScores, hours: Callable[[str], Schedule | None], clock: Clock
    ) -> None:
        self._runs = runs
        self._scores = scores
        self._hours = hours
        self._clock = clock

    async def runs(self, command: ReadRuns, _meta: Meta) -> RunPage:
        """The runs of a rule, newest first (AU-08)."""
        page = await self._runs.of_rule(command.rule, after=command.after, limit=command.limit)
        return RunPage(items=tuple(page.items), next=page.next)

    async def preview(self, command: PreviewRule, _meta: Meta) -> RulePreview:
        """Nothing is stored or sent. 422 with the fields for a rule that could not be saved."""
        problems = check_rule(command.rule)
        if problems:
            errors = [{"field": f"rule.{one.field}", "message": one.message} for one in problems]
            raise Unprocessable(problems[0].message, errors=errors)
        results = [await self._tried(command, sample) for sample in command.samples]
        return RulePreview(results=tuple(results), warnings=tuple(warn_rule(command.rule)))

    async def _tried(self, command: PreviewRule, sample: Sample) -> Tried:
        contact = sample.contact
        unknown = contact.previous_score is None and contact.id is not None
        score = await self._scores.of(contact.id) if unknown and contact.id is not None else None
        hours = self._hours(sample.conversation.channel)
        return tried(command.rule, sample, sampled(command.rule, sample, self._clock.now(), hours, score))
