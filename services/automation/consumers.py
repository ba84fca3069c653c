"""What automation hears, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.handlers.rules import Handlers
from shared.bus import Row, consumes
from shared.contracts.conversations import ConversationChanged


def table(handlers: Handlers) -> Sequence[Row]:
    """Event → handler."""
    return (consumes(ConversationChanged, handlers.on_conversation_changed),)
