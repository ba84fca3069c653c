"""Rules: evaluate them on what happens, answer triage, act outside it, keep what became of every run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from services.automation.domain.budget import Budgets
from services.automation.domain.happening import Happening, happening, score_of, seen
from services.automation.domain.looking import Seen
from services.automation.domain.rules import Match, RuleSet
from services.automation.domain.telling import Telling, of_rule
from services.automation.metrics import RuleMetrics
from shared.bus import Publish, envelope
from shared.clock import Clock
from shared.contracts.acts import CallWebhookAct, Resolve, RuleAction, RuleRun
from shared.contracts.base import Actor, Event, Instant, Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, ConversationTriaged, RuleActed
from shared.contracts.facts import RuleApplied, RuleTooLate, SurveyAnswered
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.rules import ActRefused, Run, RunOutcome
from shared.contracts.words import ActorKind, Status
from shared.ids import event_id
from shared.schedule import Schedule


class Records(Protocol):
    """Where runs are kept."""

    async def record(self, runs: Iterable[Run]) -> None: ...

    async def conclude(self, run: str, outcome: RunOutcome, failed: Sequence[str]) -> None: ...


class Scores(Protocol):
    """What contacts last answered to a survey."""

    async def of(self, contact: str) -> int | None: ...

    async def answered(self, contact: str, score: int, at: Instant) -> None: ...


class Takes(Protocol):
    """Virtual agents: which of them, if any, takes a conversation that has just been opened (T4)."""

    async def taker(self, conversation: ConversationSnapshot, message: MessageSnapshot, meta: Meta) -> str | None: ...


class Calls(Protocol):
    """Webhooks: tell the one that a rule names; False when it is gone or switched off."""

    async def __call__(self, webhook: str, telling: Telling) -> bool: ...


class Handlers:
    """One method per use case. ``hours`` gives the schedule of a channel."""

    def __init__(
        self,
        rules: Callable[[], RuleSet],
        hours: Callable[[str], Schedule | None],
        records: Records,
        scores: Scores,
        budgets: Budgets,
        publish: Publish,
        clock: Clock,
        metrics: RuleMetrics,
        takes: Takes | None = None,
        calls: Calls | None = None,
        resolves: Callable[[str], None] | None = None,
    ) -> None:
        self._rules = rules
        self._hours = hours
        self._metrics = metrics
        self._records = records
        self._scores = scores
        self._budgets = budgets
        self._publish = publish
        self._clock = clock
        self._takes = takes
        self._calls = calls
        self._resolves = resolves

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """What became of former runs is kept; then the rules look at what happened.

        In triage there is always an answer to a customer's message, even an empty one, because routing waits for it.
        What is said is named by its cause, so a repeated delivery says the same again and changes nothing.
        """
        await self._keep(event)
        found = happening(event, meta)
        if found is None:
            return
        conversation = event.conversation
        matches = await self._evaluated(found, conversation, event.contact, meta)
        for match in matches:
            await self.call(match.run, conversation, event.message, event.contact, found.at)
        in_triage = conversation.status is Status.TRIAGE and conversation.episode == found.episode
        if found.message is not None and in_triage:
            await self._answer(conversation, found.message, found.episode, matches, meta)
            return
        if self._resolves is not None and any(_is_resolve(action) for m in matches for action in m.run.actions):
            self._resolves(meta.event_id)
        for match in matches:
            acted = RuleActed(
                conversation=conversation.id,
                episode=found.episode,
                fact=found.fact,
                message_id=found.message.id if found.message is not None else latest_inbound(conversation),
                contact=conversation.contact,
                first_message=found.added is not None and found.added.first,
                run=match.run,
            )
            await self.say(acted, role=match.run.run, meta=meta, rule=match.run)

    async def on_act_refused(self, event: ActRefused, _meta: Meta) -> None:
        """An act of a run was refused by its owner."""
        await self._records.conclude(event.run, RunOutcome.FAILED, (f"{event.act}: {event.reason}",))

    async def allowed(
        self, seen: Seen, matches: Sequence[Match], conversation: str, milliseconds: float, meta: Meta
    ) -> tuple[Match, ...]:
        """Those that the conversation's budget still allows; all are recorded."""
        if not matches:
            return ()
        self._metrics.runs.inc(len(matches))
        ids = [match.run.run for match in matches]
        going = await self._budgets.spend(conversation, ids, meta)
        now = self._clock.now()
        await self._records.record(
            _record(match, seen, conversation, now, milliseconds, going=match.run.run in going) for match in matches
        )
        return tuple(match for match in matches if match.run.run in going)

    async def say(self, event: Event, *, role: str, meta: Meta, rule: RuleRun | None = None) -> None:
        """Publish, named by its cause; as the rule's, if it is one's."""
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

    async def call(
        self,
        run: RuleRun,
        conversation: ConversationSnapshot,
        message: MessageSnapshot | None,
        contact: ContactSnapshot | None,
        at: Instant,
    ) -> None:
        """Tell the webhooks that the run names; one that is not there is recorded, and the rest go on."""
        for place, action in enumerate(run.actions):
            if not isinstance(action, CallWebhookAct):
                continue
            telling = of_rule(run, place, conversation, message, contact, at)
            if self._calls is None or not await self._calls(action.webhook, telling):
                refused = (f"{action.act}: The webhook is not there, or switched off.",)
                await self._records.conclude(run.run, RunOutcome.FAILED, refused)

    async def _answer(
        self,
        conversation: ConversationSnapshot,
        message: MessageSnapshot,
        episode: int,
        matches: Sequence[Match],
        meta: Meta,
    ) -> None:
        taker: str | None = None
        if self._takes is not None and message.id == conversation.triage_message:
            taker = await self._takes.taker(conversation, message, meta)
        answer = ConversationTriaged(
            conversation=conversation.id,
            message_id=message.id,
            episode=episode,
            runs=tuple(match.run for match in matches),
            virtual_agent=taker,
        )
        await self.say(answer, role="triaged", meta=meta)

    async def _evaluated(
        self, found: Happening, conversation: ConversationSnapshot, contact: ContactSnapshot | None, meta: Meta
    ) -> tuple[Match, ...]:
        rules = self._rules()
        if not rules.has(*found.events):
            return ()
        score = await self._scores.of(conversation.contact) if rules.asks_score else None
        began = time.perf_counter()
        looked_at = seen(found, conversation, contact, schedule=self._hours(conversation.channel), previous_score=score)
        matches = rules.matches(looked_at)
        seconds = time.perf_counter() - began
        self._metrics.seconds.observe(seconds)
        return await self.allowed(looked_at, matches, conversation.id, seconds * 1000, meta)

    async def _keep(self, event: ConversationChanged) -> None:
        for fact in event.changes:
            match fact:
                case RuleApplied(macro=True):
                    run = RuleRun(run=fact.run, rule=fact.rule, name=fact.name, actions=fact.left)
                    await self.call(run, event.conversation, None, event.contact, fact.at)
                case RuleApplied():
                    outcome = RunOutcome.FAILED if fact.failed else RunOutcome.APPLIED
                    await self._records.conclude(fact.run, outcome, fact.failed)
                case RuleTooLate():
                    failed = tuple(f"{act}: It came too late." for act in fact.acts)
                    await self._records.conclude(fact.run, RunOutcome.TOO_LATE, failed)
                case SurveyAnswered():
                    score = score_of(event.conversation, fact)
                    if score is not None:
                        await self._scores.answered(event.conversation.contact, score, fact.at)
                case _:
                    pass


def latest_inbound(conversation: ConversationSnapshot) -> str | None:
    """The contact's latest message: what is tagged, and after which nothing else may have come for a resolve."""
    return next((ref.id for ref in reversed(conversation.inbound) if not ref.survey), None)


def _is_resolve(action: RuleAction) -> bool:
    return isinstance(action, Resolve)


def _record(match: Match, seen: Seen, conversation: str, at: Instant, milliseconds: float, *, going: bool) -> Run:
    run = match.run
    return Run(
        id=run.run,
        rule=run.rule,
        name=run.name,
        event=match.event,
        conversation=conversation,
        message=seen.message,
        at=at,
        milliseconds=milliseconds,
        matched=match.matched,
        actions=tuple(action.act for action in run.actions),
        outcome=RunOutcome.SAID if going else RunOutcome.STOPPED,
    )
