"""Rules in memory: fakes of what they stand on, and a service that hears a story's steps as from the bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry

from services.automation.domain.budget import Budget, spend
from services.automation.domain.looking import Seen
from services.automation.domain.records import Conclusion, Noted, concluded
from services.automation.domain.rules import RuleSet
from services.automation.handlers.rules import Handlers
from services.automation.metrics import RuleMetrics
from shared.contracts.acts import RuleAction, TagMessageAct
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged, ConversationTriaged, RuleActed
from shared.contracts.rules import Run
from shared.contracts.settings import KeywordCondition, Rule, RuleEvent
from shared.contracts.words import Visibility
from shared.ids import derived
from tests.support.bus import FakeBus
from tests.support.clock import ManualClock
from tests.support.conversations import Story, desk, inbound

TAG = TagMessageAct(add=("error",))


def rule(*actions: RuleAction, keywords: str | None = "error", **fields: object) -> Rule:
    conditions = () if keywords is None else (KeywordCondition(keywords=keywords),)
    return Rule.model_validate({"name": "Errors", "conditions": conditions, "actions": actions or (TAG,), **fields})


class Records:
    """Run records in memory."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.heard: dict[Conclusion, None] = {}

    async def keep(self, noted: Noted) -> None:
        for run in noted.runs:
            self.runs.setdefault(run.id, run)
        self.heard |= dict.fromkeys(noted.conclusions)

    @property
    def kept(self) -> dict[str, Run]:
        """By id, as they would be read."""
        return {id: concluded(run, (one for one in self.heard if one.run == id)) for id, run in self.runs.items()}


class Scores:
    """Last answers in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}

    async def of(self, contact: str) -> int | None:
        return self.kept.get(contact)

    async def answered(self, contact: str, score: int, _at: datetime) -> None:
        self.kept[contact] = score


class BudgetsInMemory:
    """One budget for each conversation."""

    def __init__(self, clock: ManualClock, limit: int = 50) -> None:
        self._clock = clock
        self.limit = limit
        self.kept: dict[str, Budget] = {}

    async def spend(self, conversation: str, runs: Iterable[str], _cause: Meta) -> frozenset[str]:
        before = self.kept.get(conversation, Budget(id=conversation))
        self.kept[conversation], going = spend(before, runs, self._clock.now(), self.limit)
        return going


class AutomationInMemory:
    """``hear`` as the bus would."""

    def __init__(self, rules: Mapping[str, Rule], *, limit: int = 50) -> None:
        clock = ManualClock()
        self.bus = FakeBus("automation", clock=clock)
        self.records = Records()
        self.scores = Scores()
        self.budgets = BudgetsInMemory(clock, limit)
        compiled = RuleSet(rules)
        self.handlers = Handlers(
            lambda: compiled,
            lambda _channel: None,
            self.records,
            self.scores,
            self.budgets,
            self.bus.publish,
            clock,
            RuleMetrics(CollectorRegistry()),
        )

    async def hear(self, story: Story, text: str = "", *, by_rule: str | None = None) -> Meta:
        """What routing says of the story's last step, a customer message with this text."""
        latest = story.now.inbound[-1].id
        message = inbound(latest, 0, text).message
        event = ConversationChanged(conversation=story.now, changes=story.facts, message=message)
        id = derived("test event", story.now.version)
        meta = Meta(event_id=id, type=event.type, occurred_at=ManualClock().now(), correlation_id=id, by_rule=by_rule)
        await self.handlers.on_conversation_changed(event, meta)
        return meta

    @property
    def answers(self) -> list[ConversationTriaged]:
        return self.bus.said(ConversationTriaged)

    @property
    def acts(self) -> list[RuleActed]:
        return self.bus.said(RuleActed)


def looked_at(text: str, *, cause: str = "m1", first: bool = True) -> Seen:
    """A message as rules see it."""
    return Seen(
        events=frozenset({RuleEvent.MESSAGE_RECEIVED}),
        cause=cause,
        at=ManualClock().now(),
        text=text,
        channel="ch-1",
        visibility=Visibility.PRIVATE,
        first=first,
    )


def waiting() -> Story:
    """A conversation that has just opened, in triage."""
    return Story(desk(triage=True)).message("m1", 0)
