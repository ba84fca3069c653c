"""Our messages by row: T0, T9, T9b, T9c (workflow.md), in both vocabularies."""

from __future__ import annotations

import pytest

from services.routing.domain import replies
from shared.contracts.acts import AssignOwner, BoomerangTime, Owner, Resolve, SetPending
from shared.contracts.facts import MessageAdded
from shared.contracts.settings import WorkflowSettings
from shared.contracts.words import Direction
from shared.errors import RetryLater
from tests.support.conversations import (
    ANA,
    BEN,
    BOT,
    VIEWER,
    Story,
    accepted,
    at,
    desk,
    outbound,
    spans,
    ticket_desk,
)
from tests.support.soundness import meaning


def test_T0_writing_first_opens_an_episode_in_pending_answered_without_turn_or_clock() -> None:
    story = Story().reply("r1", 0, proactive=True)

    assert (story.state, story.now.episode, story.now.turns) == ("pending.answered", 1, ())
    assert story.now.ledger.new_spans == ()
    assert story.rows() == ["T0"]
    assert story.facts[0].fact == "episode_opened"


def test_T0_on_resolved_opens_the_next_episode_and_the_answer_returns_it_to_new() -> None:
    story = Story().message("m1", 0).act(Resolve(), 10).reply("r1", 20, proactive=True)
    assert (story.state, story.now.episode) == ("pending.answered", 2)

    story.message("m2", 30)
    assert (story.state, story.now.episode) == ("new.untouched", 2)
    assert story.now.turns[-1].first


def test_T0_in_an_open_conversation_is_an_ordinary_reply() -> None:
    story = Story().message("m1", 0).reply("r1", 10, proactive=True)

    assert (story.state, story.now.episode) == ("new.untouched", 1)
    assert story.now.turns[0].answered_by == ("r1",)


def test_T9_queue_words_a_reply_stays_in_new_and_closes_the_span() -> None:
    story = Story().message("m1", 0).reply("r1", 10)

    assert story.state == "new.untouched"
    [turn] = story.now.turns
    assert spans(turn) == [(0, 10)]
    assert (turn.answered_by, turn.ended_at) == (("r1",), None)
    assert story.owner == "ana"


def test_T9_ticket_words_a_reply_sets_pending_answered_and_assigns() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10)

    assert (story.state, story.owner) == ("pending.answered", "ana")
    assert story.rows() == ["T9"]


def test_T9_what_the_author_had_not_seen_opens_the_next_turn_and_the_status_stays_new() -> None:
    story = Story(ticket_desk()).message("m1", 0).message("m2", 5).message("m3", 6).reply("r1", 10, seen="m1")

    first, second = story.now.turns
    assert story.state == "new.open"
    assert (first.answered_by, second.answered_by) == (("r1",), ())
    assert (second.message, second.started_at) == ("m2", at(5))
    assert spans(first) == [(0, 10)]
    assert spans(second) == [(5, None)]


@pytest.mark.parametrize(("rule", "owner"), [("never", "ben"), ("if_unowned", "ben"), ("always", "ana")])
def test_T9_assign_on_reply_to_an_owned_conversation(rule: str, owner: str) -> None:
    story = Story(desk(WorkflowSettings.model_validate({"assign_on_reply": rule}))).message("m1", 0)
    story.act(AssignOwner(owner=Owner(id="ben")), 5, BEN).reply("r1", 10)

    assert story.owner == owner


@pytest.mark.parametrize(("rule", "owner"), [("never", None), ("if_unowned", "ana"), ("always", "ana")])
def test_WF_14_assign_on_reply_to_an_unowned_conversation(rule: str, owner: str | None) -> None:
    story = Story(desk(WorkflowSettings.model_validate({"assign_on_reply": rule}))).message("m1", 0).reply("r1", 10)

    assert story.owner == owner


def test_WF_12_a_reply_assigns_only_an_author_who_may_answer() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10, VIEWER)

    assert story.owner is None


def test_T9_an_automatic_message_never_answers_a_turn() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10, BOT, automatic=True, text="hello there")

    assert (story.state, story.owner) == ("new.untouched", None)
    assert story.now.turns[0].answered_by == ()
    assert (story.now.longest_reply.virtual, story.now.longest_reply.human) == (11, 0)
    assert not story.now.touched


