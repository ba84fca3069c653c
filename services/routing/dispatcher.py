"""Automatic assignment, in one place at a time (workflow.md, last section; RT-08, RT-09, RT-15, RT-16).

The queue of looks has a single active consumer. A look reserves a place on the agent's document first, then takes
the conversation by compare-and-set, and gives the place back when that fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

import structlog

from services.routing.desk import DeskSource
from services.routing.domain import assignment
from services.routing.domain.assignment import Seat
from services.routing.domain.decision import waits
from services.routing.domain.desk import Desk
from services.routing.domain.presence import Agent, Holding, given_back, reserved
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.looks import LookAgain
from shared.ids import derived
from shared.store import Decide, Decision, Outcome

log = structlog.get_logger(__name__)

TAKE_SECONDS = 3.0
"""How long a take may last; well within ``HOLD``, also with the write that it ends in."""
HELD_FOR = timedelta(seconds=1)
"""How long what agents hold, as read, may be gone by: in a long round they get others by hand."""
MOST_WINDOWS = 50
REMEMBERED = 10_000
FULL = 1_000_000


class Assigning(Enum):
    """What came of trying to give a conversation to an agent."""

    TAKEN = "taken"
    FULL = "full"
    GONE = "gone"


class Conversations(Protocol):
    """What the dispatcher asks of the conversations."""

    async def get(self, id: str) -> ConversationSnapshot | None: ...

    async def waiting(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]: ...

    async def held(self, agents: Iterable[str]) -> Mapping[str, frozenset[str]]: ...


class Agents(Protocol):
    """What the dispatcher asks of the agents."""

    async def change(self, id: str, cause: Meta, decide: Decide[Agent]) -> Outcome[Agent]: ...


Take = Callable[[ConversationSnapshot, str, Meta, datetime], Coroutine[None, None, bool]]
"""Make the agent the owner, unless somebody was faster or it is later than the instant given; whether it worked."""


class Dispatcher:
    """Hands waiting conversations to available agents with free capacity."""

    def __init__(
        self,
        conversations: Conversations,
        agents: Agents,
        take: Take,
        desk: DeskSource,
        clock: Clock,
        *,
        window: int,
        take_seconds: float = TAKE_SECONDS,
    ) -> None:
        self._conversations = conversations
        self._agents = agents
        self._take = take
        self._desk = desk
        self._clock = clock
        self._window = window
        self._take_within = timedelta(seconds=take_seconds)
        self._turn = asyncio.Lock()
        self._taken: dict[str, datetime] = {}
        self._under_way: dict[str, asyncio.Task[bool]] = {}
        self._last: dict[str, str] = {}

    async def on_look(self, event: LookAgain, meta: Meta) -> None:
        """Look at one conversation, or at everything that waits (for one agent, when one is named)."""
        async with self._turn:
            desk = self._desk.current()
            if event.conversation is not None:
                found = await self._conversations.get(event.conversation)
                await self._offer([] if found is None else [found], desk, meta)
            else:
                await self._offer_all(_only(desk, event.agent), meta)

    async def sweep(self) -> bool:
        """Whether something waits while somebody is available: then a look is due, should an ask have been lost."""
        desk = self._desk.current()
        if not any(map(desk.is_available, desk.availability)):
            return False
        found, _ = await self._conversations.waiting(after=None, limit=1)
        return bool(found)

    async def _offer_all(self, desk: Desk, meta: Meta) -> None:
        after: str | None = None
        for _ in range(MOST_WINDOWS):
            if not any(map(desk.is_available, desk.availability)):
                return
            found, after = await self._conversations.waiting(after=after, limit=self._window)
            full = await self._offer(found, desk, meta)
            if after is None:
                return
            desk = replace(desk, availability={a: how for a, how in desk.availability.items() if a not in full})

    async def _offer(self, waiting: Sequence[ConversationSnapshot], desk: Desk, meta: Meta) -> set[str]:
        """Offer in order; the agents who hold as much as any capacity allows."""
        waiting = [one for one in waiting if waits(one)]
        members = {agent for one in waiting for group in assignment.candidates(one, desk) for agent in group.members}
        able = {agent for agent in members if desk.is_available(agent)}
        if not able:
            return set()
        self._forget_ended()
        held, read_at = await self._held(able)
        for conversation in waiting:
            if self._clock.now() - read_at > HELD_FOR:
                self._forget_ended()
                held, read_at = await self._held(able)
            await self._place(conversation, desk, held, read_at, meta)
        most = max(
            (assignment.CAPACITY, *(team.capacity for team in desk.teams.values())),
            default=assignment.CAPACITY,
        )
        most = max((most, *(one.capacity for one in desk.distributions.values())))
        return {agent for agent, ids in held.items() if len(ids) >= most}

    async def _held(self, agents: set[str]) -> tuple[dict[str, set[str]], datetime]:
        """What each of them holds, and since when that is known."""
        read_at = self._clock.now()
        return {agent: set(ids) for agent, ids in (await self._conversations.held(agents)).items()}, read_at

    async def _place(
        self,
        conversation: ConversationSnapshot,
        desk: Desk,
        held: dict[str, set[str]],
        read_at: datetime,
        meta: Meta,
    ) -> None:
        """Try the agents in turn until one takes it; who turns out to be full or gone is passed over."""
        passed: set[str] = set()
        while True:
            seats = {
                agent: Seat(
                    held=FULL if agent in passed else len(ids),
                    last_assigned_at=self._desk.agents[agent].last_assigned_at if agent in self._desk.agents else None,
                )
                for agent, ids in held.items()
            }
            chosen = assignment.pick(conversation, desk, seats, self._turns(conversation, desk))
            if chosen is None:
                return
            agent, group = chosen
            groups = assignment.candidates(conversation, desk)
            capacity = assignment.capacity_of(agent, groups)
            holding = Holding(frozenset(held[agent]), read_at)
            match await self._assign(conversation, agent, capacity, holding, meta):
                case Assigning.TAKEN:
                    held[agent].add(conversation.id)
                    self._last[group.source] = agent
                    return
                case Assigning.GONE:
                    return
                case Assigning.FULL:
                    passed.add(agent)

    def _turns(self, conversation: ConversationSnapshot, desk: Desk) -> Mapping[str, str]:
        """By source, the member who was given one last; after a start, the one whose last assignment is latest."""
        people = self._desk.agents
        for group in assignment.candidates(conversation, desk):
            if group.source not in self._last:
                since = [
                    (at, agent)
                    for agent in group.members
                    if agent in people and (at := people[agent].last_assigned_at) is not None
                ]
                if since:
                    self._last[group.source] = max(since)[1]
        return self._last

    async def _assign(
        self, conversation: ConversationSnapshot, agent: str, capacity: int, holding: Holding, meta: Meta
    ) -> Assigning:
        until = self._clock.now() + self._take_within

        def reserve(current: Agent | None) -> Decision[Agent] | None:
            if current is None:
                return None
            now = self._clock.now()
            after = reserved(current, conversation.id, holding, capacity, now, self._taken, self._under_way)
            return None if after is None else Decision(after)

        if not (await self._agents.change(agent, _cause(meta, "reserve", conversation, agent), reserve)).changed:
            return Assigning.FULL
        taken = await self._try_to_take(conversation, agent, _cause(meta, "take", conversation, agent), until)
        if taken is None:
            return Assigning.GONE
        if taken:
            self._confirm(conversation.id)
            return Assigning.TAKEN
        await self._agents.change(
            agent,
            _cause(meta, "give back", conversation, agent),
            lambda current: None if current is None else Decision(given_back(current, conversation.id)),
        )
        return Assigning.GONE

    async def _try_to_take(
        self, conversation: ConversationSnapshot, agent: str, cause: Meta, until: datetime
    ) -> bool | None:
        """Whether it was taken; None when that is not known in time: the place counts until it is."""
        take = asyncio.create_task(self._take(conversation, agent, cause, until), name="take")
        try:
            done, _ = await asyncio.wait((take,), timeout=self._take_within.total_seconds())
        except asyncio.CancelledError:
            take.cancel()
            raise
        if done:
            return take.result()
        self._under_way[conversation.id] = take
        return None

    def _forget_ended(self) -> None:
        """What outlasted its time and has ended since is shown by the conversations from now on."""
        for id in [id for id, take in self._under_way.items() if take.done()]:
            take = self._under_way.pop(id)
            if not take.cancelled() and take.exception() is not None:
                log.info("take.failed", error=type(take.exception()).__name__)

    def _confirm(self, conversation: str) -> None:
        """It was taken: its reservation need not count beside the conversation itself."""
        self._taken.pop(conversation, None)
        self._taken[conversation] = self._clock.now()
        while len(self._taken) > REMEMBERED:
            self._taken.pop(next(iter(self._taken)))


def _cause(meta: Meta, step: str, conversation: ConversationSnapshot, agent: str) -> Meta:
    """A look has many effects, so each gets a cause of its own, the same when the look is repeated."""
    id = derived(step, meta.event_id, conversation.id, conversation.version, agent)
    return meta.model_copy(update={"event_id": id, "causation_id": meta.event_id})


def _only(desk: Desk, agent: str | None) -> Desk:
    """The desk as if nobody but ``agent`` were available."""
    if agent is None:
        return desk
    return replace(desk, availability={id: how for id, how in desk.availability.items() if id == agent})
