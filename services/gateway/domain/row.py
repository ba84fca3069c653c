"""Inbox rows: one per conversation, put together from the latest of each source, and what the API shows. Pure.

A stored row has the fields that lists filter and sort by, and one section per source, each guarded by a version of
its own: ``conversation``, ``message`` (the preview), ``contact``, and ``clocks`` (one per clock).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from services.gateway.domain.access import Placed
from services.gateway.domain.countdown import countdown
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot, Turn
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.words import ClockOutcome, Direction, OwnerKind, Status

Document: TypeAlias = dict[str, Any]

PREVIEW_LENGTH = 140
OPEN = (Status.TRIAGE, Status.BOT, Status.NEW, Status.PENDING)
"""The statuses of conversations that somebody still has to do something about."""

_SHOWN = (
    "substatus",
    "owner",
    "team",
    "teams",
    "medium",
    "kind",
    "contact",
    "contact_name",
    "subject",
    "episode",
    "status_number",
    "status_since",
    "waiting_since",
    "last_message_at",
    "last_inbound_at",
    "priority",
    "language",
    "topics",
    "labels",
    "tags",
    "boomerang",
    "notice",
    "closed_by",
    "resolve_reason",
    "version",
)


def conversation_fields(snapshot: ConversationSnapshot) -> Document:
    """What the conversation gives to its row: the fields of lists, and its section."""
    owner = snapshot.owner.id if snapshot.owner and snapshot.owner.kind is OwnerKind.AGENT else None
    place = Placed(snapshot.channel, owner, snapshot.team, snapshot.teams)
    section = snapshot.model_dump(mode="json", include=set(_SHOWN))
    section["last_inbound"] = snapshot.inbound[-1].id if snapshot.inbound else None
    section["turn"] = _open_turn(snapshot.turns)
    return {
        "status": str(snapshot.status),
        "substatus": str(snapshot.substatus) if snapshot.substatus else "",
        "channel": snapshot.channel,
        "visibility": str(snapshot.visibility),
        "owner": owner or "",
        "routes": sorted(place.routes),
        "unrouted": not place.routes,
        "team": snapshot.team or "",
        "teams": list(snapshot.teams),
        "topics": list(snapshot.topics),
        "contact_id": snapshot.contact,
        "score": snapshot.priority.score,
        "waiting_since": snapshot.waiting_since or snapshot.status_since,
        "last_message_at": snapshot.last_message_at or snapshot.created_at,
        "conversation": section,
    }


def _open_turn(turns: tuple[Turn, ...]) -> int | None:
    still = [t.number for t in turns if t.ended_at is None and not t.waived and t.merged_into is None]
    return still[-1] if still else None


def message_fields(message: MessageSnapshot) -> Document:
    """The preview: the first 140 characters of the latest message; nothing of a masked one."""
    gone = message.masked_at is not None or message.deleted
    text = "" if gone else " ".join(message.text[: 4 * PREVIEW_LENGTH].split())
    by = "note" if message.direction is Direction.INTERNAL else "agent"
    return {
        "message": {
            "id": message.id,
            "text": text[:PREVIEW_LENGTH],
            "by": "contact" if message.direction is Direction.INBOUND else by,
            "at": message.model_dump(mode="json", include={"sent_at"})["sent_at"],
            "masked": message.masked_at is not None,
            "attachments": 0 if gone else len(message.attachments),
        }
    }


def message_version(message: MessageSnapshot) -> int:
    """Grows with arrival, then with the message's own version: a mask lands on its message, not on a later one."""
    return int(message.received_at.timestamp() * 1000) * 1000 + min(message.version, 999)


def contact_fields(contact: ContactSnapshot) -> Document:
    """What the contact gives to its rows."""
    return {"contact": {"id": contact.id, "name": contact.name, "vip": contact.vip, "labels": list(contact.labels)}}


def clock_section(clock: ClockSnapshot) -> Document:
    """What a clock gives to its row; a stopped one only keeps its place, so that an older snapshot finds it newer."""
    place = {"episode": clock.episode, "turn": clock.turn, "version": clock.version, "outcome": str(clock.outcome)}
    if clock.outcome is not ClockOutcome.RUNNING:
        return place
    shown = clock.model_dump(
        mode="json",
        include={"kind", "policy_name", "target_seconds", "warn_seconds", "spans", "warn_at", "due_at", "breach_at"},
    )
    schedule = clock.schedule.model_dump_json() if clock.schedule else None
    return {**place, **shown, "schedule": schedule, "running": clock.running}


def placed(row: Mapping[str, Any]) -> Placed:
    """Where a stored row stands, for ``may``."""
    return Placed(
        channel=str(row.get("channel", "")),
        owner=row.get("owner") or None,
        team=row.get("team") or None,
        teams=tuple(row.get("teams", ())),
    )


def shown(row: Mapping[str, Any], now: datetime) -> Document:
    """A stored row as the API gives it, with its clock as of ``now``. Instants are ISO 8601 text."""
    conversation = row.get("conversation", {})
    message = row.get("message", {})
    contact = row.get("contact", {})
    changed: datetime = row["changed_at"]
    return {
        "id": row["_id"],
        **conversation,
        "status": row["status"],
        "channel": row["channel"],
        "visibility": row["visibility"],
        "contact_name": contact.get("name") or conversation.get("contact_name", ""),
        "vip": contact.get("vip", False),
        "preview": message.get("text", ""),
        "preview_by": message.get("by"),
        "preview_at": message.get("at"),
        "preview_message": message.get("id"),
        "preview_masked": message.get("masked", False),
        "preview_attachments": message.get("attachments", 0),
        "sla": countdown(_clock_of(row), now),
        "changed_at": changed.isoformat().replace("+00:00", "Z"),
    }


def _clock_of(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The clock to show: the open turn's response clock, else the episode's resolution clock; only in New (SL-06)."""
    conversation = row.get("conversation", {})
    if row.get("status") != Status.NEW:
        return None
    running: list[Mapping[str, Any]] = [
        clock
        for clock in row.get("clocks", {}).values()
        if clock.get("outcome") == ClockOutcome.RUNNING and clock["episode"] == conversation.get("episode")
    ]
    for clock in running:
        if clock["turn"] is not None and clock["turn"] == conversation.get("turn"):
            return clock
    return next((clock for clock in running if clock["turn"] is None), None)
