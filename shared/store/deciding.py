"""Deciding for everybody who waits for one aggregate: in turn, in one load, for one save. Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from shared.contracts.base import Contract, Meta
from shared.errors import RetryLater
from shared.store.decision import Decide, Decision, Outcome, S
from shared.store.entry import Entry, entry_id, envelopes
from shared.store.known import Known
from shared.store.replies import Kept, keep, recall, replaced, successors

MOST_UNSENT = 100

Stamp = Callable[[S, int], S]


@dataclass(slots=True)
class Waiting(Generic[S]):
    """One who waits for his turn."""

    cause: Meta
    decide: Decide[S]
    done: asyncio.Future[Outcome[S]]
    likely_new: bool = False


@dataclass(slots=True)
class Round(Generic[S]):
    """What a turn came to: the state to save, the changes that led there, and what each one is told."""

    state: S | None
    version: int
    entries: list[Entry] = field(default_factory=list)
    told: list[Outcome[S] | Exception] = field(default_factory=list)


def decide_all(
    known: Known[S],
    waiting: Sequence[Waiting[S]],
    *,
    stamp: Stamp[S],
    now: datetime,
    settled: Callable[[str], bool],
) -> Round[S]:
    """Every one in turn on top of the one before. ``settled``: the outbox entry is only waiting to be dropped."""
    round = Round(state=known.state, version=known.version)
    replies: dict[str, Kept | None] = {}
    unsent = sum(1 for entry in known.outbox if not settled(entry))
    for each in waiting:
        cause = each.cause.event_id
        repeated, reply = (True, replies[cause]) if cause in replies else known.remembers(cause)
        if repeated:
            round.told.append(_as_before(round.state, reply))
            continue
        if unsent + len(round.entries) >= MOST_UNSENT:
            round.told.append(RetryLater("too many changes of it are not published yet: try again later"))
            continue
        try:
            outcome, entry = _decide(round, each, known.id, stamp, now)
        except Exception as error:  # noqa: BLE001 - told to the one who asked, nobody else
            round.told.append(error)
            continue
        round.told.append(outcome)
        if entry is not None:
            replies[cause] = entry.reply
            round.state, round.version = outcome.state, entry.version
            round.entries.append(entry)
    return round


def _decide(
    round: Round[S], each: Waiting[S], id: str, stamp: Stamp[S], now: datetime
) -> tuple[Outcome[S], Entry | None]:
    decision = each.decide(round.state)
    if decision is None:
        return Outcome(round.state), None
    if not decision.remember and decision.says == () and decision.state == round.state:
        return Outcome(round.state, reply=_reply(decision, decision.state, {})), None
    return settle(decision, id, each.cause, round.version + 1, stamp, now)


def settle(
    decision: Decision[S], id: str, cause: Meta, version: int, stamp: Stamp[S], now: datetime
) -> tuple[Outcome[S], Entry]:
    """The decision as it will be saved: the state at its version, its events in envelopes, its reply."""
    state = stamp(decision.state, version)
    former = successors(decision.state, state)
    says = decision.says(state) if callable(decision.says) else decision.says
    events = [replaced(event, former) for event in says]
    reply = _reply(decision, state, former)
    entry = Entry(
        id=entry_id(id, cause.event_id),
        aggregate=id,
        version=version,
        cause=cause.event_id,
        at=now,
        by=decision.actor or cause.actor,
        by_rule=decision.by_rule or cause.by_rule,
        envelopes=envelopes(events, aggregate=id, cause=cause, now=now, actor=decision.actor, by_rule=decision.by_rule),
        reply=keep(reply, state) if reply is not None else None,
    )
    return Outcome(state, reply=reply, changed=True), entry


def _reply(decision: Decision[S], state: S, former: dict[int, Any]) -> Contract | None:
    if decision.reply is None or isinstance(decision.reply, Contract):
        return replaced(decision.reply, former) if decision.reply is not None else None
    return decision.reply(state)


def _as_before(state: S | None, reply: Kept | None) -> Outcome[S]:
    answer = recall(reply, state) if reply is not None and state is not None else None
    return Outcome(state, reply=answer, repeated=True)
