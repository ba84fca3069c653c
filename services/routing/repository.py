"""The only queries of routing's database: conversations and agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.routing.domain.decision import waits
from services.routing.domain.presence import Agent
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.words import OwnerKind, Status
from shared.store import ASCENDING, Aggregates, Database, Index

OPEN = (Status.NEW, Status.PENDING)
AGENT, NOBODY, WAITING = "agent:", "nobody", "waiting"
"""Whose hands: an agent's (his id follows), nobody's and nobody is wanted, nobody's and somebody is. In this order."""
MOST_AGENTS = 5000
MOST_HELD = 1000


class Conversations(Aggregates[ConversationSnapshot]):
    """Conversations by id, with the trail that is the audit trail (PR-01).

    Derived for queries, in one index because each costs something with every write: ``hands``, in whose hands an open
    conversation is (new or pending), and where it waits for any its ``rank`` and ``since``. Absent elsewhere, so the
    index stays as small as the work in hand.
    """

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(
            database,
            "conversations",
            ConversationSnapshot,
            publish=publish,
            clock=clock,
            trail=True,
            document=derived_fields,
            indexes=(
                Index(
                    "hands",
                    (("derived.hands", ASCENDING), ("derived.rank", ASCENDING), ("derived.since", ASCENDING)),
                    sparse=True,
                ),
            ),
        )

    async def waiting(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]:
        """New and unowned, highest score first, then longest in ``new``; and the cursor of the next window."""
        page = await self.page(
            {"derived.hands": WAITING},
            order=(("derived.rank", ASCENDING), ("derived.since", ASCENDING)),
            after=after,
            limit=limit,
        )
        return page.items, page.next

    async def held(self, agents: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """What each of these agents holds in ``new``: ids of conversations by agent."""
        wanted = list(agents)
        holding: dict[str, set[str]] = {agent: set() for agent in wanted}
        if wanted:
            found = await self.select(
                {"derived.hands": {"$in": [AGENT + agent for agent in wanted]}, "state.status": Status.NEW.value},
                ("derived.hands",),
                limit=MOST_HELD * len(wanted),
            )
            for id, fields in found:
                holding[str(fields["derived.hands"]).removeprefix(AGENT)].add(id)
        return {agent: frozenset(ids) for agent, ids in holding.items()}

    async def owned_open(self, agent: str) -> Sequence[str]:
        """Ids of what an agent owns in new or pending."""
        return [id for id, _ in await self.select({"derived.hands": AGENT + agent}, (), limit=MOST_HELD)]

    async def open(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]:
        """New and pending conversations, in windows."""
        page = await self.page({"derived.hands": {"$gte": AGENT, "$lte": WAITING}}, after=after, limit=limit)
        return page.items, page.next

    async def open_ids(self, *, after: str | None, limit: int) -> tuple[Sequence[str], str | None]:
        """Ids of new and pending conversations, in windows."""
        found, following = await self.open(after=after, limit=limit)
        return [one.id for one in found], following


class Agents(Aggregates[Agent]):
    """Agents by user id. Few documents, all kept in memory by the desk."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(database, "agents", Agent, publish=publish, clock=clock, trail=True)

    async def everybody(self) -> Sequence[Agent]:
        """Every agent routing has ever seen."""
        return await self.find({}, limit=MOST_AGENTS)


def derived_fields(conversation: ConversationSnapshot) -> Mapping[str, Any]:
    """What queries ask for beyond the state itself; absent, never null."""
    owner = conversation.owner
    if conversation.status not in OPEN:
        return {}
    if owner is not None and owner.kind is OwnerKind.AGENT:
        return {"hands": AGENT + owner.id}
    if not waits(conversation):
        return {"hands": NOBODY}
    since = conversation.waiting_since or conversation.status_since
    return {"hands": WAITING, "rank": -conversation.priority.score, "since": since}
