"""Automatic assignment, in one place at a time (workflow.md, last section; RT-08, RT-09, RT-15, RT-16).

The queue of looks has a single active consumer. A look reserves a place on the agent's document first, then takes
the conversation by compare-and-set, and gives the place back when that fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from services.routing.desk import DeskSource
from services.routing.domain import assignment
from services.routing.domain.presence import Agent, given_back, reserved
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.looks import LookAgain
from shared.contracts.words import Status
from shared.ids import derived
from shared.store import Decide, Decision, Outcome

TAKE_SECONDS = 3.0
MOST_WINDOWS = 50
REMEMBERED = 10_000


class Conversations(Protocol):
    """What the dispatcher asks of the conversations."""

    async def get(self, id: str) -> ConversationSnapshot | None: ...

    async def waiting(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]: ...

    async def held(self, agents: Iterable[str]) -> Mapping[str, frozenset[str]]: ...


class Agents(Protocol):
    """What the dispatcher asks of the agents."""

    async def change(self, id: str, cause: Meta, decide: Decide[Agent]) -> Outcome[Agent]: ...


Take = Callable[[ConversationSnapshot, str, Meta], Awaitable[bool]]
"""Make the agent the owner, if the conversation is still as it was seen; whether it worked."""


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
    ) -> None:
        self._conversations = conversations
        self._agents = agents
        self._take = take
        self._desk = desk
        self._clock = clock
        self._window = window
        self._turn = asyncio.Lock()
        self._confirmed: dict[str, None] = {}

    async def on_look(self, event: LookAgain, meta: Meta) -> None:
        """Look at one conversation, or at everything that waits."""
        async with self._turn:
            desk = self._desk.current()
            free = {id for id in desk.availability if desk.is_available(id)}
            if not free:
                return
            if event.conversation is not None:
                found = await self._conversations.get(event.conversation)
                await self._offer([] if found is None else [found], free, meta)
            else:
                await self._offer_all(free if event.agent is None else free & {event.agent}, meta)

    async def _offer_all(self, free: set[str], meta: Meta) -> None:
        after: str | None = None
        for _ in range(MOST_WINDOWS):
            if not free:
                return
            found, after = await self._conversations.waiting(after=after, limit=self._window)
            await self._offer(found, free, meta)
            if after is None:
                return

    async def _offer(self, waiting: Sequence[ConversationSnapshot], free: set[str], meta: Meta) -> None:
        """Offer in order. Agents found full for every capacity that was offered are dropped from ``free``."""
        desk = self._desk.current()
        offers = [(one, assignment.candidates(one, desk)) for one in waiting if _waits(one)]
        wanted = {offer.agent for _, found in offers for offer in found} & free
        if not wanted:
            return
        held = dict(await self._conversations.held(wanted))
        largest = assignment.largest_capacity(desk)
        for conversation, found in offers:
            able = [offer for offer in found if offer.agent in free]
            for choice in assignment.in_turn(able, held, self._desk.agents):
                if len(held.get(choice.agent, frozenset())) >= choice.capacity:
                    continue
                if await self._assign(conversation, choice.agent, choice.capacity, held, meta):
                    held[choice.agent] = held.get(choice.agent, frozenset()) | {conversation.id}
                    break
            free -= {agent for agent, ids in held.items() if len(ids) >= largest}

    async def _assign(
        self,
        conversation: ConversationSnapshot,
        agent: str,
        capacity: int,
        held: Mapping[str, frozenset[str]],
        meta: Meta,
    ) -> bool:
        cause = _cause(meta, "reserve", conversation, agent)
        owned = held.get(agent, frozenset())

        def reserve(current: Agent | None) -> Decision[Agent] | None:
            if current is None:
                return None
            after = reserved(current, conversation.id, owned, capacity, self._clock.now(), frozenset(self._confirmed))
            return None if after is None else Decision(after)

        if not (await self._agents.change(agent, cause, reserve)).changed:
            return False
        try:
            async with asyncio.timeout(TAKE_SECONDS):
                taken = await self._take(conversation, agent, _cause(meta, "take", conversation, agent))
        except TimeoutError:
            return False  # the reservation ends by itself, and whoever looks next reads what came of it
        if taken:
            self._confirm(conversation.id)
            return True
        await self._agents.change(
            agent,
            _cause(meta, "give back", conversation, agent),
            lambda current: None if current is None else Decision(given_back(current, conversation.id)),
        )
        return False

    def _confirm(self, conversation: str) -> None:
        """Its reservation need not count any more: the conversation itself says who has it."""
        self._confirmed.pop(conversation, None)
        self._confirmed[conversation] = None
        while len(self._confirmed) > REMEMBERED:
            self._confirmed.pop(next(iter(self._confirmed)))


def _waits(conversation: ConversationSnapshot) -> bool:
    return conversation.status is Status.NEW and conversation.owner is None


def _cause(meta: Meta, step: str, conversation: ConversationSnapshot, agent: str) -> Meta:
    """A look has many effects, so each gets a cause of its own, the same when the look is repeated."""
    id = derived(step, meta.event_id, conversation.id, conversation.version, agent)
    return meta.model_copy(update={"event_id": id, "causation_id": meta.event_id})
