"""The dispatcher's own event: "look again at …" (workflow.md, Automatic assignment)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Event


class LookAgain(Event):
    """A conversation began to wait, or an agent may have become free. Says nothing else: the looker reads."""

    type: ClassVar[str] = "routing.look.v1"

    conversation: str | None = None
    agent: str | None = None
