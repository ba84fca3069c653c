"""What follows from a change of settings or of people: reroute what is open, let go of what a leaver held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.routing.desk import DeskSource
from services.routing.domain import sign_out
from services.routing.domain.decision import Decision
from services.routing.domain.desk_changes import rerouted, thread_blocked, without_topic
from services.routing.domain.sign_out import Leaving
from services.routing.handlers.changing import Changing
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.resources import ResourceChanged, Stored
from shared.contracts.settings import SkillSet, Team, ThreadBlock, Topic, User
from shared.errors import NotFound
from shared.ids import derived

REROUTING = frozenset({SkillSet.kind, Team.kind})
WINDOW = 200


class Conversations(Protocol):
    """Which conversations a change concerns."""

    async def get(self, id: str) -> ConversationSnapshot | None: ...

    async def open_ids(self, *, after: str | None, limit: int) -> tuple[Sequence[str], str | None]: ...

    async def owned_open(self, agent: str) -> Sequence[str]: ...


class DeskChanges:
    """Each conversation is changed by a cause of its own, so a repeated delivery repeats nothing."""

    def __init__(
        self,
        changing: Changing,
        conversations: Conversations,
        desk: DeskSource,
        refresh: Callable[[ResourceChanged, Meta], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """``refresh`` brings this process's books at least to what an event says."""
        self._changing = changing
        self._conversations = conversations
        self._desk = desk
        self._refresh = refresh
        self._clock = clock

    async def on_resource_changed(self, event: ResourceChanged, meta: Meta) -> None:
        """RT-03: rule changes reroute New and Pending, in windows. WF-22: a deleted topic goes. T17: deactivation.

        PR-01: a blocked thread is told where it was blocked from.
        """
        await self._refresh(event, meta)
        stored = event.stored
        if stored.kind in REROUTING:
            await self._each_open(meta, lambda one: rerouted(one, self._desk.current(), self._clock.now()))
        elif stored.kind == Topic.kind and stored.deleted:
            await self._each_open(
                meta, lambda one: without_topic(one, stored.id, self._desk.current(), self._clock.now())
            )
        elif stored.kind == User.kind and (stored.deleted or not (event.after or {}).get("active", True)):
            await self._let_go(stored.id, Leaving.DEACTIVATED, meta)
        elif stored.kind == ThreadBlock.kind and (stored.deleted or event.before is None):
            await self._tell_of_block(stored, meta)

    async def signed_out(self, agent: str, meta: Meta) -> None:
        """T17, where the settings say so."""
        await self._let_go(agent, Leaving.SIGN_OUT, meta)
        await self._let_go(agent, Leaving.REDISTRIBUTE, meta)

    async def _tell_of_block(self, stored: Stored, meta: Meta) -> None:
        """Where the block was made by hand, in the settings, no conversation is named."""
        conversation = str(stored.value.get("conversation", ""))
        if not conversation or await self._conversations.get(conversation) is None:
            return
        by, at = stored.changed_by, stored.changed_at
        await self._change(
            conversation,
            "thread blocked",
            meta,
            lambda one: thread_blocked(one, by, at, self._desk.current(), self._clock.now(), lifted=stored.deleted),
        )

    async def _let_go(self, agent: str, why: Leaving, meta: Meta) -> None:
        """Everything open that the agent owns, where the reason reaches it."""
        for id in await self._conversations.owned_open(agent):
            await self._change(
                id, why, meta, lambda one: sign_out.release(one, agent, why, self._desk.current(), self._clock.now())
            )

    async def _each_open(self, meta: Meta, decide: Callable[[ConversationSnapshot], Decision]) -> None:
        after: str | None = None
        while True:
            ids, after = await self._conversations.open_ids(after=after, limit=WINDOW)
            for id in ids:
                await self._change(id, "settings", meta, decide)
            if after is None:
                return

    async def _change(self, id: str, step: str, meta: Meta, decide: Callable[[ConversationSnapshot], Decision]) -> None:
        def deciding(current: ConversationSnapshot | None) -> Decision:
            if current is None:
                raise NotFound("There is no such conversation.")
            return decide(current)

        cause = meta.model_copy(update={"event_id": derived(step, meta.event_id, id), "causation_id": meta.event_id})
        await self._changing.change(id, cause, deciding)
