"""Virtual agents: what a connected one is told and answers, how it does, and how one leaves a conversation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Command, Contract, Done, Instant
from shared.contracts.conversation_commands import ConversationReply
from shared.contracts.messages import KeptValue
from shared.contracts.words import Leaving

Line = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class LeaveConversation(Command[ConversationReply]):
    """A virtual agent ends its work (T5, T6). 404 once the conversation is not, or no longer, its own.

    ``status_number`` is the one its session began with. ``to``: New without owner, the previous agent (of a
    delegation, else New), or Resolved, which gives way to a customer message later than ``seen``. ``detail`` is a
    short sentence without text of messages.
    """

    type: ClassVar[str] = "routing.leave_conversation"
    service: ClassVar[str] = "routing"

    conversation: str
    agent: str
    name: str
    status_number: int
    to: Literal["new", "previous_agent", "resolved"]
    why: Leaving
    seen: str | None = None
    reason: str | None = None
    detail: str = ""


class BotAttachment(Contract):
    """A file that the contact is sent, fetched from ``url``."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)]
    name: str = Field(default="", max_length=255)
    type: str = Field(default="application/octet-stream", max_length=255)


class BotMessage(Contract):
    """One message to the contact. Quick replies are offered below it; picking one sends its text."""

    text: str = Field(default="", max_length=10_000)
    attachments: tuple[BotAttachment, ...] = Field(default=(), max_length=10)
    quick_replies: tuple[Line, ...] = Field(default=(), max_length=10)


class BotAnswer(Contract):
    """What a connected virtual agent answers, at once or later. Done in this order; ``done`` ends its work.

    ``topics`` by name (any case), unknown ones are ignored. ``attributes`` of the contact by name; None clears.
    ``reason`` is the name of a resolve reason, else the agent's own is taken.
    """

    messages: tuple[BotMessage, ...] = Field(default=(), max_length=20)
    topics: tuple[Line, ...] = Field(default=(), max_length=50)
    attributes: dict[Line, KeptValue | None] = Field(default_factory=dict, max_length=50)
    done: Literal["hand_over", "resolved"] | None = None
    reason: Line | None = None


class BotEvent(StrEnum):
    """What a connected virtual agent is told."""

    STARTED = "conversation.started"
    MESSAGE = "message.received"


class AnswerAsVirtualAgent(Command[Done]):
    """A late answer through the API; 404 once the conversation is not, or no longer, its own."""

    type: ClassVar[str] = "automation.answer_as_virtual_agent"
    service: ClassVar[str] = "automation"

    agent: str
    conversation: str
    answer: BotAnswer


class AgentHealth(Contract):
    """How a connected virtual agent's endpoint does. ``open``: it failed too often, new conversations go to humans.

    ``failures`` are those since the last success; ``until`` is when one conversation is tried again.
    """

    agent: str
    name: str
    open: bool = False
    failures: int = 0
    since: Instant | None = None
    until: Instant | None = None
    last_error: str = ""
    last_failure_at: Instant | None = None
    last_success_at: Instant | None = None


class AgentsHealth(Contract):
    """Every connected virtual agent, by name."""

    items: tuple[AgentHealth, ...]


class ReadAgentsHealth(Command[AgentsHealth]):
    """How the endpoints of connected virtual agents do (AU-21)."""

    type: ClassVar[str] = "automation.read_agents_health"
    service: ClassVar[str] = "automation"


class BotTold(Contract):
    """The body that is posted to a connected virtual agent (docs/virtual-agents.md)."""

    type: BotEvent
    timestamp: Instant
    data: dict[str, Any]
