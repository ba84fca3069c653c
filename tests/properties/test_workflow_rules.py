"""Rules that hold everywhere, whatever happens to a conversation (workflow.md)."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.routing.domain import assignment, triage, virtual_agents
from services.routing.domain.sign_out import Leaving, release
from services.routing.domain.waking import wake
from shared.contracts.acts import (
    Act,
    AssignOwner,
    BoomerangTime,
    CancelBoomerang,
    ChangeTopics,
    Owner,
    Resolve,
    SetBoomerang,
    SetNew,
    SetPending,
)
from shared.contracts.base import Actor
from shared.contracts.facts import OwnerChanged
from shared.contracts.settings import WorkflowSettings
from shared.contracts.words import Availability, OwnerKind
from shared.errors import NotFound, StaleVersion, Unprocessable
from tests.support.conversations import ANA, BEN, BOT, Story, answer, at, desk, run
from tests.support.soundness import replayed, told_by, unsound

BOOMERANG = BoomerangTime(after_seconds=40)
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")
ACTS: tuple[Act, ...] = (
    SetNew(),
    SetPending(),
    SetPending(boomerang=BOOMERANG),
    Resolve(),
    Resolve(boomerang=BOOMERANG),
    AssignOwner(owner=Owner(id="ana")),
    AssignOwner(owner=Owner(id="ben")),
    AssignOwner(owner=None),
    AssignOwner(owner=VIRTUAL),
    SetBoomerang(boomerang=BOOMERANG),
    CancelBoomerang(),
    ChangeTopics(add=("error",)),
)
WORKFLOWS = st.builds(
    WorkflowSettings,
    on_reply=st.sampled_from(("stay", "answered")),
    on_assign=st.sampled_from(("stay", "open")),
    assign_on_reply=st.sampled_from(("never", "if_unowned", "always")),
    owner_on_resolve=st.sampled_from(("clear", "keep")),
    unassign_on_sign_out=st.booleans(),
    auto_resolve_new=st.sampled_from((100.0, 86400.0)),
    auto_resolve_pending=st.sampled_from((70.0, None)),
    idle_close=st.sampled_from((60.0, None)),
    default_boomerang=st.sampled_from((50.0, None)),
)
PEOPLE = st.sampled_from((ANA, BEN))


class Handling(RuleBasedStateMachine):
    """One conversation, and everything that may happen to it; messages may be heard late."""

    def __init__(self) -> None:
        super().__init__()
        self.story: Story | None = None
        self.second = 0
        self.number = 0
        self.replies: list[str] = []

    @precondition(lambda self: self.story is None)
    @rule(workflow=WORKFLOWS, triage=st.booleans(), ben_is_in=st.booleans())
    def begin(self, workflow: WorkflowSettings, triage: bool, ben_is_in: bool) -> None:
        here = {"ana": Availability.AVAILABLE} | ({"ben": Availability.AVAILABLE} if ben_is_in else {})
        self.story = Story(desk(workflow, triage=triage, availability=here)).message("m0", 0)

    def _step(self) -> Story:
        assert self.story is not None
        self.second += 3
        self.number += 1
        return self.story

    @precondition(lambda self: self.story)
    @rule(late=st.sampled_from((0, 0, 2, 8)), muted=st.booleans())
    def message(self, late: int, muted: bool) -> None:
        story = self._step()
        story.message(f"m{self.number}", max(0, self.second - late), muted=muted, heard=self.second)

    @precondition(lambda self: self.story)
    @rule(by=PEOPLE, back=st.integers(0, 3), late=st.sampled_from((0, 0, 5)), automatic=st.booleans())
    def reply(self, by: Actor, back: int, late: int, automatic: bool) -> None:
        story = self._step()
        known = story.now.inbound
        seen = known[-1 - back].id if back < len(known) else None
        name = f"r{self.number}"
        story.reply(name, max(0, self.second - late), by, seen=seen, automatic=automatic, heard=self.second)
        if not automatic:
            self.replies.append(name)

    @precondition(lambda self: self.story and self.replies)
    @rule(choice=st.integers(0, 9), what=st.sampled_from(("accept", "fail", "doubt")))
    def outcome(self, choice: int, what: str) -> None:
        story = self._step()
        getattr(story, what)(self.replies[choice % len(self.replies)], self.second)

    @precondition(lambda self: self.story)
    @rule(wanted=st.sampled_from(ACTS), by=st.sampled_from((ANA, BEN, BOT)))
    def act(self, wanted: Act, by: Actor) -> None:
        story = self._step()
        before = story.now
        try:
            story.act(wanted, self.second, by)
        except (Unprocessable, NotFound, StaleVersion):
            assert story.now is before

    @precondition(lambda self: self.story)
    @rule(wanted=st.sampled_from(ACTS), virtual=st.booleans(), former=st.booleans())
    def rules_answer(self, wanted: Act, virtual: bool, former: bool) -> None:
        story = self._step()
        message = story.now.triage_message or story.now.inbound[-1].id
        event = answer(
            message, run(wanted), episode=story.now.episode - former, virtual_agent="bot" if virtual else None
        )
        story.keep(triage.triaged(story.now, event, story.desk, at(self.second)))

    @precondition(lambda self: self.story)
    @rule()
    def hand_over(self) -> None:
        story = self._step()
        story.keep(virtual_agents.hand_over(story.now, BOT, story.desk, at(self.second), back=True))

    @precondition(lambda self: self.story)
    @rule(why=st.sampled_from(Leaving))
    def leave(self, why: Leaving) -> None:
        story = self._step()
        story.keep(release(story.now, "ana", why, story.desk, at(self.second)))

    @precondition(lambda self: self.story)
    @rule()
    def dispatch(self) -> None:
        story = self._step()
        before = story.now.owner
        story.keep(assignment.assigned(story.now, "ana", story.desk, at(self.second)))
        assert before is None or story.now.owner == before

    @precondition(lambda self: self.story)
    @rule(after=st.integers(0, 120))
    def time_passes(self, after: int) -> None:
        story = self._step()
        self.second += after
        before = story.now
        decision = wake(before, story.desk, at(self.second))
        if before.wake_at is None or at(self.second) < before.wake_at:
            assert not decision.changed
        else:
            assert decision.conversation.wake_at != before.wake_at
            assert decision.conversation.wake_at is None or decision.conversation.wake_at > at(self.second)
        story.keep(decision)

    @precondition(lambda self: self.story)
    @invariant()
    def it_is_sound(self) -> None:
        assert self.story is not None
        assert unsound(self.story.now) == []

    @precondition(lambda self: self.story)
    @invariant()
    def it_has_one_owner_after_the_other(self) -> None:
        assert self.story is not None
        owner = None
        for fact in self.story.told:
            if isinstance(fact, OwnerChanged):
                assert fact.before == owner
                owner = fact.after
        assert self.story.now.owner == owner

    @precondition(lambda self: self.story)
    @invariant()
    def facts_alone_tell_the_state(self) -> None:
        assert self.story is not None
        assert replayed(self.story.told) == told_by(self.story.now)

    @precondition(lambda self: self.story)
    @invariant()
    def a_decision_that_changes_nothing_says_nothing(self) -> None:
        assert self.story is not None
        assert self.story.decision.changed or not self.story.decision.facts


TestHandling = Handling.TestCase
TestHandling.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
