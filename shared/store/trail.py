"""The trail of an aggregate: what was said of it, by whom and why, kept for good without any message text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.base import Actor

LEFT_OUT = ("message", "contact", "conversation")


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event as kept: its id, type, and what is left of its body (JSON)."""

    id: str
    type: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrailRecord:
    """One change of an aggregate: the version it made, its cause, when, by whom."""

    aggregate: str
    version: int
    cause: str
    at: datetime
    by: Actor
    by_rule: str | None
    events: tuple[TrailEvent, ...]


def trail_body(_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body without the snapshots of message, contact and conversation (ids under these names stay)."""
    return {name: value for name, value in body.items() if name not in LEFT_OUT or not isinstance(value, dict)}
