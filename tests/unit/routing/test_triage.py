"""Answers of rules by row: T2, T3, T4, late ones, and acts outside triage (workflow.md, automation.md)."""

from __future__ import annotations

import pytest

from shared.contracts.acts import (
    Act,
    AssignOwner,
    AssignTeam,
    ChangeLabels,
    ChangeTopics,
    Owner,
    Resolve,
    SendTextAct,
    SetPending,
    SetPriorityBoost,
    WriteNoteAct,
)
from shared.contracts.facts import RuleApplied, RuleTooLate
from shared.contracts.settings import PriorityEntry, PrioritySettings, ReasonSettings, WorkflowSettings
from shared.contracts.words import ActorKind, ClosedBy, Visibility
from tests.support.conversations import BEN, Story, desk, rule_act, run, skill_set, spans, team

TOPIC = ChangeTopics(add=("error",))


def in_triage(**more: object) -> Story:
    return Story(desk(triage=True, **more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


def timed_out(**more: object) -> Story:
    return in_triage(**more).wake(5)


def too_late(story: Story) -> list[tuple[str, ...]]:
    return [fact.acts for fact in story.facts if isinstance(fact, RuleTooLate)]


def applied(story: Story) -> list[tuple[str, ...]]:
    return [fact.failed for fact in story.facts if isinstance(fact, RuleApplied)]


def test_T2_the_answer_for_the_message_that_made_T1_ends_triage() -> None:
    story = in_triage().answer("m1", 2)

    assert (story.state, story.rows()) == ("new.untouched", ["T2"])
    assert spans(story.now.turns[0]) == [(2, None)]
    assert story.decision.offer


def test_T2_an_answer_for_another_message_does_not() -> None:
    story = in_triage().message("m2", 1).answer("m2", 2, run(TOPIC))

    assert (story.state, story.now.topics) == ("triage", ("error",))
    assert story.answer("m1", 3).state == "new.untouched"


def test_T2_the_actions_are_applied_before_it_is_scored_and_routed() -> None:
    story = in_triage(
        teams={"support": team("support", "ana")},
        skill_sets={"s": skill_set("topic", "error", teams=["support"])},
        priority=PrioritySettings(entries=(PriorityEntry(what="topic", id="error"),)),
    )
    story.answer("m1", 2, run(TOPIC, SetPriorityBoost(boost=2)))

    assert (story.now.teams, story.now.priority.score) == (("support",), 3)
    assert applied(story) == [()]


def test_T2_rules_may_assign_and_set_pending() -> None:
    owned = in_triage().answer("m1", 2, run(AssignOwner(owner=Owner(id="ben"))))
    assert (owned.state, owned.owner) == ("new.untouched", "ben")
    assert not owned.decision.offer

    pending = in_triage().answer("m1", 2, run(SetPending()))
    assert (pending.state, pending.rows()) == ("pending.hold", ["T2", "T10"])


def test_AU_06_a_rule_assigns_a_team() -> None:
    story = in_triage(teams={"es": team("es", "ana")}).answer("m1", 2, run(AssignTeam(team="es")))

    assert story.now.team == "es"


def test_T3_a_rule_resolves_it_without_clock() -> None:
    story = in_triage().answer("m1", 2, run(Resolve(reason="spam"), TOPIC))

    assert (story.state, story.rows()) == ("resolved.closed", ["T3"])
    assert (story.now.closed_by, story.now.resolve_reason, story.now.topics) == (
        ClosedBy.AUTOMATION,
        "spam",
        ("error",),
    )
    assert story.now.turns[0].spans == ()
    resolved = next(fact for fact in story.facts if fact.fact == "resolved")
    assert (resolved.resolver, resolved.by.kind, resolved.topics) == (None, ActorKind.RULE, ("error",))


def test_T3_not_if_a_further_message_arrived() -> None:
    story = in_triage().message("m2", 1).answer("m1", 2, run(Resolve()))

    assert (story.state, story.rows()) == ("new.untouched", ["T2"])
    assert applied(story) == [("resolve: A customer message arrived since.",)]


def test_AU_04_a_text_condition_resolves_on_the_first_message_only() -> None:
    first = in_triage().answer("m1", 2, run(Resolve(), text_condition=True))
    assert first.state == "resolved.closed"

    later = in_triage().message("m2", 1).answer("m2", 2, run(Resolve(), text_condition=True))
    assert later.state == "triage"
    assert applied(later) == [("resolve: Only the first message of an episode resolves it.",)]


def test_T3_WF_24_requirements_do_not_bind_rules() -> None:
    asked = WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True, required=True))

    assert in_triage(workflow=asked).answer("m1", 2, run(Resolve())).state == "resolved.closed"


