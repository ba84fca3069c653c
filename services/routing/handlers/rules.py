"""Answers of rules: in triage, and what rules do outside it."""

from __future__ import annotations

from services.routing.desk import DeskSource
from services.routing.domain import triage
from services.routing.handlers.changing import Changing
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationSnapshot, ConversationTriaged, RuleActed
from shared.errors import RetryLater


class Rules:
    """One method per event of automation."""

    def __init__(self, changing: Changing, desk: DeskSource, clock: Clock) -> None:
        self._changing = changing
        self._desk = desk
        self._clock = clock

    async def on_triaged(self, event: ConversationTriaged, meta: Meta) -> None:
        """T2, T3, T4; a late answer applies what still may be applied."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: triage.triaged(_known(current), event, self._desk.current(), self._clock.now()),
            by_rule=event.runs[0].rule if event.runs else None,
        )

    async def on_rule_acted(self, event: RuleActed, meta: Meta) -> None:
        """Acts outside triage take the row of an agent's; those of ingest are left to it."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: triage.rule_acted(_known(current), event, self._desk.current(), self._clock.now()),
            by_rule=event.run.rule,
        )


def _known(current: ConversationSnapshot | None) -> ConversationSnapshot:
    if current is None:
        raise RetryLater("The conversation has not been heard of yet.")
    return current
