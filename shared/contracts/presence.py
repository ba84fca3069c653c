"""Presence and capacity: what routing keeps about agents (AG-06, RT-08)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Command, Contract, Event, Instant
from shared.contracts.words import Availability


class AgentState(Contract):
    """An agent as routing sees him. ``open_conversations`` are those he holds in ``new``."""

    id: str
    version: int
    availability: Availability
    away_state: str | None = None
    since: Instant
    open_conversations: int = 0


class AgentChanged(Event):
    """Availability changed; AG-08 keeps each stretch with its start and end."""

    type: ClassVar[str] = "agent.changed.v1"

    agent: AgentState
    before: Availability
    before_away_state: str | None = None
    before_since: Instant


class SetAvailability(Command[AgentState]):
    """An agent says he is available, away or offline (sign-out)."""

    type: ClassVar[str] = "routing.set_availability"
    service: ClassVar[str] = "routing"

    agent: str
    availability: Availability
    away_state: str | None = None


class Heartbeat(Command[AgentState]):
    """A browser session is alive; offline means that all leases of the agent have lapsed (architecture, Gateway)."""

    type: ClassVar[str] = "routing.heartbeat"
    service: ClassVar[str] = "routing"

    agent: str
    session: str
    ended: bool = False


class AgentStates(Contract):
    """Everybody routing knows."""

    agents: tuple[AgentState, ...]


class ReadAgents(Command[AgentStates]):
    """The presence dots of the owner picker."""

    type: ClassVar[str] = "routing.read_agents"
    service: ClassVar[str] = "routing"
