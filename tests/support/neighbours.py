"""Stand-ins for the gateway's neighbours, and conversations and messages as they would tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.base import Actor, Command, Contract, Meta
from shared.contracts.channels import ChannelState, ChannelStates, ChannelTried, ReadChannelStates, TryChannel
from shared.contracts.clocks import PreviewSchedule, ReadClocks
from shared.contracts.contacts import ChangeContact, ContactRead, ReadContact
from shared.contracts.conversation_commands import (
    ActOnConversation,
    ConversationReply,
    ReadConversation,
    ReadTrail,
    TakeNext,
)
from shared.contracts.conversations import ConversationSnapshot, InboundRef, Priority
from shared.contracts.files import Original, ReadAttachment, ReadOriginal, StoreAttachment, StoredFile
from shared.contracts.messages import (
    Attachment,
    ContactSnapshot,
    EditNote,
    MaskMessage,
    MessageSnapshot,
    ReadMessage,
    ReadTimeline,
    RetryMessage,
    SendMessage,
    Sent,
    StartConversation,
    TagMessage,
    ThreadKey,
    Timeline,
    WriteNote,
)
from shared.contracts.presence import AgentState, AgentStates, Heartbeat, ReadAgents, SetAvailability
from shared.contracts.resources import (
    CompareResources,
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    Revisions,
    Stored,
    StoredPage,
    UpdateResource,
)
from shared.contracts.surveys import AnswerPage, Figures, ReadAnswers, ReadFigures
from shared.contracts.words import (
    ActorKind,
    Availability,
    Direction,
    Medium,
    MessageKind,
    Status,
    Substatus,
    Visibility,
)
from shared.errors import NotFound, StaleVersion
from shared.ids import conversation_id, new_id
from tests.support.bus import FakeBus

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = Actor(kind=ActorKind.CONTACT, id="c1", name="Ana")


def a_conversation(number: int = 1, *, version: int = 1, channel: str = "chat", **more: Any) -> ConversationSnapshot:
    """A new conversation of contact ``number``, with one inbound message; ``more`` are fields of the snapshot."""
    address = f"a{number}"
    thread = ThreadKey(channel=channel, address=address, visibility=Visibility.PRIVATE)
    fields: dict[str, Any] = {
        "id": conversation_id(channel, address, "private", ""),
        "version": version,
        "thread": thread,
        "medium": Medium.WEBHOOK,
        "kind": MessageKind.DIRECT,
        "contact": f"c{number}",
        "contact_name": f"Contact {number}",
        "status": Status.NEW,
        "substatus": Substatus.UNTOUCHED,
        "episode": 1,
        "episode_opened_at": NOW,
        "status_since": NOW,
        "waiting_since": NOW + timedelta(seconds=number),
        "last_message_at": NOW + timedelta(seconds=number),
        "inbound": (InboundRef(id=f"m{number}", received_at=NOW),),
        "priority": Priority(),
        "created_at": NOW,
        "changed_at": NOW,
    }
    return ConversationSnapshot(**{**fields, **more})


def a_message(conversation: ConversationSnapshot, *, id: str = "m1", version: int = 1, **more: Any) -> MessageSnapshot:
    """An inbound message of it."""
    fields: dict[str, Any] = {
        "id": id,
        "version": version,
        "conversation": conversation.id,
        "direction": Direction.INBOUND,
        "visibility": conversation.visibility,
        "kind": MessageKind.DIRECT,
        "author": CUSTOMER,
        "text": "Hola, ¿dónde está mi pedido?",
        "sent_at": NOW,
        "received_at": NOW,
    }
    return MessageSnapshot(**{**fields, **more})


UNKNOWN_THERE: tuple[type[Command[Any]], ...] = (
    ChangeContact,
    CreateResource,
    DeleteResource,
    EditNote,
    MaskMessage,
    PreviewSchedule,
    ReadAttachment,
    ReadClocks,
    ReadResource,
    ReadTrail,
    RetryMessage,
    StartConversation,
    TagMessage,
    TakeNext,
    UpdateResource,
    WriteNote,
)
"""What the stand-ins know nothing about."""


@dataclass
class Neighbours:
    """What the other services would answer: enough of them for the gateway's tests."""

    conversations: dict[str, ConversationSnapshot] = field(default_factory=dict)
    messages: dict[str, MessageSnapshot] = field(default_factory=dict)
    agents: dict[str, AgentState] = field(default_factory=dict)
    asked: list[tuple[Command[Any], Meta]] = field(default_factory=list)

    def stand_in(self, bus: FakeBus) -> None:
        """Answer on this bus."""
        bus.answer_with(ActOnConversation, self._act)
        bus.answer_with(ReadConversation, self._read)
        bus.answer_with(SendMessage, self._send)
        bus.answer_with(ReadMessage, self._read_message)
        bus.answer_with(ReadTimeline, self._timeline)
        bus.answer_with(ReadContact, self._contact)
        bus.answer_with(ReadAgents, self._agents)
        bus.answer_with(Heartbeat, self._heartbeat)
        bus.answer_with(SetAvailability, self._available)
        bus.answer_with(ReadFigures, self._figures)
        bus.answer_with(ReadAnswers, self._answers)
        bus.answer_with(StoreAttachment, self._store)
        bus.answer_with(ReadOriginal, self._original)
        bus.answer_with(ReadChannelStates, self._states)
        bus.answer_with(TryChannel, self._tried)
        for command in UNKNOWN_THERE:
            bus.answer_with(command, self._unknown)

    async def _figures(self, _command: ReadFigures, _meta: Meta) -> Contract:
        return Figures(sent=0, answered=0, response_rate=None, satisfaction=None, average=None, distribution={})

    async def _answers(self, command: ReadAnswers, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        return AnswerPage(items=())

    async def _store(self, command: StoreAttachment, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        kept = Attachment(id=command.upload, name=command.name, type=command.media_type)
        return StoredFile(attachment=kept if command.end else None)

    async def _original(self, command: ReadOriginal, _meta: Meta) -> Contract:
        return Original(html=f"<p>images: {command.images}</p>", blocked=0 if command.images else 2)

    async def _states(self, _command: ReadChannelStates, _meta: Meta) -> Contract:
        return ChannelStates(items=(ChannelState(channel="mail", state="failing", problem="No."),))

    async def _tried(self, command: TryChannel, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        return ChannelTried(ok=True)

    async def _unknown(self, command: Command[Any], _meta: Meta) -> Contract:
        raise NotFound(f"{command.type}: there is no such thing here.")

    async def _act(self, command: ActOnConversation, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        now = self._known(command.conversation)
        if command.status_number is not None and command.status_number != now.status_number:
            raise StaleVersion("Somebody acted first.", current=now.model_dump(mode="json"))
        changes: dict[str, Any] = {"version": now.version + 1, "status_number": now.status_number + 1}
        act = command.act
        match act.act:
            case "assign_owner":
                changes["owner"] = act.owner
            case "resolve":
                changes |= {"status": Status.RESOLVED, "substatus": Substatus.CLOSED, "owner": None}
            case "set_pending":
                changes |= {"status": Status.PENDING, "substatus": Substatus.HOLD}
            case _:
                pass
        after = now.model_copy(update=changes)
        self.conversations[after.id] = after
        return ConversationReply(conversation=after)

    async def _read(self, command: ReadConversation, _meta: Meta) -> Contract:
        return ConversationReply(conversation=self._known(command.conversation))

    async def _send(self, command: SendMessage, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        conversation = self._known(command.conversation)
        message = a_message(
            conversation, id=new_id(), direction=Direction.OUTBOUND, text=command.text, author=command.by
        )
        self.messages[message.id] = message
        return Sent(message=message)

    async def _read_message(self, command: ReadMessage, _meta: Meta) -> Contract:
        if command.message_id not in self.messages:
            raise NotFound("There is no such message.")
        return Sent(message=self.messages[command.message_id])

    async def _timeline(self, command: ReadTimeline, _meta: Meta) -> Contract:
        found = [m for m in self.messages.values() if m.conversation == command.conversation]
        return Timeline(messages=tuple(reversed(found)))

    async def _contact(self, command: ReadContact, _meta: Meta) -> Contract:
        threads = [c.thread for c in self.conversations.values() if c.contact == command.contact]
        if not threads:
            raise NotFound("There is no such contact.")
        return ContactRead(contact=ContactSnapshot(id=command.contact, version=1, name="Ana"), threads=tuple(threads))

    async def _agents(self, _command: ReadAgents, _meta: Meta) -> Contract:
        return AgentStates(agents=tuple(self.agents.values()))

    async def _heartbeat(self, command: Heartbeat, _meta: Meta) -> Contract:
        self.asked.append((command, _meta))
        availability = Availability.OFFLINE if command.ended else Availability.AVAILABLE
        return self._set(command.agent, availability)

    async def _available(self, command: SetAvailability, _meta: Meta) -> Contract:
        return self._set(command.agent, command.availability, command.away_state)

    def _set(self, agent: str, availability: Availability, away_state: str | None = None) -> AgentState:
        state = AgentState(id=agent, version=1, availability=availability, away_state=away_state, since=NOW)
        self.agents[agent] = state
        return state

    def _known(self, id: str) -> ConversationSnapshot:
        if id not in self.conversations:
            raise NotFound("There is no such conversation.")
        return self.conversations[id]


def answer_settings(bus: FakeBus, settings: Sequence[Stored]) -> None:
    """The owners of settings that the gateway copies."""

    async def compare(_command: CompareResources, _meta: Meta) -> Contract:
        return Revisions(revisions={})

    async def page(command: ListResources, _meta: Meta) -> Contract:
        return StoredPage(items=tuple(stored for stored in settings if stored.kind == command.kind))

    bus.answer_with(CompareResources, compare)
    bus.answer_with(ListResources, page)
