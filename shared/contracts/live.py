"""Live hints over the transient fanout: something people look at changed; lost ones cost a refresh, nothing more."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Event


class TimelineHint(Event):
    """A conversation's timeline changed without the conversation changing (delivery status, an edited note)."""

    type: ClassVar[str] = "live.timeline.v1"

    conversation: str
    message_id: str | None = None
