"""What sla hears and answers, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from services.sla.handlers import Handlers
from shared.bus import Row, answers, consumes
from shared.contracts.clocks import PreviewSchedule, ReadClocks
from shared.contracts.conversations import ConversationChanged


def table(handlers: Handlers) -> Sequence[Row]:
    """Event or command → handler."""
    return (
        consumes(ConversationChanged, handlers.on_conversation_changed),
        answers(PreviewSchedule, handlers.preview),
        answers(ReadClocks, handlers.read),
    )
