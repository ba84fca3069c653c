"""An event ready to travel: its metadata and its body, made once and kept as it is until it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.base import SYSTEM, Actor, Command, Event, Meta


@dataclass(frozen=True, slots=True)
class Envelope:
    """``body`` is the event as UTF-8 JSON; the same bytes are kept in the outbox and put on the wire.

    ``about``: ``Event.about``, by which the broker spares who need not hear of it.
    """

    meta: Meta
    body: bytes
    about: tuple[str, ...] = ()


def envelope(
    event: Event,
    *,
    cause: Meta | None,
    event_id: str,
    actor: Actor | None = None,
    now: datetime,
    by_rule: str | None = None,
) -> Envelope:
    """The envelope of an event.

    ``event_id`` is derived from the cause (``shared.ids.event_id``), so that handling it again says the same
    event again. Correlation, rule and actor are those of the cause unless given; without a cause the event is
    its own first cause and the system its actor.
    """
    meta = metadata(event, cause=cause, event_id=event_id, actor=actor, now=now, by_rule=by_rule)
    return Envelope(meta=meta, body=event.model_dump_json().encode(), about=event.about())


def metadata(
    message: Event | Command[Any],
    *,
    cause: Meta | None,
    event_id: str,
    actor: Actor | None = None,
    now: datetime,
    by_rule: str | None = None,
) -> Meta:
    """What travels beside an event or a command. For a command ``event_id`` is its idempotency key."""
    return Meta(
        event_id=event_id,
        type=message.type,
        occurred_at=now,
        correlation_id=cause.correlation_id if cause else event_id,
        causation_id=cause.event_id if cause else None,
        by_rule=by_rule or (cause.by_rule if cause else None),
        actor=actor or (cause.actor if cause else SYSTEM),
    )
