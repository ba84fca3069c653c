"""What automation is made of: parts that share its settings, its copies and its one queue of conversation changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.automation.domain.budget import Budgets
from shared.bus import Row
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.resources import Replicas, ResourceOwner
from shared.runtime import Runtime
from shared.store import Database


@dataclass(frozen=True, slots=True)
class Common:
    """What every part is built from. ``budgets`` bounds rules and virtual agents together (AU-07)."""

    runtime: Runtime
    database: Database
    owner: ResourceOwner
    replicas: Replicas
    budgets: Budgets


class Part(Protocol):
    """Rules, virtual agents, webhooks out."""

    def rows(self) -> Sequence[Row]:
        """What it hears and answers, but for ``conversation.changed``: that all parts hear together."""
        ...

    async def start(self) -> None:
        """Before the first event: collections and indexes."""
        ...

    async def begin(self) -> None:
        """Once events come: timers and other work of its own."""
        ...

    async def stop(self) -> None:
        """After the last event."""
        ...

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """By cause: when another part asks for another try, it hears the same again."""
        ...
