"""What people and virtual agents do, by row: T2a, T5 to T8, T10, T13, T16 (workflow.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from services.routing.domain import virtual_agents
from shared.contracts.acts import (
    AssignOwner,
    AssignTeam,
    BoomerangTime,
    CancelBoomerang,
    ChangeTopics,
    Owner,
    Resolve,
    RuleAction,
    SetBoomerang,
    SetNew,
    SetPending,
)
from shared.contracts.base import Actor
from shared.contracts.settings import (
    ReasonSettings,
    Scope,
    TopicRequirement,
    WorkflowSettings,
)
from shared.contracts.words import ActorKind, ClosedBy, OwnerKind, Visibility
from shared.errors import NotFound, Unprocessable
from tests.support.conversations import (
    ANA,
    BOT,
    CHANNEL,
    Story,
    at,
    desk,
    spans,
    team,
    ticket_desk,
    user,
)

KEY = Actor(kind=ActorKind.API_KEY, id="key-1")
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")


def agent(name: str) -> AssignOwner:
    return AssignOwner(owner=Owner(id=name))


def started(**more: object) -> Story:
    return Story(desk(**more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


# --- T8, assignment ----------------------------------------------------------------------------------------------


def test_T8_ticket_words_an_assignment_opens_it() -> None:
    story = Story(ticket_desk()).message("m1", 0).act(agent("ben"), 5)

    assert (story.state, story.owner) == ("new.open", "ben")
    assert story.names() == ["owner_changed", "status_changed"]
    assert story.decision.taken == "ben"


def test_T8_queue_words_an_assignment_leaves_it_untouched() -> None:
    assert started().act(agent("ben"), 5).state == "new.untouched"


def test_WF_13_only_activated_agents_with_reply_right_may_be_assigned() -> None:
    story = started(users={"ana": user("ana"), "new": user("new", activated=False)})

    for name in ("new", "nobody"):
        with pytest.raises(Unprocessable):
            story.act(agent(name), 5)
    with pytest.raises(Unprocessable):
        started().act(agent("vic"), 5)


def test_assigning_the_owner_again_is_no_act_at_all() -> None:
    story = started().act(agent("ben"), 5).act(agent("ben"), 6, status_number=0)

    assert not story.decision.changed


def test_a_reassignment_keeps_one_owner_and_frees_the_other() -> None:
    story = started().act(agent("ben"), 5).act(agent("ana"), 6)

    assert (story.owner, story.decision.freed, story.decision.taken) == ("ana", "ben", "ana")


def test_unassigning_offers_it_again() -> None:
    story = Story(ticket_desk()).message("m1", 0).act(agent("ben"), 5).act(AssignOwner(owner=None), 6)

    assert (story.state, story.owner, story.decision.offer) == ("new.untouched", None, True)


def test_a_resolved_conversation_has_no_owner_to_choose() -> None:
    with pytest.raises(Unprocessable):
        started().act(Resolve(), 5).act(agent("ben"), 6)


def test_WF_17_assigning_a_team_keeps_the_agent_unless_he_is_not_in_it() -> None:
    teams = {"a": team("a", "ana"), "b": team("b", "ben")}
    story = started(teams=teams).act(agent("ana"), 5).act(AssignTeam(team="a"), 6)
    assert (story.now.team, story.owner) == ("a", "ana")

    story.act(AssignTeam(team="b"), 7)
    assert (story.now.team, story.owner) == ("b", None)
    assert story.decision.offer
    with pytest.raises(Unprocessable):
        story.act(AssignTeam(team="gone"), 8)


# --- T10, boomerangs ---------------------------------------------------------------------------------------------


def test_T10_pending_answered_if_no_turn_is_open() -> None:
    story = started().reply("r1", 5).act(SetPending(), 10)

    assert (story.state, story.owner, story.rows()) == ("pending.answered", "ana", ["T10"])
    assert story.decision.freed == "ana"


def test_T10_pending_hold_while_the_customer_waits_and_the_span_closes() -> None:
    story = started().act(SetPending(), 10)

    assert story.state == "pending.hold"
    assert spans(story.now.turns[0]) == [(0, 10)]


def test_WF_05_pending_with_a_boomerang() -> None:
    story = started().act(SetPending(boomerang=BoomerangTime(after_seconds=900, note="call back")), 10)

    assert story.now.boomerang is not None
    assert (story.now.boomerang.at, story.now.boomerang.note) == (at(910), "call back")
    assert story.now.wake_at == at(910)


def test_WF_07_the_default_boomerang_is_armed_unless_auto_resolve_would_win() -> None:
    short = WorkflowSettings(default_boomerang=600, auto_resolve_pending=3600)
    late = WorkflowSettings(default_boomerang=3600, auto_resolve_pending=3600)

    armed = Story(desk(short)).message("m1", 0).act(SetPending(), 10).now.boomerang
    assert armed is not None
    assert armed.at == at(610)
    assert Story(desk(late)).message("m1", 0).act(SetPending(), 10).now.boomerang is None


def test_WF_07_an_explicit_boomerang_overrides_the_default() -> None:
    story = Story(desk(WorkflowSettings(default_boomerang=600))).message("m1", 0)
    story.act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 10)

    assert story.now.wake_at == at(70)


def test_a_boomerang_in_the_past_is_refused() -> None:
    story = started().act(SetPending(), 10)

    with pytest.raises(Unprocessable):
        story.act(SetBoomerang(boomerang=BoomerangTime(at=at(10))), 10)
    with pytest.raises(Unprocessable):
        story.act(SetBoomerang(boomerang=BoomerangTime()), 10)


def test_WF_06_a_boomerang_on_resolved_and_cancelled_again() -> None:
    story = started().act(Resolve(boomerang=BoomerangTime(after_seconds=60)), 10)
    assert story.now.wake_at == at(70)

    cancelled = story.act(CancelBoomerang(), 20).now
    assert cancelled.boomerang is None
    assert cancelled.wake_at is None
    assert [fact.fact for fact in story.facts] == ["boomerang_changed"]
    assert not story.act(CancelBoomerang(), 21).facts


def test_a_boomerang_in_new_has_nowhere_to_come_back_from() -> None:
    with pytest.raises(Unprocessable):
        started().act(SetBoomerang(boomerang=BoomerangTime(after_seconds=60)), 10)


def test_a_resolved_conversation_cannot_be_set_to_pending() -> None:
    with pytest.raises(Unprocessable):
        started().act(Resolve(), 10).act(SetPending(), 20)


# --- T13, T16 ----------------------------------------------------------------------------------------------------


def test_T13_an_agent_resolves_with_a_reason_and_the_owner_is_cleared() -> None:
    story = started(workflow=WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True)))
    story.reply("r1", 5, text="Hello").accept("r1", 6).act(Resolve(reason="solved"), 10)

    assert (story.state, story.owner) == ("resolved.closed", None)
    assert story.names() == ["status_changed", "resolved", "owner_changed"]
    resolved = story.facts[1]
    assert resolved.fact == "resolved"
    assert (resolved.closed_by, resolved.resolver) == (ClosedBy.AGENT, OwnerKind.AGENT)
    assert (resolved.reason, resolved.reason_is_solution, resolved.reasons_apply) == ("solved", True, True)
    assert (resolved.owner, resolved.longest_reply_human) == (Owner(id="ana"), 5)
    assert spans(story.now.turns[0]) == [(0, 5)]
    assert [(span.start, span.end) for span in resolved.episode_spans] == [(at(0), at(10))]


def test_T13_an_open_turn_ends_as_waived() -> None:
    story = started().act(Resolve(ignored=True), 10)

    assert story.state == "resolved.ignored"
    [turn] = story.now.turns
    assert (turn.waived, turn.ended_at, spans(turn)) == (True, at(10), [(0, 10)])
    assert "turn_waived" in story.names()


def test_T13_with_keep_the_owner_stays() -> None:
    assert Story(ticket_desk()).message("m1", 0).reply("r1", 5).act(Resolve(), 10).owner == "ana"


def test_WF_24_a_required_reason_is_required_of_people_only() -> None:
    asked = WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True, required=True))
    elsewhere = WorkflowSettings(
        resolve_reasons=ReasonSettings(enabled=True, required=True, scope=Scope(visibilities=(Visibility.PUBLIC,)))
    )

    for by in (ANA, KEY):
        with pytest.raises(Unprocessable):
            started(workflow=asked).act(Resolve(), 10, by)
    with pytest.raises(Unprocessable):
        started(workflow=asked).act(Resolve(reason="no such"), 10)
    assert started(workflow=asked).act(Resolve(reason="spam"), 10).state == "resolved.closed"
    assert started(workflow=elsewhere).act(Resolve(), 10).state == "resolved.closed"


def test_WF_26_a_topic_is_required_of_people_only() -> None:
    story = started(workflow=WorkflowSettings(topic_required=TopicRequirement(enabled=True)))
    with pytest.raises(Unprocessable):
        story.act(Resolve(), 10)

    assert story.act(ChangeTopics(add=("error",)), 11).act(Resolve(), 12).state == "resolved.closed"


def test_WF_27_bulk_is_marked_and_counts_for_nobody() -> None:
    story = started().act(Resolve(), 10, bulk=True)

    assert story.now.closed_by is ClosedBy.BULK
    resolved = next(fact for fact in story.facts if fact.fact == "resolved")
    assert resolved.resolver is None
    assert next(fact for fact in story.facts if fact.fact == "status_changed").bulk


def test_T13_resolving_again_is_no_act_but_another_reason_is_refused() -> None:
    story = started().act(Resolve(reason="solved"), 10)

    assert not story.act(Resolve(), 11, status_number=0).decision.changed
    with pytest.raises(Unprocessable):
        story.act(Resolve(reason="spam"), 12)


def test_T16_new_by_hand_keeps_the_episode_and_the_resolution_clock_resumes() -> None:
    story = started().reply("r1", 5).act(Resolve(boomerang=BoomerangTime(after_seconds=600)), 10).act(SetNew(), 20)

    assert (story.state, story.now.episode, story.now.boomerang) == ("new.untouched", 1, None)
    assert [(span.start, span.end) for span in story.now.episode_spans] == [(at(0), at(10)), (at(20), None)]
    assert story.now.closed_by is None
    assert story.rows() == ["T16"]
    assert len(story.now.turns) == 1


def test_T16_reopens_the_span_of_an_unanswered_turn() -> None:
    story = started().act(SetPending(), 10).act(SetNew(), 20)

    assert spans(story.now.turns[0]) == [(0, 10), (20, None)]
    assert not started().act(SetNew(), 5, status_number=0).decision.changed


# --- triage and bot ----------------------------------------------------------------------------------------------


def test_T2a_a_human_act_in_triage_goes_to_new_first() -> None:
    held = desk(triage=True)

    taken = Story(held).message("m1", 0).act(agent("ana"), 2)
    assert (taken.state, taken.owner, taken.rows()) == ("new.untouched", "ana", ["T2a"])
    pending = Story(held).message("m1", 0).act(SetPending(), 2)
    assert (pending.state, pending.rows()) == ("pending.hold", ["T2a", "T10"])
    resolved = Story(held).message("m1", 0).act(Resolve(), 2)
    assert (resolved.state, resolved.rows()) == ("resolved.closed", ["T2a", "T13"])
    assert resolved.now.turns[0].spans == ()


def in_bot() -> Story:
    return Story(desk(triage=True)).message("m1", 0).answer("m1", 1, virtual_agent="bot")


def test_T5_a_humans_status_command_is_a_hand_over_first() -> None:
    pending = in_bot().act(SetPending(), 10)
    assert (pending.state, pending.owner, pending.rows()) == ("pending.hold", None, ["T5", "T10"])
    taken = in_bot().act(agent("ben"), 10)
    assert (taken.state, taken.owner) == ("new.untouched", "ben")


def test_T5_hand_over_to_new_opens_the_span_then() -> None:
    story = in_bot()
    story.keep(virtual_agents.hand_over(story.now, BOT, story.desk, at(30)))

    assert (story.state, story.owner, story.rows()) == ("new.untouched", None, ["T5"])
    assert spans(story.now.turns[0]) == [(30, None)]
    assert story.decision.offer


def test_T5_AU_12_back_to_the_previous_agent_if_he_still_has_access() -> None:
    story = started().act(agent("ana"), 5).act(AssignOwner(owner=VIRTUAL), 10)
    back = virtual_agents.hand_over(story.now, BOT, story.desk, at(30), back=True).conversation
    gone = virtual_agents.hand_over(story.now, BOT, desk(users={"ben": user("ben")}), at(30), back=True).conversation

    assert back.owner == Owner(id="ana")
    assert gone.owner is None
    assert spans(back.turns[0]) == [(0, 10), (30, None)]


def test_T6_the_virtual_agent_resolves() -> None:
    story = in_bot().act(Resolve(reason="solved"), 30, BOT)

    assert (story.state, story.owner, story.rows()) == ("resolved.closed", None, ["T6"])
    resolved = next(fact for fact in story.facts if fact.fact == "resolved")
    assert (resolved.resolver, resolved.closed_by) == (OwnerKind.VIRTUAL_AGENT, ClosedBy.VIRTUAL_AGENT)


def test_AU_20_a_virtual_agent_may_touch_only_what_is_its_own() -> None:
    with pytest.raises(NotFound):
        started().act(Resolve(), 10, BOT)
    with pytest.raises(NotFound):
        in_bot().act(agent("ana"), 5).act(ChangeTopics(add=("error",)), 10, BOT)


def test_T7_a_human_delegates_and_the_previous_owner_is_remembered() -> None:
    story = started().act(agent("ana"), 5).act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 8)
    story.act(AssignOwner(owner=VIRTUAL), 10)

    assert (story.state, story.owner) == ("bot", "bot")
    assert story.now.previous_owner == Owner(id="ana")
    assert story.now.boomerang is None
    assert spans(story.now.turns[0]) == [(0, 8)]
    assert story.rows() == ["T7"]


def test_T7_public_conversations_are_not_delegated() -> None:
    story = Story(desk(), visibility=Visibility.PUBLIC).message("m1", 0)

    with pytest.raises(Unprocessable):
        story.act(AssignOwner(owner=VIRTUAL), 10)


# --- settings -----------------------------------------------------------------------------------------------------


def test_durations_are_copied_when_the_episode_begins() -> None:
    story = started()
    story.desk = desk(WorkflowSettings(auto_resolve_new=60))

    assert story.message("m2", 5).now.wake_at == at(5) + timedelta(days=30)
    assert story.act(Resolve(), 6).message("m3", 10).now.wake_at == at(70)


def test_settings_may_differ_by_channel() -> None:
    settings = WorkflowSettings.model_validate({"overrides": [{"channel": CHANNEL, "on_assign": "open"}]})

    assert started(workflow=settings).act(agent("ana"), 5).state == "new.open"


@pytest.mark.parametrize(
    "act",
    [
        {"act": "set_language", "language": "x" * 36},
        {"act": "set_language", "language": ""},
        {"act": "tag_message", "add": ["x" * 101]},
        {"act": "tag_message", "add": [" "]},
        {"act": "tag_message", "add": [f"tag {number}" for number in range(51)]},
    ],
)
def test_languages_and_tags_are_bounded(act: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(RuleAction).validate_python(act)