def test_CS_07_the_longest_reply_counts_code_points_after_trimming() -> None:
    story = Story().message("m1", 0).reply("r1", 10, text="  año 🙂  ").reply("r2", 20, text="ok")

    assert story.now.longest_reply.human == 5


def test_WF_18_a_note_changes_nothing() -> None:
    story = Story().message("m1", 0)
    note = outbound("n1", 5, direction=Direction.INTERNAL)

    decided = replies.sent(story.now, note, story.desk, at(5), at(5))
    assert meaning(decided.conversation) == meaning(story.now)
    assert [(fact.fact, fact.direction) for fact in decided.facts if isinstance(fact, MessageAdded)] == [
        ("message_added", Direction.INTERNAL)
    ]
    assert len(decided.facts) == 1


def test_T9_on_resolved_with_stay_it_stays_resolved() -> None:
    story = Story().message("m1", 0).act(Resolve(), 10).reply("r1", 20)

    assert (story.state, story.owner) == ("resolved.closed", None)


def test_T9_on_resolved_with_answered_it_waits_for_the_contact_again_in_the_same_episode() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 5).act(Resolve(), 10).reply("r2", 20)

    assert (story.state, story.now.episode) == ("pending.answered", 1)
    assert [(span.start, span.end) for span in story.now.episode_spans] == [(at(0), at(10)), (at(20), None)]


def test_T9b_the_turn_ends_when_the_network_takes_the_reply_and_nothing_else_moves() -> None:
    story = Story().message("m1", 0).reply("r1", 10)
    before = story.now
    story.accept("r1", 14)

    assert story.now.turns[0].ended_at == at(14)
    assert (story.now.status_number, story.now.owner) == (before.status_number, before.owner)
    [ended] = story.facts
    assert ended.fact == "turn_ended"
    assert (ended.by, ended.reply, spans(ended)) == (ANA, "r1", [(0, 10)])


def test_T9b_also_after_a_resolve() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(Resolve(), 12)
    assert not [fact for fact in story.facts if fact.fact == "turn_waived"]

    story.accept("r1", 14)
    assert story.names() == ["turn_ended"]
    assert story.state == "resolved.closed"


def test_T9b_also_in_a_later_episode() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(Resolve(), 12).message("m2", 13).accept("r1", 14)

    [ended] = story.facts
    assert (ended.fact, ended.episode) == ("turn_ended", 1)
    assert (story.state, story.now.episode) == ("new.untouched", 2)


def test_T9b_an_outcome_heard_before_its_sending_applies_the_sending_first() -> None:
    story = Story(ticket_desk()).message("m1", 0)
    queued = outbound("r1", 10)
    story.accept("r1", 14, queued)

    assert (story.state, story.owner) == ("pending.answered", "ana")
    assert story.now.turns[0].ended_at == at(14)

    story.reply("r1", 10)
    assert not story.decision.changed


def test_T9b_an_outcome_without_its_sending_is_tried_again_later() -> None:
    story = Story().message("m1", 0)

    with pytest.raises(RetryLater):
        replies.accepted(story.now, accepted("r1", 14), story.desk, at(14))
    with pytest.raises(RetryLater):
        replies.sent(None, outbound("r1", 10), story.desk, at(10), at(10))


def test_a_reply_to_a_message_that_was_not_heard_of_waits_for_it() -> None:
    story = Story().message("m1", 0).act(Resolve(), 10)
    reply = outbound("r1", 20, seen="m2")

    with pytest.raises(RetryLater):
        replies.sent(story.now, reply, story.desk, at(20), at(20))
    assert replies.sent(story.now, reply, story.desk, at(90), at(20)).changed


def test_T9c_a_failed_reply_returns_pending_answered_to_new_with_a_notice_and_the_turn_runs_on() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10).fail("r1", 15)

    assert (story.state, story.now.notice) == ("new.open", "reply_failed")
    [turn] = story.now.turns
    assert spans(turn) == [(0, 10), (15, None)]
    assert turn.answered_by == ()
    assert story.names() == ["reply_failed", "status_changed"]
    assert story.rows() == ["T9c"]


def test_T9c_from_resolved_too() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(Resolve(), 12).fail("r1", 15)

    assert story.state == "new.untouched"
    assert spans(story.now.turns[0]) == [(0, 10), (15, None)]
    assert story.now.closed_by is None
    assert story.decision.offer


