"""What the gateway keeps about people: credentials, sessions, keys, links, notifications, the admin log."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from services.gateway.domain.access import Scope
from shared.contracts.base import Actor, Contract, Instant
from shared.contracts.words import Availability


class Credential(Contract):
    """A person's password, under the user's id. ``must_change``: it was made for him."""

    id: str
    version: int = 1
    hash: str
    must_change: bool = False
    changed_at: Instant


class Session(Contract):
    """A browser that signed in, under the hash of its cookie. ``lease`` names it to routing (presence).

    ``must_change``: he signed in with a password that was made for him.
    """

    id: str
    user: str
    csrf: str
    lease: str
    must_change: bool = False
    created_at: Instant
    seen_at: Instant
    ends_at: Instant


class ApiKey(Contract):
    """A machine's key. ``hash`` is all that is kept of it. A virtual agent's own key answers for it, nothing else."""

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    created_at: Instant
    created_by: Actor
    last_used_at: Instant | None = None
    virtual_agent: str | None = None


class SetupLink(Contract):
    """A single-use link to set a password, under the hash of its token."""

    id: str
    user: str
    ends_at: Instant


class NotificationKind(StrEnum):
    """AG-10."""

    ASSIGNED = "assigned"
    MENTION = "mention"
    SLA_WARNED = "sla_warned"
    SLA_BREACHED = "sla_breached"
    BOOMERANG_FIRED = "boomerang_fired"
    REPLY_FAILED = "reply_failed"
    WEBHOOK_OFF = "webhook_off"
    VIRTUAL_AGENT_FAILING = "virtual_agent_failing"
    AUTOMATION_STOPPED = "automation_stopped"
    MAILBOX_FAILING = "mailbox_failing"
    RULE = "rule"


class Notification(Contract):
    """Something a person should know. It names a message, never repeats it.

    ``conversation`` is empty where it is about none; ``object_kind`` and ``object`` name a settings object.
    ``clock`` is the SLA clock it is about, ``percent`` the share of its target that was used; ``withdrawn``: it
    was not so after all.
    """

    id: str
    user: str
    kind: NotificationKind
    conversation: str = ""
    at: Instant
    by: Actor | None = None
    message: str | None = None
    text: str = ""
    object_kind: str = ""
    object: str = ""
    read: bool = False
    clock: str | None = None
    percent: int | None = None
    withdrawn: bool = False


class PreferencesRecord(Contract):
    """What pages keep about how a user works, under his id."""

    id: str
    version: int = 0
    values: dict[str, Any]


class AdminLogEntry(Contract):
    """A settings change (PR-04), with the public values before and after. ``words`` is what a search looks in."""

    id: str
    at: Instant
    by: Actor
    kind: str
    object: str
    name: str
    action: Literal["created", "changed", "deleted"]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    words: str = ""


class PresenceStretch(Contract):
    """How long somebody was available, away or offline (AG-08)."""

    id: str
    agent: str
    availability: Availability
    away_state: str | None = None
    start: Instant
    end: Instant
