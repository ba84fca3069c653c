"""Inbox rows: one per conversation, put together from the latest of each source, and what the API shows. Pure.

A stored row has one part per source, each replaced whole by a newer version of its own: ``conversation`` (with all
that lists filter and sort by), ``message`` (the preview), ``contact``, ``survey``, and a few places for clocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from services.gateway.domain.access import Placed
from services.gateway.domain.countdown import countdown, instant_text
from services.gateway.domain.visible import words
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot, Turn
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.surveys import AnswerSnapshot
from shared.contracts.words import ClockKind, ClockOutcome, Direction, OwnerKind, Status

Document: TypeAlias = dict[str, Any]
Parts: TypeAlias = Mapping[str, Mapping[str, Any]]

PREVIEW_LENGTH = 140
OPEN = (Status.TRIAGE, Status.BOT, Status.NEW, Status.PENDING)
"""The statuses of conversations that somebody still has to do something about."""

_SHOWN = {
    "status",
    "substatus",
    "muted",
    "groups",
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
}
_CLOCK = {
    "kind",
    "policy_name",
    "target_seconds",
    "warn_seconds",
    "spans",
    "warn_at",
    "due_at",
    "breach_at",
    "running",
}


def conversation_fields(snapshot: ConversationSnapshot) -> Document:
    """What the conversation gives to its row: what lists filter and sort by, and under ``shown`` what they show."""
    owner = snapshot.owner.id if snapshot.owner and snapshot.owner.kind is OwnerKind.AGENT else None
    place = Placed(snapshot.channel, owner, snapshot.team, snapshot.teams)
    section = snapshot.model_dump(mode="json", include=_SHOWN)
    section["last_inbound"] = snapshot.inbound[-1].id if snapshot.inbound else None
    return {
        "status": str(snapshot.status),
        "substatus": str(snapshot.substatus or ""),
        "channel": snapshot.channel,
        "visibility": str(snapshot.visibility),
        "owner": owner or "",
        "routes": sorted(place.routes),
        "routed": " ".join(sorted(place.routes)),
        "sight": words(place),
        "team": snapshot.team or "",
        "teams": list(snapshot.teams),
        "topics": list(snapshot.topics),
        "contact": snapshot.contact,
        "score": snapshot.priority.score,
        "waiting_since": snapshot.waiting_since or snapshot.status_since,
        "last_message_at": snapshot.last_message_at or snapshot.created_at,
        "episode": snapshot.episode,
        "turn": _open_turn(snapshot.turns),
        "shown": section,
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
        "id": message.id,
        "text": text[:PREVIEW_LENGTH],
        "by": "contact" if message.direction is Direction.INBOUND else by,
        "at": instant_text(message.sent_at),
        "masked": message.masked_at is not None,
        "attachments": 0 if gone else len(message.attachments),
    }


def message_version(message: MessageSnapshot) -> int:
    """Grows with arrival, then with the message's own version: a mask lands on its message, not on a later one."""
    return round(message.received_at.timestamp() * 1000) * 1024 + min(message.version, 1023)


CONTACT_FIELDS = ("name", "vip", "labels", "groups")


def contact_fields(contact: ContactSnapshot) -> Document:
    """What the contact gives to its rows."""
    return contact.model_dump(mode="json", include=set(CONTACT_FIELDS))


def clock_source(clock: ClockSnapshot) -> str:
    """The place of a clock in its row. Later turns share eight places, more than turns are ever open at once."""
    return f"clock_{clock.kind}_{(clock.turn or 0) % 8}" if clock.kind is ClockKind.NEXT else f"clock_{clock.kind}"


def clock_version(clock: ClockSnapshot) -> int:
    """Orders the clocks that share a place: by episode, by turn, then by the clock's own version."""
    return (clock.episode << 36) + ((clock.turn or 0) << 16) + min(clock.version, 0xFFFF)


def clock_fields(clock: ClockSnapshot) -> Document:
    """What a clock gives to its row; a stopped one only says so."""
    place = {"episode": clock.episode, "turn": clock.turn, "outcome": str(clock.outcome)}
    if clock.outcome is not ClockOutcome.RUNNING:
        return place
    section = clock.model_dump(mode="json", include=_CLOCK)
    return {**place, **section, "schedule": clock.schedule.model_dump_json() if clock.schedule else None}


def answer_fields(answer: AnswerSnapshot) -> Document:
    """What a survey answer gives to its row."""
    return answer.model_dump(mode="json", include={"survey", "episode", "option", "number", "positive", "answered_at"})


def placed(parts: Parts) -> Placed | None:
    """Where a row's conversation stands, for ``may``; None while the conversation itself is unheard of."""
    conversation = parts.get("conversation")
    if conversation is None:
        return None
    return Placed(
        channel=conversation["channel"],
        owner=conversation["owner"] or None,
        team=conversation["team"] or None,
        teams=tuple(conversation["teams"]),
    )


def shown(id: str, parts: Parts, changed_at: datetime, now: datetime) -> Document:
    """A row as the API gives it (``api.models.Row``), its clock as of ``now``. Instants are ISO 8601 text."""
    conversation = parts["conversation"]
    message = parts.get("message", {})
    contact = parts.get("contact", {})
    return {
        "id": id,
        **conversation["shown"],
        "channel": conversation["channel"],
        "visibility": conversation["visibility"],
        "contact_name": contact.get("name") or conversation["shown"]["contact_name"],
        "vip": contact.get("vip", False),
        "groups": contact.get("groups", conversation["shown"]["groups"]),
        "preview": message.get("text", ""),
        "preview_by": message.get("by"),
        "preview_at": message.get("at"),
        "preview_message": message.get("id"),
        "preview_masked": message.get("masked", False),
        "preview_attachments": message.get("attachments", 0),
        "sla": countdown(_clock_to_show(parts), now),
        "survey": parts.get("survey"),
        "changed_at": instant_text(changed_at),
    }


def _clock_to_show(parts: Parts) -> Mapping[str, Any] | None:
    """The open turn's response clock, else the episode's resolution clock; only in New (SL-06)."""
    conversation = parts["conversation"]
    if conversation["status"] != Status.NEW:
        return None
    running = [
        part
        for source, part in parts.items()
        if source.startswith("clock_")
        and part["outcome"] == ClockOutcome.RUNNING
        and part["episode"] == conversation["episode"]
    ]
    for clock in running:
        if clock["turn"] is not None and clock["turn"] == conversation["turn"]:
            return clock
    return next((clock for clock in running if clock["turn"] is None), None)
