"""A public thread that is blocked, or let in again, shows in the trail of the conversation it was blocked from."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.desk import Desk
from services.routing.handlers.changing import Changing
from services.routing.handlers.desk_changes import DeskChanges
from services.routing.handlers.messages import Messages
from shared.bus import Envelope
from shared.contracts.base import Actor, Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import ThreadBlocked
from shared.contracts.resources import ResourceChanged, Stored
from shared.contracts.settings import ThreadBlock
from shared.contracts.words import Visibility
from tests.support.clock import ManualClock
from tests.support.conversations import ANA, BEN, CHANNEL, at, desk, inbound
from tests.support.store import MemoryAggregates

QUARREL = inbound("m1", 0, visibility=Visibility.PUBLIC)


def meta(id: str) -> Meta:
    return Meta(event_id=id, type="test", occurred_at=at(0), correlation_id=id)


def changed(
    by: Actor, when: datetime, *, conversation: str, before: bool = False, deleted: bool = False
) -> ResourceChanged:
    """What ingest says of a block that was made, renamed or deleted."""
    block = ThreadBlock(name="A quarrel", channel=CHANNEL, root="post-1", conversation=conversation)
    value = block.model_dump(mode="json")
    stored = Stored(
        id="block-1",
        kind=ThreadBlock.kind,
        version=1,
        value=value,
        created_at=at(0),
        changed_at=when,
        changed_by=by,
        deleted=deleted,
    )
    return ResourceChanged(stored=stored, before=value if before else None, after=None if deleted else value)


class Routing:
    """Routing's handlers on a conversation in memory."""

    languages: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.clock = ManualClock(at(100))
        self.conversations = MemoryAggregates(ConversationSnapshot, clock=self.clock)
        changing = Changing(self.conversations, self, self._publish, self.clock)  # type: ignore[arg-type]  # all it asks of the source is the desk
        self.messages = Messages(changing, self, self.clock)  # type: ignore[arg-type]  # as above
        self.changes = DeskChanges(changing, self.conversations, self, self._refresh, self.clock)  # type: ignore[arg-type]  # as above; no query is asked

    def current(self) -> Desk:
        return desk()

    async def _publish(self, _entry: Envelope) -> None:
        """Nobody looks."""

    async def _refresh(self, _event: ResourceChanged, _meta: Meta) -> None:
        """Nothing to refresh."""

    def told(self) -> list[ThreadBlocked]:
        said = self.conversations.said(ConversationChanged)
        return [fact for event in said for fact in event.changes if isinstance(fact, ThreadBlocked)]


async def test_CH_10_PR_01_the_trail_says_who_blocked_the_thread_and_who_let_it_in_again() -> None:
    routing = Routing()
    await routing.messages.on_received(QUARREL, meta("m1"))
    here = QUARREL.thread.conversation
    for _ in range(2):
        await routing.changes.on_resource_changed(changed(ANA, at(10), conversation=here), meta("blocked"))
    await routing.changes.on_resource_changed(changed(BEN, at(20), conversation=here, before=True), meta("renamed"))
    last = changed(BEN, at(30), conversation=here, before=True, deleted=True)
    await routing.changes.on_resource_changed(last, meta("deleted"))
    assert [(fact.by.id, fact.at, fact.lifted) for fact in routing.told()] == [
        ("ana", at(10), False),
        ("ben", at(30), True),
    ]


async def test_a_block_of_no_conversation_or_an_unknown_one_is_told_nowhere() -> None:
    routing = Routing()
    for place, conversation in enumerate(("", "never heard of")):
        await routing.changes.on_resource_changed(changed(ANA, at(10), conversation=conversation), meta(f"b{place}"))
    assert routing.told() == []
