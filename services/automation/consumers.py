"""What automation hears, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.parts import Part
from shared.bus import Consumes, Handler, Row, consumes
from shared.contracts.base import Event, Meta
from shared.contracts.conversations import ConversationChanged


def table(parts: Sequence[Part], on_conversation_changed: Handler[ConversationChanged]) -> Sequence[Row]:
    """Event or command → handler: the change of a conversation for all parts, the rest by part.

    What several parts hear goes to each in turn from one queue, as the change of a conversation does.
    """
    rows = [row for part in parts for row in part.rows()]
    heard: dict[str, list[Consumes]] = {}
    for row in rows:
        if isinstance(row, Consumes):
            heard.setdefault(row.event.type, []).append(row)
    return (
        consumes(ConversationChanged, on_conversation_changed),
        *(_together(found) for found in heard.values()),
        *(row for row in rows if not isinstance(row, Consumes)),
    )


def _together(rows: Sequence[Consumes]) -> Consumes:
    if len(rows) == 1:
        return rows[0]

    async def on_event(event: Event, meta: Meta) -> None:
        for row in rows:
            await row.handler(event, meta)

    return consumes(rows[0].event, on_event)
