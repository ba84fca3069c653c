"""Deliveries that can overtake one another end in the same state, whatever their order (workflow.md, architecture).

Not among them, because they count as they arrive: survey and script answers; acts of people, which are guarded; a
rule's resolve, which gives way to a customer message that came before it; and what only names things (turn numbers,
shells of merged turns, counters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from services.routing.domain import arrival, replies, triage
from services.routing.domain.desk import Desk
from services.routing.domain.waking import wake
from shared.contracts.acts import BoomerangTime, ChangeLabels, ChangeTopics, Resolve, RuleAction, SetPending
from shared.contracts.base import Actor
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import MessageQueued
from shared.contracts.settings import WorkflowSettings
from tests.support.conversations import (
    ANA,
    BEN,
    Story,
    accepted,
    answer,
    at,
    desk,
    failed,
    inbound,
    outbound,
    run,
    uncertain,
)
from tests.support.soundness import meaning

MESSAGES = ("m1", "m2", "m3", "m4")
LATER = 600


@dataclass(frozen=True)
class Inbound:
    """A customer message."""

    name: str
    seconds: int


@dataclass(frozen=True)
class Sending:
    """A reply, or the retry of one."""

    name: str
    seconds: int
    first: int
    by: Actor
    seen: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a sending."""

    what: str
    sending: Sending
    seconds: int


@dataclass(frozen=True)
class Late:
    """A rule's answer after triage."""

    message: str
    seconds: int
    action: RuleAction


@dataclass(frozen=True)
class Wake:
    """A timer looks at the conversation."""

    seconds: int


Delivery: TypeAlias = Inbound | Sending | Outcome | Late | Wake


def deliver(current: ConversationSnapshot, delivery: Delivery, surroundings: Desk, now: int) -> ConversationSnapshot:
    """The conversation after it."""
    heard = at(now)
    match delivery:
        case Inbound(name, seconds):
            decision = arrival.received(current, inbound(name, seconds), surroundings, heard)
        case Sending(name, seconds, first, by, seen):
            sent = outbound(name, first, by, seen=seen)
            decision = replies.sent(current, sent, surroundings, heard, at(seconds))
        case Outcome("accepted", sending, seconds):
            decision = replies.accepted(current, accepted(sending.name, seconds, _queued(sending)), surroundings, heard)
        case Outcome(what, sending, seconds):
            made = (failed if what == "failed" else uncertain)(sending.name, seconds, _queued(sending))
            decision = replies.failed(current, made, surroundings, heard)
        case Late(message, _, action):
            late = answer(message, run(action, name=f"rule-{message}"))
            decision = triage.triaged(current, late, surroundings, heard)
        case Wake():
            decision = wake(current, surroundings, heard)
    return decision.conversation


def told(delivery: Delivery) -> str:
    """A delivery in a few words."""
    match delivery:
        case Inbound(name, seconds):
            return f"{seconds}: {name}"
        case Sending(name, seconds, _, by, seen):
            return f"{seconds}: {by.id} sends {name}, seen {seen}"
        case Outcome(what, sending, seconds):
            return f"{seconds}: {sending.name} {what}"
        case Late(message, seconds, action):
            return f"{seconds}: rule on {message}: {action.act}"
        case Wake(seconds):
            return f"{seconds}: wake"


def _queued(sending: Sending) -> MessageQueued:
    return outbound(sending.name, sending.first, sending.by, seen=sending.seen)


@st.composite
def histories(draw: st.DrawFn) -> list[Delivery]:
    """What happened, by its own time: customer messages, replies with what their authors had seen, outcomes."""
    instants = iter(sorted(draw(st.sets(st.integers(1, 60), min_size=24, max_size=24))))
    known = ["m0"]
    names = iter(MESSAGES)
    found: list[Delivery] = []
    open_sendings: list[Sending] = []
    number = 0
    for _ in range(draw(st.integers(2, 8))):
        kind = draw(st.sampled_from(("inbound", "reply", "outcome", "outcome", "late")))
        second = next(instants)
        if kind == "inbound" and (name := next(names, None)):
            known.append(name)
            found.append(Inbound(name, second))
        elif kind == "reply" and number < 3:
            number += 1
            sending = Sending(
                f"r{number}",
                second,
                second,
                draw(st.sampled_from((ANA, BEN))),
                draw(st.sampled_from((*known[-2:], None))),
            )
            found.append(sending)
            open_sendings.append(sending)
        elif kind == "outcome" and open_sendings:
            sending = open_sendings.pop(0)
            what = draw(st.sampled_from(("accepted", "failed", "uncertain")))
            found.append(Outcome(what, sending, second))
            if what == "failed" and draw(st.booleans()):
                again = Sending(sending.name, next(instants), sending.first, sending.by, sending.seen)
                found.append(again)
                open_sendings.append(again)
            if what == "uncertain" and draw(st.booleans()):
                found.append(Outcome("accepted", sending, next(instants)))
        elif kind == "late":
            topics, labels = ChangeTopics(add=("error",)), ChangeLabels(add=("gold",))
            action: RuleAction = topics if draw(st.booleans()) else labels
            found.append(Late("m0", second, action))
    return found


