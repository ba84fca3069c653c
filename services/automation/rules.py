"""Rules as a part of automation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.automation.domain.hours import schedule_of
from services.automation.domain.records import Noted
from services.automation.domain.rules import RuleSet
from services.automation.domain.waiting import TimeRules, named
from services.automation.handlers.asking import Asking
from services.automation.handlers.rules import Calls, Handlers, Takes
from services.automation.handlers.waiting import Waiting
from services.automation.metrics import RuleMetrics
from services.automation.parts import Common
from services.automation.repository.following import Following
from services.automation.repository.runs import Runs, Scores
from services.automation.workers.following import CatchUp
from shared.bus import Row, answers, consumes
from shared.contracts.base import Meta
from shared.contracts.clocks import SlaBreached, SlaWarned
from shared.contracts.conversations import ConversationChanged, RuleDue
from shared.contracts.rules import ActRefused, PreviewRule, ReadRuns
from shared.contracts.settings import Rule, ScheduleSettings, WorkflowSettings
from shared.schedule import Schedule
from shared.timers import Timers


class RulesPart:
    """Rules, run records, dry runs. ``takes``: virtual agents that may take what is opened; ``calls``: webhooks."""

    def __init__(
        self,
        common: Common,
        takes: Takes | None = None,
        calls: Calls | None = None,
        resolves: Callable[[str], None] | None = None,
    ) -> None:
        """``resolves`` is told of events over which a rule is about to resolve the conversation."""
        runtime = common.runtime
        self._book = common.owner.book(Rule)
        self._schedules = common.replicas.book(ScheduleSettings)
        self._workflow = common.replicas.book(WorkflowSettings)
        self._compiled: TimeRules | None = None
        for book in (self._book, self._schedules, self._workflow):
            book.on_change(self._forget)
        self._runs = Runs(common.database, clock=runtime.clock)
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
            resolves,
        )
        self._following = Following(common.database, publish=runtime.bus.publish, clock=runtime.clock)
        self._waiting = Waiting(
            self._time_rules, self._following, self._handlers, self._scores, runtime.bus, runtime.clock
        )
        self._timers = Timers(self._following, self._waiting.woken, runtime.clock, metrics=runtime.metrics)
        self._catch_up = CatchUp(self._time_rules_named, self._waiting.follow, runtime.bus, runtime.clock, runtime.log)
        self._asking = Asking(self._runs, self._scores, self._hours, runtime.clock)

    def rows(self) -> Sequence[Row]:
        """What rules hear and answer."""
        return (
            consumes(ActRefused, self._handlers.on_act_refused),
            consumes(RuleDue, self._waiting.on_rule_due),
            consumes(SlaWarned, self._waiting.on_alarm),
            consumes(SlaBreached, self._waiting.on_alarm),
            answers(ReadRuns, self._asking.runs),
            answers(PreviewRule, self._asking.preview),
        )

    async def start(self) -> None:
        """Collections and indexes."""
        await self._runs.start()
        await self._scores.start()
        await self._following.start()

    async def begin(self) -> None:
        """Time-based rules."""
        await self._timers.start()
        self._catch_up.start()

    async def stop(self) -> None:
        """Finish what is woken, publish what is left."""
        await self._catch_up.stop()
        await self._timers.stop()
        await self._following.stop()
        await self._runs.stop()

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """``hear`` and ``keep``."""
        await self.keep(await self.hear(event, meta))

    async def hear(self, event: ConversationChanged, meta: Meta) -> Noted:
        """Rules react to what happened, time-based ones follow it; what is noted is to be kept afterwards."""
        noted = await self._handlers.hear(event, meta)
        await self._waiting.on_conversation_changed(event, meta)
        return noted

    async def keep(self, noted: Noted) -> None:
        """Before the event is done with; takes a tenth of a second."""
        await self._handlers.keep(noted)

    def _rules(self) -> RuleSet:
        return self._time_rules().rules

    def _forget(self) -> None:
        self._compiled = None
        self._catch_up.look()

    def _time_rules(self) -> TimeRules:
        """All rules, compiled once for each change of them, or of what business hours are."""
        if self._compiled is None:
            rules = RuleSet(self._book.all())
            hours = f"{self._schedules.revision} {self._workflow.current().default_schedule}"
            self._compiled = TimeRules(rules, self._hours, named(rules, hours))
        return self._compiled

    def _time_rules_named(self) -> str | None:
        """What following depends on; None while there are no time-based rules."""
        found = self._time_rules()
        return found.name if found.rules.time_based else None

    def _hours(self, channel: str) -> Schedule | None:
        return schedule_of(channel, self._schedules.all(), self._workflow.current())
