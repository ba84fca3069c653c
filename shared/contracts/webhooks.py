"""Webhooks out: what they tell (public events, docs/webhooks.md), the delivery log, and what is asked of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field

from shared.contracts.base import SYSTEM, Actor, Command, Contract, Instant


class PublicEvent(StrEnum):
    """What a webhook may subscribe to. Names stay; fields of their data are only added."""

    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_CHANGED = "conversation.changed"
    CONVERSATION_ASSIGNED = "conversation.assigned"
    CONVERSATION_RESOLVED = "conversation.resolved"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_FAILED = "message.failed"
    NOTE_WRITTEN = "note.written"
    SLA_WARNED = "sla.warned"
    SLA_BREACHED = "sla.breached"
    SLA_CORRECTED = "sla.corrected"
    SURVEY_ANSWERED = "survey.answered"
    CONTACT_CHANGED = "contact.changed"


class SpecialEvent(StrEnum):
    """What nobody subscribes to: it is sent to the one webhook that somebody named."""

    TEST = "webhook.test"
    RULE_CALLED = "rule.called"


class DeliveryStatus(StrEnum):
    """Where a delivery stands. ``failed``: given up, or its webhook was off when it was due."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryLine(Contract):
    """A line of the delivery log. ``event`` is the webhook-id of every attempt and of every redelivery.

    ``attempts`` counts all; ``code``, ``milliseconds``, ``error`` and ``excerpt`` (of the answer) are those of the
    last one, at ``last_at``; ``next_at`` is when the next one is due. ``payload`` is given for one delivery, not in
    lists; it is empty of a message's text once that was masked.
    """

    id: str
    webhook: str
    event: str
    type: str
    occurred_at: Instant
    status: DeliveryStatus
    attempts: int
    created_at: Instant
    last_at: Instant | None = None
    next_at: Instant | None = None
    code: int | None = None
    milliseconds: int | None = None
    error: str = ""
    excerpt: str = ""
    conversation: str | None = None
    masked: bool = False
    payload: dict[str, Any] | None = None


class DeliveryPage(Contract):
    """A page of the log, newest first."""

    items: tuple[DeliveryLine, ...]
    next: str | None = None


class ListDeliveries(Command[DeliveryPage]):
    """The log of a webhook; 404 when there is no such webhook."""

    type: ClassVar[str] = "automation.list_deliveries"
    service: ClassVar[str] = "automation"

    webhook: str
    status: DeliveryStatus | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadDelivery(Command[DeliveryLine]):
    """One delivery with its payload."""

    type: ClassVar[str] = "automation.read_delivery"
    service: ClassVar[str] = "automation"

    webhook: str
    delivery: str


class Redeliver(Command[DeliveryLine]):
    """Deliver again, at once, under the same event id; 409 while the webhook is switched off."""

    type: ClassVar[str] = "automation.redeliver"
    service: ClassVar[str] = "automation"

    webhook: str
    delivery: str


class SendTestEvent(Command[DeliveryLine]):
    """Send ``webhook.test``; 409 while the webhook is switched off."""

    type: ClassVar[str] = "automation.send_test_event"
    service: ClassVar[str] = "automation"

    webhook: str
    by: Actor = SYSTEM


class PublicConversation(Contract):
    """A conversation as webhooks tell of it. Ids are those of the API; ``version`` orders what is told of it."""

    id: str
    version: int
    channel: str
    medium: str
    visibility: str
    kind: str
    contact: str
    contact_name: str
    subject: str | None
    status: str
    substatus: str | None
    owner: str | None
    owner_kind: str | None
    team: str | None
    teams: tuple[str, ...]
    topics: tuple[str, ...]
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    language: str | None
    priority_score: int
    episode: int
    muted: bool
    closed_by: str | None
    resolve_reason: str | None
    created_at: Instant
    changed_at: Instant
    last_message_at: Instant | None


class PublicFile(Contract):
    """An attachment; its bytes are fetched through the API."""

    id: str | None
    name: str
    type: str
    size: int | None


class PublicMessage(Contract):
    """A message as webhooks tell of it; without text and files once it is masked."""

    id: str
    conversation: str
    direction: str
    visibility: str
    kind: str
    author_kind: str
    author: str
    author_name: str
    text: str
    subject: str | None
    attachments: tuple[PublicFile, ...]
    tags: tuple[str, ...]
    automatic: bool
    in_reply_to: str | None
    link: str | None
    sent_at: Instant
    received_at: Instant
    masked: bool = False


class PublicContact(Contract):
    """A contact as webhooks tell of it."""

    id: str
    version: int
    name: str
    address: str
    attributes: dict[str, Any]
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    language: str | None
    vip: bool


class PublicClock(Contract):
    """A clock as webhooks tell of it."""

    id: str
    kind: Literal["first", "next", "resolution"]
    episode: int
    turn: int | None
    policy: str | None
    policy_name: str
    channel: str
    target_seconds: float
    outcome: str
    warn_at: Instant | None
    due_at: Instant | None
    breach_at: Instant | None
