"""What a virtual agent's session still has to do, in order, and the settings it was begun with. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.messages import AttributeValue
from shared.contracts.settings import AutoResponder, VirtualAgent
from shared.contracts.settings.virtual_agents import ScriptStep
from shared.contracts.virtual_agents import BotAttachment, BotEvent
from shared.contracts.words import Leaving

To = Literal["new", "previous_agent", "resolved"]


class _Deed(Contract):
    """``id`` is the same in every attempt and follows from its place in the session, so repeating repeats nothing."""

    id: str


class Begin(_Deed):
    """Read the contact, choose the script (or tell the endpoint); ``messages`` are those it begins with."""

    deed: Literal["begin"] = "begin"
    messages: tuple[str, ...] = ()


class Send(_Deed):
    """Send a message to the contact."""

    deed: Literal["send"] = "send"
    text: str = ""
    attachments: tuple[BotAttachment, ...] = ()
    quick_replies: tuple[str, ...] = ()


class Read(_Deed):
    """Read a message that came while sending: it is the answer to the question asked since."""

    deed: Literal["read"] = "read"
    message: str


class Store(_Deed):
    """Set attributes of the contact, by name; None clears."""

    deed: Literal["store"] = "store"
    attributes: dict[str, AttributeValue | None]


class Topics(_Deed):
    """Apply topics, by id."""

    deed: Literal["topics"] = "topics"
    topics: tuple[str, ...]


class Tell(_Deed):
    """Post an event to the endpoint; ``id`` is its webhook-id."""

    deed: Literal["tell"] = "tell"
    event: BotEvent
    message: str | None = None


class Leave(_Deed):
    """Let the conversation go."""

    deed: Literal["leave"] = "leave"
    to: To
    why: Leaving
    reason: str | None = None
    detail: str = ""


Deed = Annotated[Begin | Send | Read | Store | Topics | Tell | Leave, Field(discriminator="deed")]


class Plan(Contract):
    """The settings that a session keeps for its whole life; durations in seconds, ``steps`` of the chosen script."""

    connected: bool
    delegated: bool
    steps: tuple[ScriptStep, ...] = ()
    escape_words: tuple[str, ...] = ()
    at_end: Literal["hand_over", "resolved"] = "hand_over"
    hand_over: Literal["new", "previous_agent"] = "new"
    contact_timeout: float | None = None
    contact_timeout_then: Literal["new", "resolved"] = "new"
    agent_timeout: float
    agent_timeout_then: Literal["new", "resolved"] = "new"
    resolve_reason: str | None = None
    inactive: float | None = None

    @property
    def back(self) -> To:
        """Where a hand-over goes: the previous agent only gets what was delegated."""
        return "previous_agent" if self.delegated and self.hand_over == "previous_agent" else "new"


def plan_of(agent: AutoResponder | VirtualAgent, *, delegated: bool) -> Plan:
    """The plan of a session that begins now, without the steps, which are chosen once the contact is known."""
    scripted = agent if isinstance(agent, AutoResponder) else None
    minutes = agent.contact_timeout_minutes
    inactive = scripted.inactive_minutes if scripted is not None else None
    return Plan(
        connected=scripted is None,
        delegated=delegated,
        escape_words=scripted.escape_words if scripted is not None else (),
        at_end=scripted.at_end if scripted is not None else "hand_over",
        hand_over=agent.hand_over,
        contact_timeout=None if minutes is None else timedelta(minutes=minutes).total_seconds(),
        contact_timeout_then=agent.contact_timeout_then,
        agent_timeout=float(agent.agent_timeout_seconds),
        agent_timeout_then=agent.agent_timeout_then,
        resolve_reason=agent.resolve_reason,
        inactive=None if inactive is None else timedelta(minutes=inactive).total_seconds(),
    )
