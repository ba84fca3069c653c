"""Events as read from deliveries: services of one process that hear the same event have it decoded once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from aio_pika.abc import AbstractIncomingMessage

from shared.bus.wire import read_meta
from shared.contracts.base import Event, Meta

E = TypeVar("E", bound=Event)

REMEMBERED = 256
"""Events kept. They are heard within moments of one another, or not by the same process."""


class Decoding:
    """Reads deliveries, and remembers the latest. Events are frozen, so one may be given to many."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._read: OrderedDict[tuple[str, type[Event]], tuple[bytes, Event]] = OrderedDict()

    def read(self, message: AbstractIncomingMessage, kind: type[E]) -> tuple[E, Meta]:
        """Event and metadata of a delivery. Raises ``Undecodable`` or ``ValidationError``."""
        meta = read_meta(message)
        key = (meta.event_id, kind)
        body, event = self._read.get(key, (b"", None))
        if event is None or body != message.body:
            event = kind.model_validate_json(message.body)
            self._read[key] = (message.body, event)
            if len(self._read) > self._remembered:
                self._read.popitem(last=False)
        return event, meta  # type: ignore[return-value]  # kept under its own kind
