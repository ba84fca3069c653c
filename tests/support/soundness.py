"""What must be true of any stored conversation, what it means, and what its facts say: for properties and chaos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from services.routing.domain.timers import wake_at
from services.routing.domain.turns import is_open
from shared.contracts.acts import Owner
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import (
    BoomerangChanged,
    BoostChanged,
    EpisodeOpened,
    Fact,
    LabelsChanged,
    OwnerChanged,
    Span,
    StatusChanged,
    TeamChanged,
    TopicsChanged,
)
from shared.contracts.words import OwnerKind, Status, Substatus

PAIRS = frozenset(
    {
        (Status.TRIAGE, None),
        (Status.BOT, None),
        (Status.NEW, Substatus.UNTOUCHED),
        (Status.NEW, Substatus.OPEN),
        (Status.PENDING, Substatus.ANSWERED),
        (Status.PENDING, Substatus.HOLD),
        (Status.RESOLVED, Substatus.CLOSED),
        (Status.RESOLVED, Substatus.IGNORED),
    }
)


def replayed(facts: Iterable[Fact]) -> dict[str, object]:
    """What the facts alone say of a conversation, in the order in which they were stated (versions, then places).

    The model that the chaos test holds against the owners: a state that cannot be told from the stored facts is lost.
    """
    status: Status | None = None
    substatus: Substatus | None = None
    owner: Owner | None = None
    team: str | None = None
    episode = 0
    topics: set[str] = set()
    labels: set[str] = set()
    boost = 0
    boomerang: datetime | None = None
    for fact in facts:
        match fact:
            case EpisodeOpened():
                episode, boost = fact.episode, 0
            case StatusChanged():
                status, substatus = fact.after, fact.after_substatus
            case OwnerChanged():
                owner = fact.after
            case TeamChanged():
                team = fact.after
            case TopicsChanged():
                topics = (topics | set(fact.added)) - set(fact.removed)
            case LabelsChanged():
                labels = (labels | set(fact.added)) - set(fact.removed)
            case BoostChanged():
                boost = fact.after
            case BoomerangChanged():
                boomerang = fact.due if fact.what == "set" else None
            case _:
                pass
    return {
        "status": status,
        "substatus": substatus,
        "owner": owner,
        "team": team,
        "episode": episode,
        "topics": tuple(sorted(topics)),
        "labels": tuple(sorted(labels)),
        "boost": boost,
        "boomerang": boomerang,
    }


def told_by(conversation: ConversationSnapshot) -> dict[str, object]:
    """The same of the stored conversation, to be compared with ``replayed``."""
    return {
        "status": conversation.status,
        "substatus": conversation.substatus,
        "owner": conversation.owner,
        "team": conversation.team,
        "episode": conversation.episode,
        "topics": conversation.topics,
        "labels": conversation.labels,
        "boost": conversation.priority.boost,
        "boomerang": conversation.boomerang.at if conversation.boomerang else None,
    }


def meaning(conversation: ConversationSnapshot) -> dict[str, object]:
    """What a conversation says to people: all but names of turns, counters and bookkeeping."""
    turns = sorted(
        (
            turn.episode,
            turn.started_at,
            turn.message,
            turn.first,
            turn.spans,
            sorted(turn.answered_by),
            turn.ended_at,
            turn.waived,
        )
        for turn in conversation.turns
        if turn.merged_into is None
    )
    kept = conversation.model_dump(
        include={
            "status",
            "substatus",
            "owner",
            "team",
            "teams",
            "distribution",
            "episode",
            "episode_opened_at",
            "episode_spans",
            "status_since",
            "waiting_since",
            "last_message_at",
            "last_inbound_at",
            "longest_reply",
            "closed_by",
            "resolve_reason",
            "boomerang",
            "topics",
            "labels",
            "groups",
            "language",
            "priority",
            "notice",
            "touched",
            "wake_at",
        }
    )
    return kept | {"turns": turns, "inbound": [ref.id for ref in conversation.inbound]}


def unsound(conversation: ConversationSnapshot) -> list[str]:
    """What is wrong with it; empty when every rule of workflow.md that one document can show holds."""
    return [*_status(conversation), *_turns(conversation), *_stretches(conversation)]


def _status(now: ConversationSnapshot) -> Iterator[str]:
    if (now.status, now.substatus) not in PAIRS:
        yield f"status {now.status}.{now.substatus}"
    if (now.status is Status.TRIAGE) != (now.triage_until is not None):
        yield "a triage time-out outside triage, or none in it"
    if (now.status is Status.NEW) != (now.waiting_since is not None):
        yield "waiting outside new, or not in it"
    virtual = now.owner is not None and now.owner.kind is OwnerKind.VIRTUAL_AGENT
    if (now.status is Status.BOT) != virtual:
        yield "a virtual owner outside bot, or none in it"
    if now.boomerang is not None and now.status not in (Status.PENDING, Status.RESOLVED):
        yield "a boomerang with nowhere to come back from"
    if now.substatus is Substatus.OPEN and now.owner is None:
        yield "open without an owner"
    if now.wake_at != wake_at(now):
        yield f"wakes at {now.wake_at} instead of {wake_at(now)}"


def _turns(now: ConversationSnapshot) -> Iterator[str]:
    own = [turn for turn in now.turns if turn.episode == now.episode]
    if len({(turn.episode, turn.number) for turn in now.turns}) != len(now.turns):
        yield "two turns of one name"
    if sum(is_open(turn) for turn in own) > (0 if now.status is Status.RESOLVED else 1):
        yield "too many open turns"
    for turn in now.turns:
        if not _apart(turn.spans):
            yield f"spans of turn {turn.number} overlap"
        if any(span.start < turn.started_at for span in turn.spans):
            yield f"turn {turn.number} runs before it started"
        runs = any(span.end is None for span in turn.spans)
        if runs != (turn in own and is_open(turn) and now.status is Status.NEW):
            yield f"the clock of turn {turn.number} runs, or stands, wrongly"
        runs_now = turn in own and turn.merged_into is None
        if runs_now and not all(_inside(span, now.ledger.new_spans) for span in turn.spans):
            yield f"turn {turn.number} runs outside new"


def _stretches(now: ConversationSnapshot) -> Iterator[str]:
    if not _apart(now.ledger.new_spans) or not _apart(now.episode_spans):
        yield "stretches overlap"
    if not all(_inside(span, now.episode_spans) for span in now.ledger.new_spans):
        yield "new outside the episode"
    if _runs(now.ledger.new_spans) != (now.status is Status.NEW):
        yield "the stretch in new and the status disagree"
    if _runs(now.episode_spans) != (now.status in (Status.NEW, Status.PENDING)):
        yield "the episode's stretch and the status disagree"


def _runs(spans: tuple[Span, ...]) -> bool:
    return bool(spans) and spans[-1].end is None


def _apart(spans: tuple[Span, ...]) -> bool:
    long = all(span.end is None or span.start < span.end for span in spans)
    return long and all(a.end is not None and a.end <= b.start for a, b in pairwise(spans))


def _inside(span: Span, stretches: tuple[Span, ...]) -> bool:
    return any(
        stretch.start <= span.start and (stretch.end is None or (span.end is not None and span.end <= stretch.end))
        for stretch in stretches
    )