def test_T4_an_inception_agent_takes_private_conversations() -> None:
    story = in_triage().answer("m1", 2, virtual_agent="bot")

    assert (story.state, story.owner, story.rows()) == ("bot", "bot", ["T4"])
    assert story.now.turns[0].spans == ()
    assert story.now.wake_at is None

    public = (
        Story(desk(triage=True), visibility=Visibility.PUBLIC).message("m1", 0).answer("m1", 2, virtual_agent="bot")
    )
    assert public.state == "new.untouched"


def test_T4_a_resolving_rule_wins_over_the_script() -> None:
    assert in_triage().answer("m1", 2, run(Resolve()), virtual_agent="bot").state == "resolved.closed"


def test_AU_08_acts_go_in_list_order_resolve_last_and_a_failing_one_is_recorded() -> None:
    story = in_triage().answer(
        "m1", 2, run(Resolve(), name="a"), run(ChangeTopics(add=("gone",)), ChangeLabels(add=("gold",)), name="b")
    )

    assert story.state == "resolved.closed"
    assert story.now.labels == ("gold",)
    assert applied(story) == [(), ("change_topics: There is no such topic: gone.",)]


@pytest.mark.parametrize("touch", ["reply", "owner", "pending"])
def test_late_answers_still_apply_what_moves_nothing(touch: str) -> None:
    story = timed_out(teams={"a": team("a", "ana")})
    match touch:
        case "reply":
            story.reply("r1", 6)
        case "owner":
            story.act(AssignOwner(owner=Owner(id="ben")), 6, BEN)
        case _:
            story.act(SetPending(), 6)
    state, owner = story.state, story.owner
    acts = (TOPIC, ChangeLabels(add=("gold",)), SetPriorityBoost(boost=1), AssignTeam(team="a"))
    story.answer("m1", 9, run(*acts, SendTextAct(text="hello"), Resolve()))

    assert (story.now.topics, story.now.labels, story.now.priority.boost) == (("error",), ("gold",), 1)
    assert story.state == state
    assert story.owner in (owner, None)
    assert too_late(story) == [("send_text", "resolve")]
    assert applied(story) == [()]


def test_late_answers_resolve_take_and_assign_while_nobody_touched_it() -> None:
    assert timed_out().answer("m1", 9, run(Resolve())).state == "resolved.closed"
    assert timed_out().answer("m1", 9, run(AssignOwner(owner=Owner(id="ben")))).owner == "ben"
    taken = timed_out().answer("m1", 9, virtual_agent="bot")
    assert (taken.state, taken.owner) == ("bot", "bot")
    assert spans(taken.now.turns[0]) == [(5, 9)]


def test_a_late_team_applies_only_if_none_is_set() -> None:
    teams = {"a": team("a", "ana"), "b": team("b", "ben")}
    story = timed_out(teams=teams).act(AssignTeam(team="a"), 6).answer("m1", 9, run(AssignTeam(team="b")))

    assert story.now.team == "a"
    assert too_late(story) == [("assign_team",)]
    assert applied(story) == []


def test_an_answer_for_an_earlier_episode_is_too_late_for_everything() -> None:
    story = timed_out().act(Resolve(), 6).message("m2", 7).wake(13).answer("m1", 20, run(TOPIC), episode=1)

    assert (story.now.topics, too_late(story)) == ((), [("change_topics",)])
    assert story.state == "new.untouched"


def test_a_rules_act_outside_triage_takes_the_row_of_an_agents() -> None:
    story = Story().message("m1", 0).rule(rule_act(SetPending(), TOPIC), 5)

    assert (story.state, story.now.topics, story.rows()) == ("pending.hold", ("error",), ["T10"])
    assert next(fact for fact in story.facts if fact.fact == "status_changed").rule == "Rule-1"


def test_a_rules_resolve_gives_way_to_a_customer_message_that_arrived_since() -> None:
    story = Story().message("m1", 0).message("m2", 3).rule(rule_act(Resolve(), message="m1"), 5)
    assert story.state == "new.untouched"

    assert story.rule(rule_act(Resolve(), message="m2"), 6).state == "resolved.closed"
    assert story.now.closed_by is ClosedBy.AUTOMATION


def test_an_act_without_a_row_is_recorded_as_failed_and_the_rest_go_on() -> None:
    story = Story().message("m1", 0).act(Resolve(), 5)
    story.rule(rule_act(SetPending(), TOPIC, WriteNoteAct(text="for ingest")), 6)

    assert (story.state, story.now.topics) == ("resolved.closed", ("error",))
    [failed] = applied(story)
    assert [one.split(":")[0] for one in failed] == ["set_pending"]


def test_every_run_leaves_a_line() -> None:
    acts: tuple[Act, ...] = ()
    story = in_triage().answer("m1", 2, run(*acts, name="quiet"))

    assert [fact.name for fact in story.facts if isinstance(fact, RuleApplied)] == ["Quiet"]
