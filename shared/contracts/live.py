"""Live hints over the transient fanout: something people look at changed; lost ones cost a refresh, nothing more."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from shared.contracts.base import Contract, Event
from shared.contracts.presence import AgentState


class TimelineHint(Event):
    """A conversation's timeline changed without the conversation changing (delivery status, an edited note)."""

    type: ClassVar[str] = "live.timeline.v1"

    conversation: str
    message_id: str | None = None


class RowPlace(Contract):
    """What sight of a conversation depends on."""

    channel: str
    owner: str | None = None
    team: str | None = None
    teams: tuple[str, ...] = ()


class TouchedRow(Contract):
    """A conversation whose row changed, with where it stands now and, where known, stood before (for *gone*).

    ``message`` is the message that did it, if any: its timeline changed too.
    """

    conversation: str
    message: str | None = None
    placed: RowPlace | None = None
    before: RowPlace | None = None


class RowsTouched(Event):
    """Inbox rows changed; ``origin`` names the gateway process that knows already."""

    type: ClassVar[str] = "live.rows.v1"

    origin: str
    rows: tuple[TouchedRow, ...]


class PersonHint(Event):
    """Somebody views a conversation, or types in it (WF-15)."""

    type: ClassVar[str] = "live.hint.v1"

    conversation: str
    user: str
    what: Literal["viewing", "typing"]


class PersonNotified(Event):
    """Somebody has a new notification (as the API shows it), or what he has changed otherwise (absent)."""

    type: ClassVar[str] = "live.notified.v1"

    user: str
    notification: dict[str, Any] | None = None


class AgentMoved(Event):
    """Somebody's availability changed: the presence dots."""

    type: ClassVar[str] = "live.agent.v1"

    agent: AgentState


class SessionsEnded(Event):
    """Sessions ended: their streams end now. Without ``sessions``: all of the user's, but for ``keep``."""

    type: ClassVar[str] = "live.sessions_ended.v1"

    user: str
    sessions: tuple[str, ...] = ()
    keep: str | None = None
