"""Time-based rules: how long a conversation has been unanswered or pending, and which rules are due (AU-05). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from services.automation.domain.conditions import asks
from services.automation.domain.happening import Happening, seen
from services.automation.domain.rules import Entry, RuleSet
from shared.contracts.base import Contract, Instant
from shared.contracts.conversations import ConversationSnapshot, Ledger, RuleDue
from shared.contracts.settings import RuleEvent
from shared.contracts.settings.conditions import FieldName
from shared.contracts.words import Status
from shared.ids import derived
from shared.schedule import NeverOpen, Schedule, due
from shared.schedule.clock import Span

NOT_KEPT = (FieldName.CONTACT_ATTRIBUTE, FieldName.CONTACT_LABELS, FieldName.PREVIOUS_SCORE, FieldName.SUBJECT)
"""What the followed snapshot does not hold, words of people among it: rules that ask it are looked at when due."""


class Followed(Contract):
    """A conversation as time-based rules follow it; without ``conversation`` once it is resolved.

    ``heard`` is the version of the conversation it is as of, ``rules`` names the rules that ``wake_at`` was worked out
    by, ``fired`` is by rule the wait (a turn, a stay in pending) for which it has acted.
    """

    id: str
    version: int = 0
    heard: int = 0
    conversation: ConversationSnapshot | None = None
    rules: str = ""
    fired: dict[str, str] = Field(default_factory=dict)
    wake_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a time-based rule counts: which wait it is, and the stretches of it."""

    name: str
    spans: Sequence[Span]
    turn: int | None = None
    pending_since: datetime | None = None

    def is_that_of(self, due: RuleDue) -> bool:
        """Whether this is the wait that the rule was due for, not a later one."""
        return (self.turn, self.pending_since) == (due.turn, due.pending_since)


@dataclass(frozen=True, slots=True)
class TimeRules:
    """The time-based rules as of now, with the schedule of each channel.

    ``name`` names all that instants are worked out by, and is the same in every process.
    """

    rules: RuleSet
    hours: Callable[[str], Schedule | None]
    name: str

    def concern(self, conversation: ConversationSnapshot) -> bool:
        """Whether any of them is about conversations of this channel and visibility."""
        channel, visibility = conversation.channel, conversation.visibility
        return any(entry.rule.scope.covers(channel, visibility) for entry in self.rules.time_based)


def named(rules: RuleSet, hours: str) -> str:
    """The name of these time-based rules; ``hours`` names the schedules, which count where working time does."""
    parts = [f"{entry.id} {entry.rule.model_dump_json()}" for entry in rules.time_based]
    if any(entry.rule.working_time for entry in rules.time_based):
        parts.append(hours)
    return derived("time rules", *parts)


def observed(
    state: Followed | None, conversation: ConversationSnapshot, rules: TimeRules, now: datetime
) -> tuple[Followed, tuple[RuleDue, ...]] | None:
    """The state after hearing this snapshot, and the rules that are due; None when nothing is new."""
    before = state or Followed(id=conversation.id)
    newer = state is None or conversation.version > before.heard
    if not newer and (conversation.version < before.heard or before.rules == rules.name):
        return None
    kept = None if conversation.status is Status.RESOLVED else _slim(conversation)
    heard = before.model_copy(update={"heard": conversation.version, "conversation": kept})
    return looked(heard, rules, now)


def looked(state: Followed, rules: TimeRules, now: datetime) -> tuple[Followed, tuple[RuleDue, ...]]:
    """Which rules are due, each once for a wait, and when to look again.

    A rule whose conditions do not hold when its time comes is looked at again with every change.
    """
    conversation = state.conversation
    fired: dict[str, str] = {}
    found: list[RuleDue] = []
    wake: datetime | None = None
    for entry in rules.rules.time_based if conversation is not None else ():
        wait = waited(entry.rule.event, conversation) if conversation is not None else None
        if conversation is None or wait is None:
            continue
        if not entry.rule.scope.covers(conversation.channel, conversation.visibility):
            continue
        if state.fired.get(entry.id) == wait.name:
            fired[entry.id] = wait.name
            continue
        at = _due_at(entry, wait, conversation, rules)
        if at is not None and at > now:
            wake = at if wake is None else min(wake, at)
        elif at is not None and _may_hold(entry, wait, conversation, rules, now):
            fired[entry.id] = wait.name
            found.append(_due(entry, wait, conversation))
    after = state.model_copy(update={"rules": rules.name, "fired": fired, "wake_at": wake})
    return after, tuple(found)


def waited(event: RuleEvent, conversation: ConversationSnapshot) -> Wait | None:
    """What the event counts in this conversation; None when it does not wait like that."""
    if event is RuleEvent.PENDING_FOR and conversation.status is Status.PENDING:
        since = conversation.status_since
        return Wait(f"pending {since.isoformat()}", ((since, None),), pending_since=since)
    if event is RuleEvent.UNANSWERED_FOR and conversation.status is Status.NEW:
        for turn in conversation.turns:
            running = bool(turn.spans) and turn.spans[-1].end is None
            if turn.episode == conversation.episode and turn.ended_at is None and running:
                spans = tuple((span.start, span.end) for span in turn.spans)
                return Wait(f"turn {turn.episode}.{turn.number}", spans, turn=turn.number)
    return None


def happened(entry: Entry, wait: Wait, conversation: ConversationSnapshot, at: datetime) -> Happening:
    """The wait as something that happened; the same wait always has the same name."""
    name = derived("wait", conversation.id, wait.name)
    return Happening(frozenset({entry.rule.event}), name, at, conversation.episode, name)


def _due_at(entry: Entry, wait: Wait, conversation: ConversationSnapshot, rules: TimeRules) -> datetime | None:
    schedule = rules.hours(conversation.channel) if entry.rule.working_time else None
    try:
        return due(schedule, wait.spans, timedelta(minutes=entry.rule.after_minutes or 0)).due_at
    except NeverOpen:
        return None


def _may_hold(entry: Entry, wait: Wait, conversation: ConversationSnapshot, rules: TimeRules, now: datetime) -> bool:
    if any(asks(entry.rule.conditions, field) for field in NOT_KEPT):
        return True
    happening = happened(entry, wait, conversation, now)
    looked_at = seen(happening, conversation, None, schedule=rules.hours(conversation.channel), previous_score=None)
    return rules.rules.due(entry, looked_at) is not None


def _due(entry: Entry, wait: Wait, conversation: ConversationSnapshot) -> RuleDue:
    return RuleDue(
        conversation=conversation.id,
        episode=conversation.episode,
        rule=entry.id,
        turn=wait.turn,
        pending_since=wait.pending_since,
    )


def _slim(conversation: ConversationSnapshot) -> ConversationSnapshot:
    """Without what only routing needs, and without words of people."""
    turns = tuple(turn for turn in conversation.turns if turn.ended_at is None)
    return conversation.model_copy(
        update={
            "ledger": Ledger(),
            "inbound": (),
            "turns": turns,
            "episode_spans": (),
            "invitation": None,
            "earlier_invitations": (),
            "subject": None,
            "contact_name": "",
        }
    )
