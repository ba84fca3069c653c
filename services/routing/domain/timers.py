"""When time alone will change a conversation: each instant, and the first of them (workflow.md, Timers). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.words import Status, Substatus


class Timer(StrEnum):
    """What a conversation may be woken for, first the one that wins a tie (WF-07: auto-resolve wins)."""

    TRIAGE = "triage"
    INACTIVITY = "inactivity"
    IDLE = "idle"
    BOOMERANG = "boomerang"


def next_timer(conversation: ConversationSnapshot) -> tuple[datetime, Timer] | None:
    """The first instant at which something is due, and what; None when only somebody can change it."""
    found = _instants(conversation)
    order = list(Timer)
    return min(found, key=lambda due: (due[0], order.index(due[1]))) if found else None


def wake_at(conversation: ConversationSnapshot) -> datetime | None:
    """The next instant at which the conversation must be looked at."""
    found = next_timer(conversation)
    return found[0] if found else None


def inactive_since(conversation: ConversationSnapshot) -> datetime | None:
    """Since when nothing happened in this status (WF-09): entering it, or the last message either way."""
    if conversation.status not in (Status.NEW, Status.PENDING):
        return None
    return max(conversation.status_since, conversation.last_message_at or conversation.status_since)


def _instants(conversation: ConversationSnapshot) -> list[tuple[datetime, Timer]]:
    found: list[tuple[datetime, Timer]] = []
    if conversation.status is Status.TRIAGE and conversation.triage_until:
        found.append((conversation.triage_until, Timer.TRIAGE))
    if conversation.boomerang and conversation.status in (Status.PENDING, Status.RESOLVED):
        found.append((conversation.boomerang.at, Timer.BOOMERANG))
    quiet = inactive_since(conversation)
    if quiet is None:
        return found
    timers = conversation.timers
    limit = timers.auto_resolve_new if conversation.status is Status.NEW else timers.auto_resolve_pending
    if limit is not None:
        found.append((quiet + timedelta(seconds=limit), Timer.INACTIVITY))
    if timers.idle_close is not None and conversation.substatus is Substatus.ANSWERED:
        found.append((quiet + timedelta(seconds=timers.idle_close), Timer.IDLE))
    return found
