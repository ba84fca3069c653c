"""Presence: heartbeats, availability, and what follows when somebody comes or goes (AG-06, RT-08, T17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.routing.domain import presence
from services.routing.domain.presence import Agent
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.presence import AgentChanged, AgentState, AgentStates, Heartbeat, ReadAgents, SetAvailability
from shared.contracts.settings import User
from shared.contracts.words import Availability
from shared.errors import NotFound
from shared.resources import Book
from shared.store import Decide, Decision, Outcome


class Agents(Protocol):
    """What presence asks of the repository."""

    async def change(self, id: str, cause: Meta, decide: Decide[Agent]) -> Outcome[Agent]: ...

    async def everybody(self) -> Sequence[Agent]: ...


class Heard:
    """When any heartbeat of anybody was last heard by this process."""

    def __init__(self) -> None:
        self.at: datetime | None = None


class Presence:
    """Answers the commands of presence and wakes lapsed leases."""

    def __init__(self, agents: Agents, users: Book[User], clock: Clock, *, lease: timedelta, heard: Heard) -> None:
        self._agents = agents
        self._users = users
        self._clock = clock
        self._lease = lease
        self._heard = heard

    async def heartbeat(self, command: Heartbeat, meta: Meta) -> AgentState:
        """A browser session lives or ended. The first one of an offline agent signs him in."""
        user = self._known(command.agent)
        self._heard.at = self._clock.now()

        def after(agent: Agent, now: datetime) -> Agent:
            if command.ended:
                return presence.signed_out(agent, command.session, now)
            return presence.heartbeat(agent, command.session, now, self._lease, user.default_availability)

        return await self._change(command.agent, meta, after)

    async def set_availability(self, command: SetAvailability, meta: Meta) -> AgentState:
        """An agent chose his availability."""
        self._known(command.agent)
        return await self._change(
            command.agent,
            meta,
            lambda agent, now: presence.available(agent, command.availability, command.away_state, now),
        )

    async def read(self, _command: ReadAgents, _meta: Meta) -> AgentStates:
        """Everybody routing knows."""
        return AgentStates(agents=tuple(state_of(agent) for agent in await self._agents.everybody()))

    def woken(self, agent: Agent, now: datetime) -> Decision[Agent] | None:
        """What timers do when the last lease of an agent may be over."""
        after = presence.lapsed(agent, now, self._heard.at, self._lease)
        return None if after is agent else _decision(agent, after)

    async def _change(self, id: str, meta: Meta, after: Callable[[Agent, datetime], Agent]) -> AgentState:
        def decide(current: Agent | None) -> Decision[Agent] | None:
            now = self._clock.now()
            agent = current or Agent(id=id, since=now)
            changed = after(agent, now)
            return None if changed is agent else _decision(agent, changed)

        outcome = await self._agents.change(id, meta, decide)
        return state_of(outcome.state or Agent(id=id, since=self._clock.now()))

    def _known(self, user: str) -> User:
        found = self._users.get(user)
        if found is None or not found.active:
            raise NotFound(f"There is no active user {user}.")
        return found


def state_of(agent: Agent) -> AgentState:
    """An agent as others see him."""
    return AgentState(
        id=agent.id,
        version=agent.version,
        availability=agent.availability,
        away_state=agent.away_state,
        since=agent.since,
    )


def _decision(before: Agent, after: Agent) -> Decision[Agent]:
    if (before.availability, before.away_state) == (after.availability, after.away_state):
        return Decision(after)
    return Decision(
        after,
        says=lambda saved: (
            AgentChanged(
                agent=state_of(saved),
                before=before.availability,
                before_away_state=before.away_state,
                before_since=before.since,
            ),
        ),
    )


class Departures:
    """Hears that somebody's availability changed: offers him work, or lets go of what he leaves behind."""

    def __init__(
        self,
        look: Callable[[str], Awaitable[None]],
        sign_out: Callable[[str, Meta], Awaitable[None]],
    ) -> None:
        self._look = look
        self._sign_out = sign_out

    async def on_agent_changed(self, event: AgentChanged, meta: Meta) -> None:
        """RT-08: who becomes available gets work at once. T17: who goes offline may lose his conversations."""
        match event.agent.availability:
            case Availability.AVAILABLE:
                await self._look(event.agent.id)
            case Availability.OFFLINE:
                await self._sign_out(event.agent.id, meta)
            case Availability.AWAY:
                pass
