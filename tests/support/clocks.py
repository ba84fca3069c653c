"""The sla service in memory: hears events, keeps clocks, rings their alarms when told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.sla.domain.terms import Settings
from services.sla.handlers import Handlers, woken
from shared.contracts.base import Meta
from shared.contracts.clocks import ClockSnapshot, SlaBreached, SlaCorrected, SlaLevelReached, SlaWarned
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.settings import Distribution, Policy, ScheduleSettings, WorkflowSettings
from shared.ids import derived, new_id
from shared.resources import Book
from shared.store import Decision
from tests.support.clock import ManualClock
from tests.support.store import MemoryAggregates


class MemoryClocks(MemoryAggregates[ClockSnapshot]):
    """The repository in memory."""

    async def of_conversation(self, conversation: str) -> list[ClockSnapshot]:
        return await self.find({"state.conversation": conversation}, limit=1000)


@dataclass
class SlaInMemory:
    """``hear`` and ``ring`` as the bus and the timers would."""

    policies: Mapping[str, Policy]
    schedules: Mapping[str, ScheduleSettings] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    workflow: WorkflowSettings = field(default_factory=WorkflowSettings)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.clocks = MemoryClocks(ClockSnapshot, clock=self.clock, name="clocks")
        book = Book(ScheduleSettings)
        book.fill([(id, 1, value) for id, value in self.schedules.items()], mark=0)
        self.handlers = Handlers(self.clocks, book, self._settings, self.clock)

    def _settings(self) -> Settings:
        return Settings(self.policies, self.schedules, self.distributions, self.workflow)

    async def hear(self, event: ConversationChanged) -> None:
        """One delivery; the same event has the same id whenever it comes."""
        await self.handlers.on_conversation_changed(event, meta(event))

    async def ring(self, now: datetime) -> None:
        """Everything that is due by ``now``, as the timers do it."""
        self.clock.set(now)
        while due := await self.clocks.due(now, after=None, limit=1000):
            for id, _ in due:
                cause = Meta(event_id=new_id(), type="timer", occurred_at=now, correlation_id="timer")

                def decide(clock: ClockSnapshot | None) -> Decision[ClockSnapshot] | None:
                    return None if clock is None else woken(clock, now)

                await self.clocks.change(id, cause, decide)

    async def all(self) -> dict[str, ClockSnapshot]:
        """Started clocks by kind and number: ``first 1.1``, ``next 1.2``, ``resolution 1``."""
        found = [one for one in await self.clocks.find({}, limit=1000) if one.policy is not None]
        return {f"{one.kind} {one.episode}" + (f".{one.turn}" if one.turn else ""): one for one in found}

    def alarms(self) -> list[tuple[str, str]]:
        """(what, clock) of every alarm said, in order."""
        kinds = {kind.type: kind for kind in (SlaWarned, SlaBreached, SlaCorrected)}
        return [
            (kind.__name__, kind.model_validate_json(entry.body).clock.id)
            for entry in self.clocks.published
            if (kind := kinds.get(entry.meta.type)) is not None
        ]

    def levels(self) -> list[tuple[int, str]]:
        """(level, clock) of every notification level said, in order."""
        kinds = {kind.type: kind for kind in (SlaWarned, SlaBreached, SlaLevelReached)}
        alarms = [
            kind.model_validate_json(entry.body)
            for entry in self.clocks.published
            if (kind := kinds.get(entry.meta.type)) is not None
        ]
        return [(level, alarm.clock.id) for alarm in alarms for level in alarm.levels]


def meta(event: ConversationChanged) -> Meta:
    """Its metadata: named by conversation and version."""
    conversation = event.conversation
    id = derived("test event", conversation.id, conversation.version)
    return Meta(event_id=id, type=event.type, occurred_at=conversation.changed_at, correlation_id=id)


def changed(conversation: ConversationSnapshot, *facts: object) -> ConversationChanged:
    """What routing says of a saved conversation."""
    return ConversationChanged.model_validate({"conversation": conversation, "changes": facts})
