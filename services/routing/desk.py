"""The desk as of now: settings books and presence gathered into one frozen value for decisions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from services.routing.domain.desk import Desk, inception_scopes, opening_scopes
from services.routing.domain.presence import Agent
from shared.clock import Clock
from shared.contracts.settings import (
    AutoResponder,
    Channel,
    Distribution,
    Label,
    LanguageSettings,
    PrioritySettings,
    ResolveReason,
    ResourceModel,
    Rule,
    ScheduleSettings,
    SkillSet,
    Team,
    Topic,
    User,
    VirtualAgent,
    WorkflowSettings,
)
from shared.contracts.words import Availability
from shared.resources import Replicas, ResourceOwner
from shared.schedule import is_open

OWN = (Distribution, Label, LanguageSettings, PrioritySettings, ResolveReason, SkillSet, Topic, WorkflowSettings)
COPIED = (AutoResponder, Channel, Rule, ScheduleSettings, Team, User, VirtualAgent)
M = TypeVar("M", bound=ResourceModel)
POLL_SECONDS = 5.0
FRESH_SECONDS = 1.0


class SeesAgents(Protocol):
    """Where presence is read from."""

    async def everybody(self) -> Sequence[Agent]: ...


class DeskSource:
    """Keeps the desk. It is made anew when something it holds changed, or after a second (opening hours)."""

    def __init__(self, owner: ResourceOwner, replicas: Replicas, agents: SeesAgents, clock: Clock) -> None:
        self._owner = owner
        self._replicas = replicas
        self._agents = agents
        self._clock = clock
        self._people: dict[str, Agent] = {}
        self._desk: Desk | None = None
        self._made_at = clock.now()
        self._polling: asyncio.Task[None] | None = None
        for model in OWN:
            owner.book(model).on_change(self._forget)
        for copied in COPIED:
            replicas.book(copied).on_change(self._forget)

    async def start(self) -> None:
        """Read presence once, then keep up with what other replicas hear."""
        await self._read()
        self._polling = asyncio.create_task(self._poll(), name="presence poll")

    async def stop(self) -> None:
        """Stop reading."""
        if self._polling is not None:
            self._polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._polling

    def saw(self, agent: Agent) -> None:
        """An agent as just saved by this process."""
        known = self._people.get(agent.id)
        if known is None or known.version < agent.version:
            self._people[agent.id] = agent
            self._forget()

    def current(self) -> Desk:
        """The desk as of now."""
        now = self._clock.now()
        if self._desk is None or (now - self._made_at).total_seconds() >= FRESH_SECONDS:
            self._desk, self._made_at = self._make(), now
        return self._desk

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Everybody, as last seen."""
        return self._people

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages to detect; none when detection is off (AU-09)."""
        settings = self._owner.book(LanguageSettings).current()
        return settings.languages if settings.enabled else ()

    def _make(self) -> Desk:
        now = self._clock.now()
        owner, replicas = self._owner, self._replicas
        distributions = owner.book(Distribution).all()
        schedules = replicas.book(ScheduleSettings).all()
        virtual_agents: dict[str, AutoResponder | VirtualAgent] = {
            **replicas.book(AutoResponder).all(),
            **replicas.book(VirtualAgent).all(),
        }
        used = {one.schedule for one in distributions.values() if one.schedule in schedules}
        return Desk(
            workflow=owner.book(WorkflowSettings).current(),
            topics=_in_order(owner.book(Topic).all()),
            labels=_in_order(owner.book(Label).all()),
            reasons=owner.book(ResolveReason).all(),
            skill_sets=owner.book(SkillSet).all(),
            distributions=_in_order(distributions),
            priority=owner.book(PrioritySettings).current(),
            teams=dict(sorted(replicas.book(Team).all().items(), key=lambda entry: (entry[1].position, entry[1].name))),
            users=replicas.book(User).all(),
            availability={
                id: agent.availability
                for id, agent in self._people.items()
                if agent.availability is not Availability.OFFLINE
            },
            openings=opening_scopes(replicas.book(Rule).all().values()),
            inceptions=inception_scopes(virtual_agents.values()),
            virtual_agents=virtual_agents,
            closed_schedules=frozenset(
                id for id in used if id is not None and not is_open(schedules[id].hours.schedule(), now)
            ),
            manual_channels=frozenset(
                id for id, channel in replicas.book(Channel).all().items() if not channel.auto_assign
            ),
        )

    def _forget(self) -> None:
        self._desk = None

    async def _read(self) -> None:
        for agent in await self._agents.everybody():
            self.saw(agent)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            with contextlib.suppress(ConnectionError, TimeoutError, OSError):
                await self._read()


def _in_order(objects: Mapping[str, M]) -> dict[str, M]:
    """By place in the list, where the kind has one, then by name."""
    return dict(
        sorted(objects.items(), key=lambda entry: (getattr(entry[1], "position", 0), getattr(entry[1], "name", "")))
    )