def workflows() -> st.SearchStrategy[WorkflowSettings]:
    """Every combination of what a reply and an assignment do."""
    return st.builds(
        WorkflowSettings,
        on_reply=st.sampled_from(("stay", "answered")),
        on_assign=st.sampled_from(("stay", "open")),
        assign_on_reply=st.sampled_from(("never", "if_unowned", "always")),
    )


def ends(start: ConversationSnapshot, history: Sequence[Delivery], surroundings: Desk) -> dict[str, object]:
    """What the conversation means after these deliveries, and when every timer has been looked at."""
    current, now = start, 0
    for delivery in history:
        now = max(now, delivery.seconds)
        current = deliver(current, delivery, surroundings, now)
    return meaning(wake(current, surroundings, at(LATER)).conversation)


@given(histories(), workflows(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_deliveries_end_in_the_same_state_whatever_their_order(
    history: list[Delivery], workflow: WorkflowSettings, chance: Random
) -> None:
    surroundings = desk(workflow)
    start = Story(surroundings).message("m0", 0).now
    shuffled = list(history)
    chance.shuffle(shuffled)
    for delivery in shuffled:
        note(told(delivery))
    event(f"{len(history)} deliveries")

    assert ends(start, shuffled, surroundings) == ends(start, history, surroundings)


def test_learning_how_far_an_author_had_read_parts_a_turn_without_doubling_it() -> None:
    surroundings = desk()
    start = Story(surroundings).message("m0", 0).now
    first, second = Sending("r1", 1, 1, ANA, "m0"), Sending("r2", 4, 4, ANA, "m1")
    timed: list[Delivery] = [first, Inbound("m1", 2), Inbound("m2", 3), second, Inbound("m3", 5)]
    shuffled: list[Delivery] = [first, Inbound("m2", 3), second, Inbound("m3", 5), Inbound("m1", 2)]

    assert ends(start, shuffled, surroundings) == ends(start, timed, surroundings)


@given(histories(), workflows(), st.integers(1, 60), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_boomerang_and_deliveries_end_in_the_same_state_whatever_their_order(
    history: list[Delivery], workflow: WorkflowSettings, due: int, chance: Random
) -> None:
    surroundings = desk(workflow)
    set_pending = SetPending(boomerang=BoomerangTime(at=at(due)))
    start = Story(surroundings).message("m0", -20).act(set_pending, -10).now
    timed = sorted([*history, Wake(due)], key=lambda one: one.seconds)
    shuffled = list(timed)
    chance.shuffle(shuffled)
    note(f"boomerang at {due}")
    for delivery in shuffled:
        note(told(delivery))

    assert ends(start, shuffled, surroundings) == ends(start, timed, surroundings)


@given(histories(), workflows(), st.integers(2, 60), st.sampled_from(("inactivity", "idle", "boomerang")))
@settings(max_examples=200, deadline=None)
def test_what_a_timer_did_is_taken_back_for_an_earlier_message_heard_next(
    history: list[Delivery], workflow: WorkflowSettings, due: int, timer: str
) -> None:
    """One delivery is overtaken by a timer: the rest is heard in order."""
    story = _waiting_for(timer, due, workflow)
    before = [one for one in history if one.seconds < due and isinstance(one, (Inbound, Sending))][:1]
    note(f"{timer} at {due}")
    for delivery in before:
        note(told(delivery))

    overtaken = [Wake(due), *before]
    assert ends(story.now, overtaken, story.desk) == ends(story.now, [*before, Wake(due)], story.desk)


def _waiting_for(timer: str, due: int, workflow: WorkflowSettings) -> Story:
    """A conversation in which this timer fires at ``due``."""
    if timer == "inactivity":
        return Story(desk(workflow.model_copy(update={"auto_resolve_new": due + 20.0}))).message("m0", -20)
    if timer == "idle":
        settings_ = workflow.model_copy(update={"idle_close": due + 10.0})
        return Story(desk(settings_)).message("m0", -20).reply("r0", -15).act(SetPending(), -10)
    boomerang = BoomerangTime(at=at(due))
    return Story(desk(workflow)).message("m0", -20).reply("r0", -15).act(Resolve(boomerang=boomerang), -10)
