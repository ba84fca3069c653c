"""Rules: evaluate them on what happens, answer triage, act outside it, keep what became of every run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.automation.domain.budget import Budgets
from services.automation.domain.happening import Happening, happening, score_of, seen
from services.automation.domain.looking import Seen
from services.automation.domain.records import Conclusion, Noted
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

    async def keep(self, noted: Noted) -> None: ...


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


@dataclass(frozen=True, slots=True)
class Allowed:
    """The matches that the budget allows, and the records of all of them."""

    matches: tuple[Match, ...] = ()
    records: tuple[Run, ...] = ()


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
        """``hear``, and keep what is noted."""
        await self.keep(await self.hear(event, meta))

    async def hear(self, event: ConversationChanged, meta: Meta) -> Noted:
        """The rules look at what happened. What is noted of it and of former runs must be kept before the event is done
        with, but nobody needs to wait for that: the record of a run is written together with what became of it.

        In triage there is always an answer to a customer's message, even an empty one, because routing waits for it.
        What is said is named by its cause, so a repeated delivery says the same again and changes nothing.
        """
        former = await self._former(event)
        found = happening(event, meta)
        if found is None:
            return Noted(conclusions=former)
        conversation = event.conversation
        allowed = await self._evaluated(found, conversation, event.contact, meta)
        matches = allowed.matches
        refused: list[Conclusion] = []
        for match in matches:
            refused += await self.call(match.run, conversation, event.message, event.contact, found.at)
        noted = Noted(allowed.records, (*former, *refused))
        in_triage = conversation.status is Status.TRIAGE and conversation.episode == found.episode
        if found.message is not None and in_triage:
            await self._answer(conversation, found.message, found.episode, matches, meta)
            return noted
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
        return noted

    async def keep(self, noted: Noted) -> None:
        """Returns once it is written: repeated deliveries note the same again."""
        if noted.runs or noted.conclusions:
            await self._records.keep(noted)

    async def on_act_refused(self, event: ActRefused, _meta: Meta) -> None:
        """An act of a run was refused by its owner."""
        refused = Conclusion(event.run, RunOutcome.FAILED, (f"{event.act}: {event.reason}",))
        await self._records.keep(Noted(conclusions=(refused,)))

    async def allowed(
        self, seen: Seen, matches: Sequence[Match], conversation: str, milliseconds: float, meta: Meta
    ) -> Allowed:
        """Those that the conversation's budget still allows; all are to be recorded."""
        if not matches:
            return Allowed()
        self._metrics.runs.inc(len(matches))
        ids = [match.run.run for match in matches]
        going = await self._budgets.spend(conversation, ids, meta)
        now = self._clock.now()
        records = tuple(
            _record(match, seen, conversation, now, milliseconds, going=match.run.run in going) for match in matches
        )
        return Allowed(tuple(match for match in matches if match.run.run in going), records)

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
    ) -> tuple[Conclusion, ...]:
        """Tell the webhooks that the run names; one that is not there is to be noted, and the rest go on."""
        refused: list[Conclusion] = []
        for place, action in enumerate(run.actions):
            if not isinstance(action, CallWebhookAct):
                continue
            telling = of_rule(run, place, conversation, message, contact, at)
            if self._calls is None or not await self._calls(action.webhook, telling):
                why = f"{action.act}: The webhook is not there, or switched off."
                refused.append(Conclusion(run.run, RunOutcome.FAILED, (why,)))
        return tuple(refused)

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
    ) -> Allowed:
        rules = self._rules()
        if not rules.has(*found.events):
            return Allowed()
        score = await self._scores.of(conversation.contact) if rules.asks_score else None
        began = time.perf_counter()
        looked_at = seen(found, conversation, contact, schedule=self._hours(conversation.channel), previous_score=score)
        matches = rules.matches(looked_at)
        seconds = time.perf_counter() - began
        self._metrics.seconds.observe(seconds)
        return await self.allowed(looked_at, matches, conversation.id, seconds * 1000, meta)

    async def _former(self, event: ConversationChanged) -> tuple[Conclusion, ...]:
        """What became of former runs; webhooks of a macro are told, an answered survey counts from now on."""
        found: list[Conclusion] = []
        for fact in event.changes:
            match fact:
                case RuleApplied(macro=True):
                    run = RuleRun(run=fact.run, rule=fact.rule, name=fact.name, actions=fact.left)
                    await self.call(run, event.conversation, None, event.contact, fact.at)  # a macro has no record
                case RuleApplied():
                    outcome = RunOutcome.FAILED if fact.failed else RunOutcome.APPLIED
                    found.append(Conclusion(fact.run, outcome, fact.failed))
                case RuleTooLate():
                    failed = tuple(f"{act}: It came too late." for act in fact.acts)
                    found.append(Conclusion(fact.run, RunOutcome.TOO_LATE, failed))
                case SurveyAnswered():
                    score = score_of(event.conversation, fact)
                    if score is not None:
                        await self._scores.answered(event.conversation.contact, score, fact.at)
                case _:
                    pass
        return tuple(found)


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
