"""Rules as a part of automation."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.domain.hours import schedule_of
from services.automation.domain.rules import RuleSet
from services.automation.handlers.asking import Asking
from services.automation.handlers.rules import Calls, Handlers, Takes
from services.automation.metrics import RuleMetrics
from services.automation.parts import Common
from services.automation.repository.runs import Runs, Scores
from shared.bus import Row, answers, consumes
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.rules import ActRefused, PreviewRule, ReadRuns
from shared.contracts.settings import Rule, ScheduleSettings, WorkflowSettings
from shared.schedule import Schedule


class RulesPart:
    """Rules, run records, dry runs. ``takes``: virtual agents that may take what is opened; ``calls``: webhooks."""

    def __init__(self, common: Common, takes: Takes | None = None, calls: Calls | None = None) -> None:
        runtime = common.runtime
        self._replicas = common.replicas
        self._book = common.owner.book(Rule)
        self._compiled: RuleSet | None = None
        self._book.on_change(self._forget)
        self._runs = Runs(common.database)
        self._scores = Scores(common.database)
        self._handlers = Handlers(
            self._rules,
            self._hours,
            self._runs,
            self._scores,
            common.budgets,
            runtime.bus.publish,
            runtime.clock,
            RuleMetrics(runtime.metrics),
            takes,
            calls,
        )
        self._asking = Asking(self._runs, self._scores, self._hours, runtime.clock)

    def rows(self) -> Sequence[Row]:
        """What rules hear and answer."""
        return (
            consumes(ActRefused, self._handlers.on_act_refused),
            answers(ReadRuns, self._asking.runs),
            answers(PreviewRule, self._asking.preview),
        )

    async def start(self) -> None:
        """Collections and indexes."""
        await self._runs.start()
        await self._scores.start()

    async def begin(self) -> None:
        """Nothing runs by itself."""

    async def stop(self) -> None:
        """Nothing to finish."""

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Rules react to what happened."""
        await self._handlers.on_conversation_changed(event, meta)

    def _rules(self) -> RuleSet:
        if self._compiled is None:
            self._compiled = RuleSet(self._book.all())
        return self._compiled

    def _forget(self) -> None:
        self._compiled = None

    def _hours(self, channel: str) -> Schedule | None:
        workflow = self._replicas.book(WorkflowSettings).current()
        return schedule_of(channel, self._replicas.book(ScheduleSettings).all(), workflow)
