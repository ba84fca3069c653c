"""What time does by itself: triage time-out (T2), boomerangs (T12), auto-resolve (T14), idle close (T15)."""

from __future__ import annotations

from shared.contracts.acts import BoomerangTime, Resolve, SetPending
from shared.contracts.settings import WorkflowSettings
from shared.contracts.words import Availability, ClosedBy
from tests.support.conversations import Story, at, desk, spans, ticket_desk

HOUR = 3600


def test_T2_triage_holds_nobody_longer_than_five_seconds() -> None:
    story = Story(desk(triage=True)).message("m1", 0, heard=1).wake(5)
    assert story.state == "triage"

    story.wake(6)
    assert (story.state, story.rows(), story.decision.offer) == ("new.untouched", ["T2"], True)
    assert spans(story.now.turns[0]) == [(6, None)]


def test_waking_early_or_again_changes_nothing() -> None:
    story = Story(desk(triage=True)).message("m1", 0).wake(4)
    assert not story.decision.changed

    assert not story.wake(5).wake(6).decision.changed


def test_T12_WF_06_the_boomerang_returns_pending_to_new_with_its_owner() -> None:
    story = Story().message("m1", 0).reply("r1", 5)
    story.act(SetPending(boomerang=BoomerangTime(after_seconds=60, note="look")), 10).wake(70)

    assert (story.state, story.owner, story.now.boomerang) == ("new.untouched", "ana", None)
    fired = next(fact for fact in story.facts if fact.fact == "boomerang_changed")
    assert (fired.what, fired.note) == ("fired", "look")
    assert story.rows() == ["T12"]


def test_T12_from_resolved_without_owner_in_the_same_episode() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 5)
    story.act(Resolve(boomerang=BoomerangTime(after_seconds=60)), 10).wake(75)

    assert (story.state, story.owner, story.now.episode) == ("new.untouched", None, 1)
    assert story.now.status_since == at(70)


def test_WF_08_the_boomerang_clears_an_owner_who_has_signed_out() -> None:
    leaving = desk(WorkflowSettings(unassign_on_sign_out=True))
    story = Story(leaving).message("m1", 0).reply("r1", 5)
    story.act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 10)
    story.desk = desk(leaving.workflow, availability={"ben": Availability.AVAILABLE})

    assert story.wake(70).owner is None


def test_T12_opens_the_span_of_an_unanswered_turn() -> None:
    story = Story().message("m1", 0).act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 10).wake(70)

    assert spans(story.now.turns[0]) == [(0, 10), (70, None)]


def test_T14_WF_09_new_is_resolved_after_its_delay_without_a_message() -> None:
    settings = WorkflowSettings(auto_resolve_new=HOUR, auto_resolve_reason="spam")
    story = Story(desk(settings)).message("m1", 0).message("m2", 600).wake(HOUR)
    assert story.state == "new.untouched"

    story.wake(HOUR + 600)
    assert (story.state, story.now.closed_by, story.now.resolve_reason) == (
        "resolved.closed",
        ClosedBy.INACTIVITY,
        "spam",
    )
    assert story.rows() == ["T14"]
    assert next(fact for fact in story.facts if fact.fact == "resolved").resolver is None


def test_T14_pending_has_a_delay_of_its_own() -> None:
    story = Story(desk(WorkflowSettings(auto_resolve_pending=600))).message("m1", 0).act(SetPending(), 10).wake(610)

    assert story.now.closed_by is ClosedBy.INACTIVITY


def test_WF_07_auto_resolve_wins_over_a_boomerang_at_the_same_time_and_cancels_it() -> None:
    story = Story(desk(WorkflowSettings(auto_resolve_pending=600))).message("m1", 0)
    story.act(SetPending(boomerang=BoomerangTime(after_seconds=600)), 10).wake(610)

    assert (story.state, story.now.boomerang, story.now.wake_at) == ("resolved.closed", None, None)


def test_T15_WF_10_idle_close_touches_pending_answered_only_and_any_message_restarts_it() -> None:
    idle = desk(WorkflowSettings(idle_close=600))
    hold = Story(idle).message("m1", 0).act(SetPending(), 10).wake(2000)
    assert hold.state == "pending.hold"

    story = Story(idle).message("m1", 0).reply("r1", 5).act(SetPending(), 10).reply("r2", 300).wake(610)
    assert story.state == "pending.answered"
    story.wake(900)
    assert (story.state, story.now.closed_by, story.rows()) == ("resolved.closed", ClosedBy.IDLE_ANSWERED, ["T15"])


def test_SL_08_idle_close_leaves_response_figures_untouched() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 5).accept("r1", 6)
    before = story.now.turns
    story.wake(8 * 86400)

    assert story.now.closed_by is ClosedBy.IDLE_ANSWERED
    assert story.now.turns == before


def test_a_late_wake_counts_from_when_it_was_due() -> None:
    story = Story().message("m1", 0).act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 10).wake(5000)

    assert (story.now.status_since, story.now.changed_at) == (at(70), at(5000))


def test_a_message_received_before_an_auto_resolve_but_heard_after_it_takes_it_back() -> None:
    story = Story(desk(WorkflowSettings(auto_resolve_new=HOUR))).message("m1", 0).reply("r1", 5).wake(HOUR + 5)
    assert story.state == "resolved.closed"

    story.message("m2", HOUR, heard=HOUR + 10)
    assert (story.state, story.now.episode, story.owner) == ("new.untouched", 1, "ana")
    assert story.now.wake_at == at(2 * HOUR)
    assert story.rows()[0] == "T14 taken back"


def test_a_message_received_before_a_boomerang_of_resolved_but_heard_after_it_opens_the_next_episode() -> None:
    story = Story().message("m1", 0).act(Resolve(boomerang=BoomerangTime(after_seconds=60)), 10).wake(70)
    assert (story.state, story.now.episode) == ("new.untouched", 1)

    story.message("m2", 69, heard=71)
    assert (story.state, story.now.episode) == ("new.untouched", 2)
    assert spans(story.now.turns[-1]) == [(69, None)]


def test_a_message_received_after_a_timer_was_due_but_heard_before_the_wake_finds_it_fired() -> None:
    story = Story(desk(WorkflowSettings(auto_resolve_new=HOUR))).message("m1", 0).message("m2", HOUR + 60)

    assert (story.state, story.now.episode) == ("new.untouched", 2)
    assert story.rows() == ["T14", "T1"]


def test_a_message_received_at_the_very_instant_of_an_auto_resolve_comes_first_in_either_order_of_hearing() -> None:
    settings = WorkflowSettings(auto_resolve_new=HOUR)
    before = Story(desk(settings)).message("m1", 0).message("m2", HOUR).wake(HOUR)
    after = Story(desk(settings)).message("m1", 0).wake(HOUR).message("m2", HOUR)

    assert (before.state, before.now.episode) == (after.state, after.now.episode) == ("new.untouched", 1)
