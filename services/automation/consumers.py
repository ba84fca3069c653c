"""What automation hears, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.parts import Part
from shared.bus import Handler, Row, consumes
from shared.contracts.conversations import ConversationChanged


def table(parts: Sequence[Part], on_conversation_changed: Handler[ConversationChanged]) -> Sequence[Row]:
    """Event or command → handler: the change of a conversation for all parts, the rest by part."""
    return (consumes(ConversationChanged, on_conversation_changed), *(row for part in parts for row in part.rows()))
