"""The shapes of answers, for the OpenAPI."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from services.gateway.domain.access import Scope
from services.gateway.records import AdminLogEntry, NotificationKind
from shared.contracts.acts import Owner
from shared.contracts.base import Actor, Instant
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversation_commands import TrailEntry
from shared.contracts.conversations import Boomerang, ConversationSnapshot, Priority
from shared.contracts.messages import ContactSnapshot, MessageSnapshot, ThreadKey
from shared.contracts.words import (
    Availability,
    ClockKind,
    ClosedBy,
    Colour,
    Medium,
    MessageKind,
    Right,
    Status,
    Substatus,
    Visibility,
)


class UserView(BaseModel):
    """Who is signed in."""

    id: str
    name: str
    email: str
    role: str
    language: str
    short_code: str
    default_availability: Availability
    must_change_password: bool


class KeyName(BaseModel):
    """Which key is used."""

    id: str
    name: str
    scopes: list[Scope]


class AvailabilityView(BaseModel):
    """How an agent is."""

    availability: Availability
    away_state: str | None = None


class SessionView(BaseModel):
    """Who is signed in (a person or a key), what he may, and what pages need to know of the settings."""

    user: UserView | None
    key: KeyName | None
    csrf: str | None = Field(description="Send it back as X-CSRF-Token on every write")
    password_change_required: bool
    has_access: bool
    rights: dict[str, Right]
    availability: AvailabilityView | None
    workspace: dict[str, Any]


class Countdown(BaseModel):
    """A running clock as of ``as_of``; the page counts on by itself until ``pauses_at`` or ``resumes_at``."""

    kind: ClockKind
    policy_name: str
    target_seconds: float
    warn_at: Instant | None
    due_at: Instant | None
    breach_at: Instant | None
    colour: Colour
    remaining_seconds: float
    over_seconds: float
    paused: bool
    as_of: Instant
    pauses_at: Instant | None
    resumes_at: Instant | None


class Row(BaseModel):
    """A conversation in a list."""

    id: str
    status: Status
    substatus: Substatus | None
    status_number: int
    status_since: Instant
    owner: Owner | None
    team: str | None
    teams: list[str]
    channel: str
    medium: Medium
    visibility: Visibility
    kind: MessageKind
    contact: str
    contact_name: str
    vip: bool
    groups: list[str]
    muted: bool
    subject: str | None
    preview: str
    preview_by: Literal["contact", "agent", "note"] | None
    preview_at: Instant | None
    preview_message: str | None
    preview_masked: bool
    preview_attachments: int
    episode: int
    waiting_since: Instant | None
    last_message_at: Instant | None
    last_inbound_at: Instant | None
    last_inbound: str | None = Field(description="What to send as `seen`")
    priority: Priority
    language: str | None
    topics: list[str]
    labels: list[str]
    tags: list[str]
    boomerang: Boomerang | None
    notice: str | None
    closed_by: ClosedBy | None
    resolve_reason: str | None
    sla: Countdown | None
    survey: dict[str, Any] | None
    version: int
    changed_at: Instant


class RowPage(BaseModel):
    """A page of rows. ``as_of`` is a resume point for GET /api/live."""

    items: list[Row]
    next: str | None
    as_of: str


class RowAnswer(BaseModel):
    """The row after the command."""

    row: Row


class BulkResult(BaseModel):
    """What became of one conversation."""

    id: str
    status: int
    row: Row | None = None
    code: str | None = None
    detail: str | None = None
    failed: list[str] | None = Field(default=None, description="Of a macro: what was refused")


class BulkAnswer(BaseModel):
    """One result for each id, in the order asked."""

    results: list[BulkResult]


class QueueCounts(BaseModel):
    """New and pending."""

    new: int
    pending: int


class CountsView(QueueCounts):
    """Open conversations that the reader may see."""

    bot: int
    mine: QueueCounts
    unowned: QueueCounts
    channels: dict[str, QueueCounts]


class ConversationView(BaseModel):
    """A conversation whole. What a service that is away would have given is absent, and named in ``missing``."""

    row: Row
    conversation: ConversationSnapshot
    contact: ContactSnapshot | None
    clocks: list[ClockSnapshot]
    may: dict[str, bool]
    missing: list[str]


class TimelineView(BaseModel):
    """Messages and notes, newest first."""

    items: list[MessageSnapshot]
    next: str | None


class TrailView(BaseModel):
    """Audit lines, oldest first."""

    items: list[TrailEntry]
    next: str | None


class MessageAnswer(BaseModel):
    """The message as stored, and the row."""

    message: MessageSnapshot
    row: Row | None


class ContactView(BaseModel):
    """A contact, with the conversations of it that the reader may see."""

    contact: ContactSnapshot
    threads: list[ThreadKey]
    conversations: list[Row]


class AgentView(BaseModel):
    """A colleague."""

    id: str
    name: str
    email: str | None
    availability: Availability
    away_state: str | None
    since: Instant | None
    open_conversations: int


class AgentsView(BaseModel):
    """Colleagues by name."""

    items: list[AgentView]


class NotificationView(BaseModel):
    """Something to know (AG-10). ``percent``: of an SLA clock, the share of its target that was used."""

    id: str
    kind: NotificationKind
    conversation: str = Field(description="Empty where it is about none")
    contact_name: str
    at: Instant
    by: Actor | None
    message: str | None
    text: str
    object_kind: str = Field(description="The kind of the settings object it is about, if any")
    object: str
    percent: int | None
    read: bool


class NotificationsView(BaseModel):
    """Newest first; unread ones are counted up to 99."""

    items: list[NotificationView]
    next: str | None
    unread: int


class AdminLogView(BaseModel):
    """Newest first."""

    items: list[AdminLogEntry]
    next: str | None


class KindView(BaseModel):
    """A kind of settings object, and the JSON schema that its form is drawn from."""

    kind: str
    title: str
    singleton: bool
    editable: bool
    schema_: dict[str, Any] = Field(alias="schema")


class KindsView(BaseModel):
    """Every kind."""

    kinds: list[KindView]


class KeyView(BaseModel):
    """An API key; the key itself was shown when it was made. ``virtual_agent``: that agent's own, for its answers."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: Instant
    created_by: Actor
    last_used_at: Instant | None
    virtual_agent: str | None = None


class KeysView(BaseModel):
    """Every key."""

    items: list[KeyView]
    available_scopes: list[Scope]


class NewKeyView(KeyView):
    """A new key. ``key`` is shown this once."""

    key: str


class LinkView(BaseModel):
    """A set-up link; single use."""

    link: str
    expires_at: Instant
