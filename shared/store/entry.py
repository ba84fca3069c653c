"""One change of an aggregate as its outbox keeps it until its events are confirmed and the trail has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError, from_json

from shared.bus.envelope import Envelope, envelope
from shared.contracts.base import Actor, Event, Meta
from shared.errors import InvalidInput
from shared.ids import derived, event_id
from shared.store.replies import Kept

TrailBody = Callable[[str, dict[str, Any]], dict[str, Any]]


def entry_id(aggregate: str, cause: str) -> str:
    """One cause changes one aggregate once: the same name in the outbox and in the trail."""
    return derived("change", aggregate, cause)


@dataclass(frozen=True, slots=True)
class Entry:
    """``version`` is the one this change made. Without envelopes nothing is said; the trail remembers the cause."""

    id: str
    aggregate: str
    version: int
    cause: str
    at: datetime
    by: Actor
    by_rule: str | None
    envelopes: tuple[Envelope, ...]
    reply: Kept | None = None

    def kept(self) -> dict[str, Any]:
        """As it lies in the outbox, under its id."""
        return self._with([_kept(each) for each in self.envelopes])

    def line(self, body: TrailBody) -> dict[str, Any]:
        """As it lies in the trail."""
        events = [
            {"id": each.meta.event_id, "type": each.meta.type, "body": body(each.meta.type, from_json(each.body))}
            for each in self.envelopes
        ]
        return {"_id": self.id, "aggregate": self.aggregate, **self._with(events)}

    def _with(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        document = {
            "version": self.version,
            "cause": self.cause,
            "at": self.at,
            "by": {"kind": self.by.kind, "id": self.by.id, "name": self.by.name},
            "events": events,
        }
        if self.by_rule is not None:
            document["by_rule"] = self.by_rule
        if self.reply is not None:
            document["reply"] = self.reply
        return document

    @classmethod
    def of(cls, id: str, aggregate: str, kept: dict[str, Any]) -> Entry:
        """As read from the outbox."""
        envelopes = tuple(
            Envelope(
                meta=Meta.model_validate_json(event["meta"]),
                body=bytes(event["body"]),
                about=tuple(event.get("about", ())),
            )
            for event in kept["events"]
        )
        return cls(
            id=id,
            aggregate=aggregate,
            version=kept["version"],
            cause=kept["cause"],
            at=kept["at"],
            by=Actor.model_validate(kept["by"]),
            by_rule=kept.get("by_rule"),
            envelopes=envelopes,
            reply=kept.get("reply"),
        )


def _kept(each: Envelope) -> dict[str, Any]:
    kept: dict[str, Any] = {"meta": each.meta.model_dump_json().encode(), "body": each.body}
    return {**kept, "about": list(each.about)} if each.about else kept


def envelopes(
    events: Iterable[Event], *, aggregate: str, cause: Meta, now: datetime, actor: Actor | None, by_rule: str | None
) -> tuple[Envelope, ...]:
    """The events of one change, each named by cause, aggregate and its type (counted when a type comes twice)."""
    seen: dict[str, int] = {}
    made = []
    for event in events:
        seen[event.type] = count = seen.get(event.type, 0) + 1
        role = event.type if count == 1 else f"{event.type}#{count}"
        name = event_id(cause.event_id, aggregate, role)
        try:
            made.append(envelope(event, cause=cause, event_id=name, actor=actor, now=now, by_rule=by_rule))
        except (PydanticSerializationError, UnicodeError) as error:
            raise InvalidInput(f"this cannot be said: {type(error).__name__}") from error
    return tuple(made)
