"""Rules: evaluate them on a message, answer triage, act outside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from services.automation.domain.rules import RuleSet, Seen
from services.automation.metrics import RuleMetrics
from shared.bus import Publish, envelope
from shared.clock import Clock
from shared.contracts.acts import RuleRun
from shared.contracts.base import Actor, Event, Instant, Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, ConversationTriaged, RuleActed
from shared.contracts.facts import MessageAdded
from shared.contracts.messages import MessageSnapshot
from shared.contracts.words import ActorKind, Direction, Status
from shared.ids import event_id, fact_id


class Records(Protocol):
    """Where runs are kept."""

    async def record(
        self, runs: Iterable[RuleRun], conversation: str, message: str, at: Instant, milliseconds: float
    ) -> None: ...


class Handlers:
    """One method per use case."""

    def __init__(
        self, rules: Callable[[], RuleSet], records: Records, publish: Publish, clock: Clock, metrics: RuleMetrics
    ) -> None:
        self._rules = rules
        self._metrics = metrics
        self._records = records
        self._publish = publish
        self._clock = clock

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """React to the *message added* fact, never to every snapshot.

        In triage there is always an answer, even an empty one, because routing waits for it. What is said is
        named by its cause, so a repeated delivery says the same again and changes nothing.
        """
        message = event.message
        if meta.by_rule is not None or message is None:
            return
        for place, fact in enumerate(event.changes):
            if isinstance(fact, MessageAdded) and _is_the_contacts(fact) and fact.message == message.id:
                await self._on_message(event.conversation, fact, message, meta, fact_id(meta.event_id, place))

    async def _on_message(
        self, conversation: ConversationSnapshot, fact: MessageAdded, message: MessageSnapshot, meta: Meta, named: str
    ) -> None:
        runs = await self._evaluated(conversation, fact, message)
        if conversation.status is Status.TRIAGE and conversation.episode == fact.episode:
            answer = ConversationTriaged(
                conversation=conversation.id, message_id=message.id, episode=fact.episode, runs=runs
            )
            await self._say(answer, role="triaged", meta=meta)
            return
        for run in runs:
            acted = RuleActed(
                conversation=conversation.id,
                episode=fact.episode,
                fact=named,
                message_id=message.id,
                contact=conversation.contact,
                first_message=fact.first,
                run=run,
            )
            await self._say(acted, role=run.run, meta=meta, rule=run)

    async def _evaluated(
        self, conversation: ConversationSnapshot, fact: MessageAdded, message: MessageSnapshot
    ) -> tuple[RuleRun, ...]:
        began = time.perf_counter()
        runs = self._rules().runs(
            Seen(
                message=message.id,
                text=message.text,
                channel=conversation.channel,
                visibility=conversation.visibility,
                first=fact.first,
            )
        )
        seconds = time.perf_counter() - began
        self._metrics.seconds.observe(seconds)
        if runs:
            self._metrics.runs.inc(len(runs))
            await self._records.record(runs, conversation.id, message.id, self._clock.now(), seconds * 1000)
        return runs

    async def _say(self, event: Event, *, role: str, meta: Meta, rule: RuleRun | None = None) -> None:
        actor = Actor(kind=ActorKind.RULE, id=rule.rule, name=rule.name) if rule else Actor(kind=ActorKind.SYSTEM)
        await self._publish(
            envelope(
                event,
                cause=meta,
                event_id=event_id(meta.event_id, "automation", role),
                actor=actor,
                now=self._clock.now(),
                by_rule=rule.rule if rule else None,
            )
        )


def _is_the_contacts(fact: MessageAdded) -> bool:
    return fact.direction is Direction.INBOUND and not fact.automatic
