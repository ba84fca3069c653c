"""Virtual agents as a part of automation: auto-responders and connected ones, their sessions, their circuits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.automation.domain import sessions as rules
from services.automation.domain.hours import schedule_of
from services.automation.domain.sessions import Session
from services.automation.handlers.bots import CALL_SECONDS, Endpoints
from services.automation.handlers.deeds import Agent, Deeds
from services.automation.handlers.virtual_agents import VirtualAgents
from services.automation.metrics import AgentMetrics
from services.automation.parts import Common
from services.automation.repository.sessions import (
    Circuits,
    Sessions,
    Silences,
    circuit_records,
    silence_records,
)
from services.automation.workers.sessions import Runner
from shared.bus import Row, answers, consumes
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.settings import (
    AutoResponder,
    Channel,
    ContactAttribute,
    ScheduleSettings,
    VirtualAgent,
    WorkflowSettings,
)
from shared.contracts.virtual_agents import AnswerAsVirtualAgent, ReadAgentsHealth
from shared.errors import RetryLater
from shared.jobs import Jobs
from shared.outside import Outside
from shared.schedule import Schedule
from shared.store import Decision
from shared.timers import Timers

OF_ONE = 8
CONNECTIONS = 1000
"""More than there are virtual agents with all their places taken: none waits for another's."""

DRAIN_SECONDS = 5.0
PAUSE_SECONDS = 5.0


class VirtualAgentsPart:
    """Where the pieces of virtual agents meet. ``taker`` is what the answer to triage asks (T4)."""

    def __init__(self, common: Common) -> None:
        runtime, database = common.runtime, common.database
        bus, clock = runtime.bus, runtime.clock
        self._scripts = common.owner.book(AutoResponder)
        self._connected = common.owner.book(VirtualAgent)
        self._copies = common.replicas
        self._store = Sessions(database, publish=bus.publish, clock=clock)
        self._silences = silence_records(database)
        self._circuits = circuit_records(database, publish=bus.publish, clock=clock)
        silences = Silences(self._silences)
        circuits = Circuits(self._circuits, clock, self._connected.get)
        self._outside = Outside(
            allow_private=runtime.settings.allow_private_endpoints, timeout=CALL_SECONDS, connections=CONNECTIONS
        )
        metrics = AgentMetrics(runtime.metrics)
        endpoints = Endpoints(self._outside, common.replicas, clock, metrics)
        deeds = Deeds(
            self._store,
            silences,
            circuits,
            endpoints,
            bus=bus,
            clock=clock,
            agents=self._agents,
            attributes=self._attributes,
            hours=self._hours,
            silenced=self._silenced,
            metrics=metrics,
        )
        self._resolving: set[str] = set()
        self._handlers = VirtualAgents(
            self._store,
            silences,
            circuits,
            endpoints,
            common.budgets,
            bus=bus,
            clock=clock,
            agents=self._agents,
            attributes=self._attributes,
            silenced=self._silenced,
            rule_resolves=self._resolving.__contains__,
        )
        self._runner = Runner(deeds.perform, of_one=OF_ONE)
        self._store.on_saved(self._runner.saw)
        self._timers = Timers(self._store, _woken, clock, metrics=runtime.metrics)
        self._active: frozenset[str] = frozenset()
        self._jobs = Jobs()

    def rows(self) -> Sequence[Row]:
        """Contacts that are muted, late answers, and how endpoints do."""
        return (
            consumes(ContactChanged, self._handlers.on_contact_changed),
            answers(AnswerAsVirtualAgent, self._handlers.answer),
            answers(ReadAgentsHealth, self._handlers.health),
        )

    async def start(self) -> None:
        """Collections and indexes."""
        await self._store.start()
        await self._silences.start()
        await self._circuits.start()

    async def begin(self) -> None:
        """Timers; from now on an agent that is switched off lets its conversations go."""
        self._active = self._enabled()
        for book in (self._scripts, self._connected):
            book.on_change(self._changed)
        self._let_all_go(id for id, agent in self._agents().items() if not agent.enabled)
        await self._timers.start()

    async def stop(self) -> None:
        """Finish what is under way, within a bound."""
        await self._jobs.stop(0)
        await self._timers.stop()
        await self._runner.stop(DRAIN_SECONDS)
        await self._outside.close()
        await self._circuits.stop()
        await self._store.stop()

    def rule_resolves(self, event: str) -> None:
        """A rule is about to resolve the conversation over this event, which is heard here next."""
        self._resolving.add(event)

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """After the rules, which come first on the same message."""
        try:
            await self._handlers.on_conversation_changed(event, meta)
        finally:
            self._resolving.discard(meta.event_id)

    async def taker(self, conversation: ConversationSnapshot, message: MessageSnapshot, meta: Meta) -> str | None:
        """The virtual agent that takes what was just opened, if one does."""
        return await self._handlers.taker(conversation, message, meta)

    def _agents(self) -> Mapping[str, Agent]:
        return {**self._scripts.all(), **self._connected.all()}

    def _attributes(self) -> Mapping[str, ContactAttribute]:
        return self._copies.book(ContactAttribute).all()

    def _hours(self, channel: str) -> Schedule | None:
        workflow = self._copies.book(WorkflowSettings).current()
        return schedule_of(channel, self._copies.book(ScheduleSettings).all(), workflow)

    def _silenced(self, contact: ContactSnapshot, channel: str) -> bool:
        settings = self._copies.book(Channel).get(channel)
        return settings is not None and settings.silences(contact.muted_on, channel)

    def _enabled(self) -> frozenset[str]:
        return frozenset(id for id, agent in self._agents().items() if agent.enabled)

    def _changed(self) -> None:
        before, self._active = self._active, self._enabled()
        self._let_all_go(before - self._active)

    def _let_all_go(self, agents: Iterable[str]) -> None:
        for id in agents:
            self._jobs.begin("virtual agent switched off", self._let_go(id))

    async def _let_go(self, agent: str) -> None:
        """Until it is done: nothing else would let its conversations go."""
        while True:
            try:
                return await self._handlers.let_go(agent)
            except RetryLater:
                await asyncio.sleep(PAUSE_SECONDS)


def _woken(session: Session, now: datetime) -> Decision[Session] | None:
    after = rules.wake(session, now)
    return None if after == session else Decision(after)
