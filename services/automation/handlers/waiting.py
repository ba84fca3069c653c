"""Rules that no message and no change makes look: alarms of clocks, and time (AU-05)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from services.automation.domain.happening import Happening, seen
from services.automation.domain.records import Conclusion, Noted
from services.automation.domain.rules import RuleSet
from services.automation.domain.waiting import Followed, TimeRules, happened, looked, observed, waited
from services.automation.handlers.rules import Handlers, Scores, latest_inbound
from shared.bus import Asks, metadata
from shared.clock import Clock
from shared.contracts.base import Command, Contract, Meta
from shared.contracts.clocks import SlaBreached, SlaWarned
from shared.contracts.contacts import ReadContact
from shared.contracts.conversation_commands import ReadConversation
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, RuleActed, RuleDue
from shared.contracts.messages import ContactSnapshot
from shared.contracts.settings import RuleEvent
from shared.contracts.words import Status
from shared.errors import NotFound, RetryLater, TimedOut
from shared.ids import derived
from shared.store import Decide, Decision, Outcome

ASK_SECONDS = 5.0
R = TypeVar("R", bound=Contract)


class Following(Protocol):
    """Where followed conversations are kept."""

    async def change(self, id: str, cause: Meta, decide: Decide[Followed]) -> Outcome[Followed]: ...


class Waiting:
    """One method per use case. ``time_rules`` gives the time-based rules as of now."""

    def __init__(
        self,
        time_rules: Callable[[], TimeRules],
        following: Following,
        handlers: Handlers,
        scores: Scores,
        bus: Asks,
        clock: Clock,
    ) -> None:
        self._time_rules = time_rules
        self._following = following
        self._handlers = handlers
        self._scores = scores
        self._bus = bus
        self._clock = clock

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Follow it, while there are time-based rules about such conversations."""
        await self.follow(event.conversation, meta)

    async def follow(self, conversation: ConversationSnapshot, cause: Meta) -> None:
        """Take in a snapshot, iff newer; rules that are due by it are said to be."""
        if not self._time_rules().concern(conversation):
            return

        def decide(current: Followed | None) -> Decision[Followed] | None:
            found = observed(current, conversation, self._time_rules(), self._clock.now())
            return None if found is None else Decision(found[0], says=found[1])

        named = derived("follow", cause.event_id, conversation.id)
        await self._following.change(conversation.id, cause.model_copy(update={"event_id": named}), decide)

    def woken(self, state: Followed, now: datetime) -> Decision[Followed]:
        """What timers do when a rule's time has come."""
        after, found = looked(state, self._time_rules(), now)
        return Decision(after, says=found)

    async def on_rule_due(self, event: RuleDue, meta: Meta) -> None:
        """Evaluate it on the conversation as it is now; routing looks once more whether it still waits."""
        rules = self._time_rules().rules
        entry = rules.entry(event.rule)
        if entry is None:
            return
        conversation = await self._conversation(event.conversation, meta)
        if conversation is None or conversation.episode != event.episode:
            return
        wait = waited(entry.rule.event, conversation)
        if wait is None or not wait.is_that_of(event):
            return
        happening = happened(entry, wait, conversation, self._clock.now())
        await self._act(rules, happening, conversation, meta, due=event)

    async def on_alarm(self, event: SlaWarned | SlaBreached, meta: Meta) -> None:
        """A clock turned orange or red."""
        what = RuleEvent.SLA_WARNED if isinstance(event, SlaWarned) else RuleEvent.SLA_BREACHED
        rules = self._time_rules().rules
        if not rules.has(what):
            return
        conversation = await self._conversation(event.clock.conversation, meta)
        if conversation is None or conversation.episode != event.clock.episode:
            return
        if conversation.status is Status.RESOLVED:
            return
        named = derived("alarm", what.value, event.clock.id)
        happening = Happening(frozenset({what}), named, event.at, conversation.episode, named)
        await self._act(rules, happening, conversation, meta)

    async def _act(
        self,
        rules: RuleSet,
        happening: Happening,
        conversation: ConversationSnapshot,
        meta: Meta,
        due: RuleDue | None = None,
    ) -> None:
        contact = await self._contact(conversation.contact, meta)
        score = await self._scores.of(conversation.contact) if rules.asks_score else None
        began = time.perf_counter()
        schedule = self._time_rules().hours(conversation.channel)
        looked_at = seen(happening, conversation, contact, schedule=schedule, previous_score=score)
        matches = rules.matches(looked_at)
        if due is not None:
            matches = tuple(match for match in matches if match.run.rule == due.rule)
        milliseconds = (time.perf_counter() - began) * 1000
        allowed = await self._handlers.allowed(looked_at, matches, conversation.id, milliseconds, meta)
        refused: list[Conclusion] = []
        for match in allowed.matches:
            refused += await self._handlers.call(match.run, conversation, None, contact, happening.at)
            acted = RuleActed(
                conversation=conversation.id,
                episode=happening.episode,
                fact=happening.fact,
                message_id=latest_inbound(conversation),
                contact=conversation.contact,
                turn=None if due is None else due.turn,
                pending_since=None if due is None else due.pending_since,
                run=match.run,
            )
            await self._handlers.say(acted, role=match.run.run, meta=meta, rule=match.run)
        await self._handlers.keep(Noted(allowed.records, tuple(refused)))

    async def _conversation(self, id: str, meta: Meta) -> ConversationSnapshot | None:
        try:
            reply = await self._ask(ReadConversation(conversation=id), meta)
        except NotFound:
            return None
        return reply.conversation

    async def _contact(self, id: str, meta: Meta) -> ContactSnapshot | None:
        try:
            reply = await self._ask(ReadContact(contact=id), meta)
        except NotFound:
            return None
        return reply.contact

    async def _ask(self, command: Command[R], meta: Meta) -> R:
        named = derived("ask", meta.event_id, command.type)
        own = metadata(command, cause=meta, event_id=named, now=self._clock.now())
        try:
            return await self._bus.ask(command, meta=own, timeout=ASK_SECONDS)
        except TimedOut as error:
            raise RetryLater("The owner has not answered yet.") from error
