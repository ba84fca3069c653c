"""Clocks are the same whatever the order and number of deliveries, and every alarm is said once (sla.md, SL-12)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from services.csat.handlers import reopened
from services.sla.domain.observations import observations
from shared.contracts.acts import AssignOwner, Owner, Resolve, SetNew, SetPending
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationChanged
from shared.contracts.facts import Resolved, SurveyAnswered
from shared.contracts.settings import Distribution, Policy, WorkflowSettings
from shared.contracts.words import ClockKind, ClockOutcome, OwnerKind
from shared.errors import RetryLater, SwitchboardError
from tests.support.clocks import SlaInMemory, changed
from tests.support.conversations import BOT, CHANNEL, Story, desk

POLICY = Policy(
    name="Care",
    channels=(CHANNEL,),
    first_minutes=1,
    next_minutes=2,
    resolution_minutes=5,
    notify_percent=(50, 75, 100, 200),
)
FAST = Distribution(name="Fast", channels=(CHANNEL,), target_minutes=3)
STEPS = ("message", "late message", "reply", "accept", "fail", "pending", "new", "resolve", "wake", "desk")
HANDLED = ("rules", "virtual agent", "hand over", "delegate")
"""Steps of conversations that rules and virtual agents touch."""


class Player:
    """Plays a conversation's life at random on routing's own domain, keeping what routing would say."""

    def __init__(self, workflow: WorkflowSettings, *, triage: bool = False) -> None:
        self.desks = [desk(workflow, triage=triage), desk(workflow, distributions={"fast": FAST}, triage=triage)]
        self.story = Story(self.desks[0])
        self.events: list[ConversationChanged] = []
        self.second = 0
        self.sent: list[str] = []
        self.count = 0

    def play(self, step: str, pause: int) -> None:
        self.second += pause
        self.count += 1
        before = self.story.now.version if self.events else 0
        try:
            self._do(step)
        except (RetryLater, SwitchboardError):
            return  # routing refuses, or hears of it later: nothing is said
        if self.story.now.version > before:
            self.events.append(changed(self.story.now, *self.story.facts))

    def _do(self, step: str) -> None:
        story, second = self.story, self.second
        match step:
            case "message":
                story.message(f"m{self.count}", second)
            case "late message":
                story.message(f"m{self.count}", max(second - 45, 0), heard=second)
            case "reply":
                self.sent.append(f"r{self.count}")
                story.reply(self.sent[-1], second)
            case "accept" if self.sent:
                story.accept(self.sent.pop(0), second)
            case "fail" if self.sent:
                story.fail(self.sent.pop(0), second)
            case "pending":
                story.act(SetPending(), second)
            case "new":
                story.act(SetNew(), second)
            case "resolve":
                story.act(Resolve(), second)
            case "wake":
                story.wake(second)
            case "rules" | "virtual agent":
                last, bot = story.now.inbound[-1].id, BOT.id if step == "virtual agent" else None
                story.answer(last, second, episode=story.now.episode, virtual_agent=bot)
            case "hand over":
                story.act(AssignOwner(owner=Owner(id="ana")), second)
            case "delegate":
                story.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id=BOT.id)), second)
            case "desk":
                self.desks.reverse()
                story.desk = self.desks[0]


@st.composite
def lives(draw: st.DrawFn) -> Sequence[ConversationChanged]:
    """What routing says in the life of one conversation."""
    workflow = WorkflowSettings(
        on_reply=draw(st.sampled_from(("stay", "answered"))),
        auto_resolve_new=draw(st.sampled_from((None, 120.0))),
        idle_close=draw(st.sampled_from((None, 60.0))),
    )
    triage = draw(st.booleans())
    steps = (*STEPS, *HANDLED) if triage else STEPS
    player = Player(workflow, triage=triage)
    player.play("message", 0)
    for _ in range(draw(st.integers(1, 14))):
        player.play(draw(st.sampled_from(steps)), draw(st.integers(0, 90)))
    return player.events


async def end(deliveries: Sequence[ConversationChanged], chance: random.Random | None = None) -> SlaInMemory:
    """The service after these deliveries, alarms ringing as time goes on, and at last everything that is due."""
    sla = SlaInMemory(policies={"care": POLICY}, distributions={"fast": FAST})
    last = max(event.conversation.changed_at for event in deliveries)
    sla.clock.set(last)
    for number, event in enumerate(deliveries):
        await sla.hear(event)
        if chance is not None and chance.random() < 0.4:
            await sla.ring(last + timedelta(seconds=number))
    await sla.ring(last + timedelta(seconds=len(deliveries) + 1))
    return sla


def essence(clock: ClockSnapshot) -> tuple[object, ...]:
    """What must not depend on order."""
    return clock.id, clock.kind, clock.policy, clock.spans, clock.outcome, clock.elapsed_seconds, clock.running


@given(lives())
@settings(max_examples=150)
def test_sla_and_csat_are_spared_only_changes_that_mean_nothing_to_them(events: Sequence[ConversationChanged]) -> None:
    for each in events:
        assert "turns" in each.about() or not observations(each)
        is_of_surveys = reopened(each) or any(isinstance(fact, Resolved | SurveyAnswered) for fact in each.changes)
        assert "surveys" in each.about() or not is_of_surveys


@given(lives(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_SL_12_any_order_and_repetition_gives_the_same_clocks(
    events: Sequence[ConversationChanged], chance: random.Random
) -> None:
    same_clocks(events, chance)


@pytest.mark.long
@given(lives(), st.randoms(use_true_random=False))
@settings(max_examples=5000)
def test_SL_12_any_order_and_repetition_of_five_thousand_lives_gives_the_same_clocks(
    events: Sequence[ConversationChanged], chance: random.Random
) -> None:
    same_clocks(events, chance)


def same_clocks(events: Sequence[ConversationChanged], chance: random.Random) -> None:
    shuffled = [*events, *chance.choices(events, k=len(events))]
    chance.shuffle(shuffled)
    note(f"{[event.conversation.version for event in shuffled]}")

    async def both() -> tuple[SlaInMemory, SlaInMemory]:
        return await end(events), await end(shuffled, chance)

    straight, mixed = asyncio.run(both())
    expected = {name: essence(clock) for name, clock in asyncio.run(straight.all()).items()}
    assert {name: essence(clock) for name, clock in asyncio.run(mixed.all()).items()} == expected
    for sla in (straight, mixed):
        assert all(times == 1 for times in Counter(sla.alarms()).values())
        assert all(times == 1 for times in Counter(sla.levels()).values())


@given(lives())
@settings(max_examples=100)
def test_clocks_follow_the_conversation_as_it_stands(events: Sequence[ConversationChanged]) -> None:
    clocks = asyncio.run(asyncio.run(end(events)).all())
    conversation = events[-1].conversation
    for turn in conversation.turns:
        if turn.merged_into is not None or not turn.spans:
            continue
        clock = next(one for one in clocks.values() if (one.episode, one.turn) == (turn.episode, turn.number))
        assert clock.spans == turn.spans
        used = sum(((span.end - span.start).total_seconds() for span in turn.spans if span.end), 0.0)
        if turn.ended_at is None:
            assert clock.outcome is ClockOutcome.RUNNING
        elif used > clock.target_seconds:
            assert clock.outcome is ClockOutcome.BREACHED
        else:
            assert clock.outcome is (ClockOutcome.WAIVED if turn.waived else ClockOutcome.MET)
    if conversation.episode_spans and any(turn.episode == conversation.episode for turn in conversation.turns):
        resolution = clocks[f"{ClockKind.RESOLUTION} {conversation.episode}"]
        assert resolution.spans == conversation.episode_spans
