"""Envelopes as AMQP messages, and back. The only place that knows the headers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage, AbstractMessage

from shared.bus.envelope import Envelope
from shared.contracts.base import Meta

META: Final = "meta"
"""The whole ``Meta`` as JSON."""

ATTEMPT: Final = "attempt"
"""How many times a handler has asked for another try."""

REPUBLISHED: Final = "republished"
"""Said again by a sweeper or from the dead letters: a cause that may have fallen out of ``causes``."""

DEADLINE: Final = "deadline"
"""When the asking side stops waiting, in Unix milliseconds."""

JSON: Final = "application/json"

OURS: Final = (META, REPUBLISHED)
"""Headers that stay with a message wherever it goes; not the broker's own (``x-death``), in which it sees cycles."""


class Undecodable(Exception):
    """The message is not one of ours: no metadata, or a body that its contract refuses."""


def to_message(entry: Envelope, *, service: str, persistent: bool = True) -> Message:
    """``entry`` for the wire. A ``meta`` that says ``redelivered`` travels as republished."""
    headers: dict[str, Any] = {META: entry.meta.model_dump_json(exclude={"redelivered"}, exclude_none=True)}
    if entry.meta.redelivered:
        headers[REPUBLISHED] = True
    return Message(
        entry.body,
        headers=headers,
        content_type=JSON,
        delivery_mode=DeliveryMode.PERSISTENT if persistent else DeliveryMode.NOT_PERSISTENT,
        message_id=entry.meta.event_id,
        correlation_id=entry.meta.correlation_id,
        type=entry.meta.type,
        app_id=service,
    )


def read_meta(message: AbstractIncomingMessage) -> Meta:
    """Metadata of a delivery; ``redelivered`` when it may be a repeat. Raises ``Undecodable``."""
    try:
        meta = Meta.model_validate_json(str(message.headers[META]))
    except (KeyError, ValueError) as error:
        raise Undecodable("no metadata of ours") from error
    if message.redelivered or ATTEMPT in message.headers or REPUBLISHED in message.headers:
        return meta.model_copy(update={"redelivered": True})
    return meta


def attempt_of(message: AbstractMessage) -> int:
    """How many tries it has had before this one."""
    attempt = message.headers.get(ATTEMPT, 0)
    return attempt if isinstance(attempt, int) else 0


def again(message: AbstractMessage, **headers: Any) -> Message:
    """The same message to be published once more, with these headers beside those that stay with it."""
    kept: dict[str, Any] = {name: message.headers[name] for name in OURS if name in message.headers}
    return Message(
        message.body,
        headers={**kept, **headers},
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        type=message.type,
        app_id=message.app_id,
    )


def to_milliseconds(instant: datetime) -> int:
    """Unix milliseconds."""
    return round(instant.timestamp() * 1000)
