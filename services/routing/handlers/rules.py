"""Answers of rules: in triage, and what rules do outside it."""

from __future__ import annotations

from services.routing.desk import DeskSource
from services.routing.domain import automation, triage
from services.routing.domain.decision import Decision
from services.routing.handlers.changing import Changing
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import MacroReply, RunMacro
from shared.contracts.conversations import AutomationHalted, ConversationSnapshot, ConversationTriaged, RuleActed
from shared.errors import NotFound, RetryLater


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

    async def on_halted(self, event: AutomationHalted, meta: Meta) -> None:
        """AU-07: into the trail."""
        await self._changing.change(
            event.conversation,
            meta,
            lambda current: automation.halted(_known(current), event, self._desk.current(), self._clock.now()),
        )

    async def run_macro(self, command: RunMacro, meta: Meta) -> MacroReply:
        """AU-22: a person runs a list of acts."""
        refused: tuple[str, ...] = ()

        def decide(current: ConversationSnapshot | None) -> Decision:
            nonlocal refused
            if current is None:
                raise NotFound("There is no such conversation.")
            decided, refused = automation.run_macro(current, command, self._desk.current(), self._clock.now())
            return decided

        outcome = await self._changing.change(
            command.conversation,
            meta,
            decide,
            actor=command.by,
            reply=lambda saved: MacroReply(conversation=saved, failed=refused),
        )
        if isinstance(outcome.reply, MacroReply):
            return outcome.reply
        raise RetryLater("The conversation changed meanwhile. Try again.")


def _known(current: ConversationSnapshot | None) -> ConversationSnapshot:
    if current is None:
        raise RetryLater("The conversation has not been heard of yet.")
    return current
