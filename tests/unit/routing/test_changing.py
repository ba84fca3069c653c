"""One path for every change: what goes along with it, and when the dispatcher is asked for a look."""

from __future__ import annotations

import pytest

from services.routing.domain.desk import Desk
from services.routing.handlers.changing import Changing
from services.routing.handlers.messages import Messages
from shared.bus import Envelope
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.looks import LookAgain
from shared.contracts.words import Availability
from shared.errors import RetryLater
from tests.support.clock import ManualClock
from tests.support.conversations import accepted, at, contact, desk, inbound, outbound, team, user
from tests.support.store import MemoryAggregates


def meta(id: str, seconds: float) -> Meta:
    return Meta(event_id=id, type="test", occurred_at=at(seconds), correlation_id=id)


class Place:
    """Routing's handlers on conversations in memory."""

    def __init__(self, availability: dict[str, Availability] | None = None) -> None:
        self.clock = ManualClock(at(100))
        self.conversations = MemoryAggregates(ConversationSnapshot, clock=self.clock)
        self.published: list[Envelope] = []
        self.surroundings = desk(
            users={"ana": user("ana")}, teams={"support": team("support", "ana")}, availability=availability or {}
        )
        changing = Changing(self.conversations, self, self.publish, self.clock)  # type: ignore[arg-type]  # all it asks of the source is the desk
        self.messages = Messages(changing, self, self.clock)  # type: ignore[arg-type]  # as above

    languages: tuple[str, ...] = ()

    def current(self) -> Desk:
        return self.surroundings

    async def publish(self, entry: Envelope) -> None:
        self.published.append(entry)

    @property
    def looks(self) -> list[LookAgain]:
        return [LookAgain.model_validate_json(entry.body) for entry in self.published]


async def test_an_outcome_heard_before_its_sending_carries_the_reply_and_the_sending_then_adds_nothing() -> None:
    place = Place()
    await place.messages.on_received(inbound("m1", 0), meta("a", 0))
    sending = outbound("r1", 10)
    await place.messages.on_accepted(accepted("r1", 11, sending), meta("b", 11))
    await place.messages.on_queued(sending, meta("c", 10))
    said = place.conversations.said(ConversationChanged)
    assert [event.message.id if event.message else None for event in said] == ["m1", "r1"]


async def test_an_outcome_in_its_turn_carries_no_message() -> None:
    place = Place()
    await place.messages.on_received(inbound("m1", 0), meta("a", 0))
    sending = outbound("r1", 10)
    await place.messages.on_queued(sending, meta("b", 10))
    await place.messages.on_accepted(accepted("r1", 11, sending), meta("c", 11))
    said = place.conversations.said(ConversationChanged)
    assert [event.message.id if event.message else None for event in said] == ["m1", "r1", None]


async def test_a_look_is_asked_for_where_work_begins_to_wait_and_only_if_anybody_could_take_it() -> None:
    nobody, somebody = Place(), Place({"ana": Availability.AVAILABLE})
    for place in (nobody, somebody):
        await place.messages.on_received(inbound("m1", 0), meta("a", 0))
        await place.messages.on_received(inbound("m2", 5), meta("b", 5))
    assert nobody.looks == []
    (look,) = somebody.looks
    assert look.conversation == inbound("m1", 0).thread.conversation


async def test_a_repeated_delivery_says_nothing_again() -> None:
    place = Place()
    for _ in range(3):
        await place.messages.on_received(inbound("m1", 0), meta("a", 0))
    assert len(place.conversations.said(ConversationChanged)) == 1


def renamed(version: int, changed: tuple[str, ...] | None, *conversations: str) -> ContactChanged:
    """The contact has another name at each version."""
    now = contact(version, name=f"Ana {version}")
    return ContactChanged(contact=now, changed=changed, conversations=conversations)


async def test_a_change_of_the_contact_that_shows_in_no_conversation_changes_none() -> None:
    place = Place()
    first = inbound("m1", 0)
    await place.messages.on_received(first, meta("a", 0))
    for version, changed in ((2, ("language",)), (3, ("name",)), (4, None)):
        event = renamed(version, changed, first.thread.conversation)
        await place.messages.on_contact_changed(event, meta(f"c{version}", version))
    said = place.conversations.said(ConversationChanged)
    assert [event.conversation.contact_name for event in said[1:]] == ["Ana 3", "Ana 4"]


async def test_a_change_of_the_contact_waits_for_a_conversation_that_is_on_its_way_and_not_for_ever() -> None:
    place = Place()
    first = inbound("m1", 95)
    event = renamed(2, ("name",), first.thread.conversation)
    with pytest.raises(RetryLater):
        await place.messages.on_contact_changed(event, meta("c2", 96))
    await place.messages.on_received(first, meta("a", 95))
    await place.messages.on_contact_changed(event, meta("c2", 96))
    assert place.conversations.said(ConversationChanged)[-1].conversation.contact_name == "Ana 2"
    await place.messages.on_contact_changed(renamed(3, ("name",), "nothing was ever said in it"), meta("c3", 0))
    assert len(place.conversations.said(ConversationChanged)) == 2
