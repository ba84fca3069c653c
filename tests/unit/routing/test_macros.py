"""Macros, the budget's line, and time-based acts that come too late (AU-05, AU-07, AU-22)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.routing.domain import automation
from shared.contracts.acts import (
    AssignOwner,
    ChangeTopics,
    NotifyAct,
    Owner,
    Resolve,
    RuleAction,
    SetPending,
    TagMessageAct,
)
from shared.contracts.conversation_commands import RunMacro
from shared.contracts.conversations import AutomationHalted
from shared.contracts.facts import AutomationStopped, RuleApplied, RuleTooLate
from shared.contracts.words import Status
from shared.errors import StaleVersion
from tests.support.conversations import ANA, Story, at, rule_act, run


def macro(story: Story, *actions: RuleAction, **more: object) -> RunMacro:
    fields = {"conversation": story.now.id, "run": run(*actions, name="Refund"), "by": ANA, **more}
    return RunMacro.model_validate(fields)


def play(story: Story, command: RunMacro) -> tuple[str, ...]:
    decision, failed = automation.run_macro(story.now, command, story.desk, at(10))
    story.keep(decision)
    return failed


def applied(story: Story) -> RuleApplied:
    (fact,) = [fact for fact in story.facts if isinstance(fact, RuleApplied)]
    return fact


def test_AU_22_a_macro_does_its_acts_in_order_resolve_last_and_its_name_is_in_the_trail() -> None:
    story = Story().message("m1", 0)
    failed = play(
        story, macro(story, Resolve(reason="solved"), ChangeTopics(add=("billing",)), AssignOwner(owner=None))
    )
    assert failed == ()
    assert (story.state, story.now.topics) == ("resolved.closed", ("billing",))
    assert story.names().index("topics_changed") < story.names().index("resolved")
    fact = applied(story)
    assert (fact.name, fact.macro, fact.by, fact.failed) == ("Refund", True, ANA, ())


def test_AU_22_what_is_refused_is_said_and_the_rest_is_done() -> None:
    story = Story().message("m1", 0)
    command = macro(
        story,
        AssignOwner(owner=Owner(id="vic")),
        Resolve(reason="nonsense"),
        ChangeTopics(add=("billing",)),
        failed=("send_text: The reply window is over.",),
    )
    failed = play(story, command)
    assert [one.partition(":")[0] for one in failed] == ["send_text", "assign_owner", "resolve"]
    assert (story.now.status, story.now.topics, story.owner) == (Status.NEW, ("billing",), None)
    assert applied(story).failed == failed


def test_AU_22_status_and_resolve_are_guarded_and_nothing_is_done_when_it_is_stale() -> None:
    story = Story().message("m1", 0).message("m2", 5)
    command = macro(story, ChangeTopics(add=("billing",)), Resolve(), seen="m1")
    with pytest.raises(StaleVersion):
        play(story, command)
    assert play(story, macro(story, ChangeTopics(add=("billing",)), seen="m1")) == ()


def test_AU_22_notifications_are_left_to_their_owner_and_tags_were_done_before() -> None:
    story = Story().message("m1", 0)
    tell = NotifyAct(owner=True, text="look")
    play(story, macro(story, tell, TagMessageAct(add=("x",))))
    assert applied(story).left == (tell,)


def test_AU_05_a_notification_of_a_rule_is_left_to_its_owner() -> None:
    story = Story().message("m1", 0)
    tell = NotifyAct(teams=("es",))
    story.rule(rule_act(tell, TagMessageAct(add=("x",)), message="m1"), 10)
    assert applied(story).left == (tell,)


def test_AU_05_a_time_based_act_is_too_late_once_the_turn_is_answered() -> None:
    act = rule_act(ChangeTopics(add=("billing",)))
    waits = Story().message("m1", 0)
    waits.rule(act.model_copy(update={"turn": 1}), 60)
    assert waits.now.topics == ("billing",)
    answered = Story().message("m1", 0).reply("a1", 30).accept("a1", 31)
    answered.rule(act.model_copy(update={"turn": 1}), 60)
    assert answered.now.topics == ()
    assert [type(fact) for fact in answered.facts] == [RuleTooLate]


def test_AU_05_a_pending_act_is_too_late_in_another_stay() -> None:
    act = rule_act(Resolve())
    story = Story().message("m1", 0).act(SetPending(), 10)
    story.rule(act.model_copy(update={"pending_since": at(9)}), 60)
    assert story.state == "pending.hold"
    story.rule(act.model_copy(update={"pending_since": at(10)}), 61)
    assert story.state == "resolved.closed"


def test_AU_07_the_trail_says_until_when_automation_stops() -> None:
    story = Story().message("m1", 0)
    until = at(0) + timedelta(hours=1)
    halted = AutomationHalted(conversation=story.now.id, at=at(5), until=until, limit=50)
    story.keep(automation.halted(story.now, halted, story.desk, at(5)))
    (fact,) = story.facts
    assert isinstance(fact, AutomationStopped)
    assert (fact.limit, fact.until, fact.at) == (50, until, at(5))