def test_T9c_a_later_open_turn_is_taken_in_and_its_clock_void() -> None:
    story = Story().message("m1", 0).reply("r1", 10).message("m2", 12).fail("r1", 15)

    first, second = story.now.turns
    assert second.merged_into == first.number
    assert spans(first) == [(0, 10), (15, None)]
    [merged] = [fact for fact in story.facts if fact.fact == "turn_merged"]
    assert (merged.turn, merged.into) == (2, 1)


def test_T9c_the_turn_runs_on_only_once_all_replies_have_failed() -> None:
    story = Story().message("m1", 0).reply("r1", 10).reply("r2", 11).fail("r1", 15)
    assert story.now.turns[0].answered_by == ("r2",)

    story.fail("r2", 20)
    assert spans(story.now.turns[0]) == [(0, 10), (20, None)]


def test_T9c_a_former_episodes_turn_ends_waived_with_a_notice_only() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(Resolve(), 12).message("m2", 13).fail("r1", 15)

    assert (story.state, story.now.notice) == ("new.untouched", "reply_failed")
    assert [fact.fact for fact in story.facts] == ["reply_failed", "turn_waived"]
    assert story.facts[1].episode == 1


def test_T9c_pending_hold_stays() -> None:
    story = Story().message("m1", 0).message("m2", 5).reply("r1", 10, seen="m1").act(SetPending(), 12)
    assert story.state == "pending.hold"

    assert story.fail("r1", 15).state == "pending.hold"


def test_T9c_a_retry_is_T9_again() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10).fail("r1", 15).reply("r1", 20)

    assert (story.state, story.now.notice) == ("pending.answered", None)
    assert spans(story.now.turns[0]) == [(0, 10), (15, 20)]
    assert story.accept("r1", 21).now.turns[0].ended_at == at(21)


def test_T9b_a_receipt_after_uncertain_counts_as_accepted() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10).doubt("r1", 15)
    assert (story.state, story.now.notice) == ("new.open", "reply_uncertain")

    story.accept("r1", 30)
    assert (story.now.turns[0].ended_at, spans(story.now.turns[0])) == (at(30), [(0, 10)])
    assert (story.state, story.now.notice) == ("new.open", None)


def test_SL_05_the_first_of_two_acceptances_ends_the_turn() -> None:
    story = Story().message("m1", 0).reply("r1", 10).reply("r2", 11, BEN).accept("r2", 12).accept("r1", 13)

    assert story.now.turns[0].ended_at == at(12)
    assert story.facts == ()


def test_T2a_a_reply_in_triage_goes_to_new_first() -> None:
    story = Story(desk(triage=True)).message("m1", 0).reply("r1", 2)

    assert (story.state, story.owner, story.rows()) == ("new.untouched", "ana", ["T2a"])
    assert story.now.turns[0].answered_by == ("r1",)
    assert story.now.triage_message is None


def test_T2a_a_reply_in_triage_with_ticket_words_ends_in_pending_answered() -> None:
    story = Story(desk(ticket_desk().workflow, triage=True)).message("m1", 0).reply("r1", 2)

    assert (story.state, story.rows()) == ("pending.answered", ["T2a", "T9"])


def test_T5_a_human_reply_takes_a_conversation_from_the_bot() -> None:
    story = Story(desk(triage=True)).message("m1", 0).answer("m1", 1, virtual_agent="bot").reply("r1", 30)

    assert (story.state, story.owner) == ("new.untouched", "ana")
    assert story.rows() == ["T5"]


def test_a_reply_sent_before_a_resolve_but_heard_after_it_answers_its_turn_and_reopens_nothing() -> None:
    story = Story(ticket_desk()).message("m1", 0).act(Resolve(), 10)
    assert [fact.fact for fact in story.facts if fact.fact.startswith("turn")] == ["turn_waived"]

    story.reply("r1", 9, heard=11)
    assert story.state == "resolved.closed"
    assert story.now.turns[0].answered_by == ("r1",)
    assert story.accept("r1", 12).names() == ["turn_ended"]


def test_a_reply_sent_before_pending_was_set_but_heard_after_it_leaves_it_answered() -> None:
    story = Story().message("m1", 0).act(SetPending(), 10)
    assert story.state == "pending.hold"

    assert story.reply("r1", 9, heard=11).state == "pending.answered"


def test_a_reply_leaves_the_boomerang_of_pending() -> None:
    story = Story().message("m1", 0).reply("r1", 5).act(SetPending(boomerang=BoomerangTime(after_seconds=60)), 10)

    assert story.reply("r2", 20).now.boomerang is not None
