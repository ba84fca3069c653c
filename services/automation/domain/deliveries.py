"""A delivery from its making to its end: attempts, pauses, giving up, redelivery, masking. Pure.

Rules: automation.md, Webhooks out. At least once; every attempt and redelivery carries the same event id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.automation.domain.telling import Telling, without_text
from shared.contracts.base import Contract, Instant
from shared.contracts.webhooks import DeliveryLine, DeliveryStatus
from shared.ids import derived

RETRIED_FOR = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=3)
LEASE = timedelta(minutes=2)
"""An attempt that says nothing for this long was cut off by a crash. Longer than waiting for a place and any call."""

SHORTEST_HOLD, LONGEST_HOLD = timedelta(minutes=1), timedelta(hours=1)
EXCERPT = 500
GONE = 410
OFF = "The webhook is switched off or deleted."


class Delivery(Contract):
    """One public event for one webhook. ``id`` derives from both, so that it is made once.

    ``tries`` are the attempts of this window, which began at ``since`` and ends 24 h later; ``by`` is the process
    that holds the attempt under way; ``held`` counts how often it found all places of its webhook taken.
    """

    id: str
    version: int = 0
    webhook: str
    event: str
    type: str
    occurred_at: Instant
    data: dict[str, Any]
    conversation: str | None = None
    message: str | None = None
    masked: bool = False
    status: DeliveryStatus = DeliveryStatus.WAITING
    attempts: int = 0
    tries: int = 0
    held: int = 0
    by: str | None = None
    created_at: Instant
    since: Instant
    last_at: Instant | None = None
    code: int | None = None
    milliseconds: int | None = None
    error: str = ""
    excerpt: str = ""
    wake_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt went. ``code`` is None where no answer came; ``after`` what the endpoint asked us to wait."""

    code: int | None
    milliseconds: int
    error: str = ""
    excerpt: str = ""
    after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """2xx."""
        return self.code is not None and 200 <= self.code < 300


def delivery_id(webhook: str, event: str) -> str:
    """The delivery of a public event to a webhook."""
    return derived("webhook delivery", webhook, event)


def made(webhook: str, telling: Telling, now: datetime) -> Delivery:
    """A new delivery, due at once."""
    return Delivery(
        id=delivery_id(webhook, telling.id),
        webhook=webhook,
        event=telling.id,
        type=telling.type.value,
        occurred_at=telling.at,
        data=telling.data,
        conversation=telling.conversation,
        message=telling.message,
        created_at=now,
        since=now,
        wake_at=now,
    )


def body_of(state: Delivery) -> bytes:
    """The request's body: the same bytes for every attempt, unless the message was masked in between."""
    return json.dumps(payload_of(state), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def payload_of(state: Delivery) -> dict[str, Any]:
    """The body as JSON: id, type, timestamp, data."""
    at = state.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": state.event, "type": state.type, "timestamp": at, "data": state.data}


def attempted(state: Delivery, now: datetime, by: str) -> Delivery:
    """An attempt by process ``by``, recorded before the call."""
    return state.model_copy(
        update={
            "attempts": state.attempts + 1,
            "tries": state.tries + 1,
            "held": 0,
            "by": by,
            "wake_at": now + LEASE,
        }
    )


def held(state: Delivery, now: datetime) -> Delivery:
    """All places are taken. It is taken up when one is free; ``wake_at`` is only for when this process dies."""
    wait = min(SHORTEST_HOLD * 2 ** min(state.held, 10), LONGEST_HOLD)
    return state.model_copy(update={"held": state.held + 1, "by": None, "wake_at": now + wait})


def given_back(state: Delivery, now: datetime) -> Delivery:
    """An attempt that found no place in time: nothing was called, so it does not count."""
    back = state.model_copy(update={"attempts": state.attempts - 1, "tries": state.tries - 1})
    return held(back, now)


def came_out(state: Delivery, result: Result, now: datetime, chance: float) -> Delivery:
    """After an attempt: delivered, again after a pause (``chance`` in [0, 1) spreads it), or given up after 24 h."""
    after = state.model_copy(
        update={
            "last_at": now,
            "code": result.code,
            "milliseconds": result.milliseconds,
            "error": result.error,
            "excerpt": result.excerpt[:EXCERPT],
            "by": None,
        }
    )
    if result.taken:
        return after.model_copy(update={"status": DeliveryStatus.DELIVERED, "wake_at": None})
    end = state.since + RETRIED_FOR
    if now >= end or result.code == GONE:
        return after.model_copy(update={"status": DeliveryStatus.FAILED, "wake_at": None})
    return after.model_copy(update={"wake_at": min(now + pause(state.tries, result.after, chance), end)})


def pause(tries: int, asked: timedelta | None, chance: float) -> timedelta:
    """Between the ``tries``-th attempt (from 1) and the next: 5 s, 20 s, 80 s, … to 3 h, each by half more or less."""
    wait: timedelta = min(FIRST_PAUSE * 4 ** min(tries - 1, 8), LONGEST_PAUSE) * (0.5 + chance)
    return max(wait, min(asked or timedelta(), LONGEST_PAUSE))


def given_up(state: Delivery, now: datetime, why: str) -> Delivery:
    """Nothing is tried any more until somebody redelivers it."""
    return state.model_copy(
        update={"status": DeliveryStatus.FAILED, "error": why, "by": None, "last_at": now, "wake_at": None}
    )


def again(state: Delivery, now: datetime) -> Delivery:
    """Redelivery: due at once, with a window of its own, under the same event id."""
    return state.model_copy(
        update={
            "status": DeliveryStatus.WAITING,
            "tries": 0,
            "held": 0,
            "since": now,
            "by": None,
            "wake_at": now,
        }
    )


def masked(state: Delivery) -> Delivery:
    """The message that it tells of was masked (PR-03)."""
    if state.masked or state.message is None:
        return state
    return state.model_copy(update={"masked": True, "data": without_text(state.data, state.message)})


def line_of(state: Delivery, *, whole: bool = False) -> DeliveryLine:
    """The line of the log; ``whole`` with its payload."""
    waiting = state.status is DeliveryStatus.WAITING
    return DeliveryLine(
        id=state.id,
        webhook=state.webhook,
        event=state.event,
        type=state.type,
        occurred_at=state.occurred_at,
        status=state.status,
        attempts=state.attempts,
        created_at=state.created_at,
        last_at=state.last_at,
        next_at=state.wake_at if waiting else None,
        code=state.code,
        milliseconds=state.milliseconds,
        error=state.error,
        excerpt=state.excerpt,
        conversation=state.conversation,
        masked=state.masked,
        payload=payload_of(state) if whole else None,
    )
