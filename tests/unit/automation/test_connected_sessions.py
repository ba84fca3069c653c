"""Connected virtual agents' sessions: order, answers at once and later, silence, failure (AU-19 to AU-21)."""

from __future__ import annotations

import pytest

from services.automation.domain.circuit import FAILURES_IN_A_ROW, REST, Circuit, failed, tried, worked
from shared.contracts.virtual_agents import BotAnswer
from shared.contracts.words import Leaving
from tests.support.talks import Talk, at, bot, message


def test_AU_20_it_is_told_of_the_start_and_of_each_message_in_order() -> None:
    talk = Talk(bot(), messages=("m0",))
    assert talk.told == [None, "m0"]
    talk.says("a", "b")
    assert talk.told == [None, "m0", "m1", "m2"]


def test_AU_20_messages_that_come_while_it_is_called_are_told_after() -> None:
    talk = Talk(bot(), busy=True)
    talk.says("a", "b")
    talk.busy = False
    talk.work()
    assert talk.told == [None, "m1", "m2"]


def test_AU_20_what_it_answers_at_once_is_sent_and_done_ends_it() -> None:
    talk = Talk(bot())
    talk.answers = [message("Hello", "there")]
    talk.says("hi")
    assert (talk.sent, talk.left) == (["Hello", "there"], None)
    talk.answers = [message("Bye", done="resolved")]
    talk.says("thanks")
    assert (talk.sent[2:], talk.left) == (["Bye"], ("resolved", "resolved"))


def test_AU_20_hand_over_goes_to_new_or_to_the_previous_agent() -> None:
    for agent, delegated, expected in (
        (bot(), False, "new"),
        (bot(hand_over="previous_agent"), True, "previous_agent"),
        (bot(hand_over="previous_agent"), False, "new"),
    ):
        talk = Talk(agent, delegated=delegated)
        talk.answers = [message(done="hand_over")]
        assert talk.says("a human, please").left == (expected, "handed_over")


def test_AU_20_a_late_answer_counts_as_one_at_once() -> None:
    talk = Talk(bot(agent_timeout_seconds=60)).says("hi", seconds=1)
    talk.later(message("Sorry, it took a while"), seconds=50)
    assert talk.sent == ["Sorry, it took a while"]
    talk.wait(200)
    assert talk.left is None
    assert talk.later(message(done="hand_over"), "end").left == ("new", "handed_over")


def test_AU_20_an_answer_before_the_events_still_to_be_told_and_resolved_only_once_it_knows_all() -> None:
    talk = Talk(bot(), busy=True)
    talk.says("one")
    talk.busy = False
    talk.answers = [message("Hello", done="resolved"), BotAnswer()]
    talk.work()
    assert (talk.sent, talk.told, talk.left) == (["Hello"], [None, "m1"], None)


def test_AU_17_silence_of_the_virtual_agent_and_of_the_contact() -> None:
    silent = Talk(bot(agent_timeout_seconds=60, agent_timeout_then="resolved")).says("hi", seconds=30)
    silent.wait(59)
    assert silent.left is None
    assert silent.wait(60).left == ("resolved", "agent_timeout")

    talk = Talk(bot(contact_timeout_minutes=10, contact_timeout_then="resolved"))
    talk.answers = [message("Anything else?")]
    talk.says("hi", seconds=10).wait(609)
    assert talk.left is None
    assert talk.wait(610).left == ("resolved", "contact_timeout")


def test_AU_21_a_failing_endpoint_is_tried_again_within_its_time_out_then_handed_over() -> None:
    talk = Talk(bot(agent_timeout_seconds=60, agent_timeout_then="resolved"), busy=True)
    talk.answers = ["It answered 500."] * 3 + [message("Now it works")]
    talk.busy = False
    talk.work()
    talk.wait(30)
    assert talk.sent == ["Now it works"]

    dead = Talk(bot(agent_timeout_seconds=60, agent_timeout_then="resolved"), busy=True)
    dead.answers = ["It answered 500."] * 50
    dead.busy = False
    dead.work()
    dead.wait(59)
    assert dead.left is None
    tries = 50 - len(dead.answers)
    assert 4 <= tries <= 8
    dead.wait(61)
    assert dead.end is not None
    assert (dead.end.to, dead.end.why, dead.end.detail) == ("new", Leaving.FAILURE, "It answered 500.")


def test_AU_21_the_message_that_could_not_be_told_is_told_before_the_next() -> None:
    talk = Talk(bot())
    talk.answers = ["It answered 502."]
    talk.says("first").says("second")
    assert talk.told == [None]
    talk.wait(10)
    assert talk.told == [None, "m1", "m2"]


def test_T4_a_rule_that_resolves_over_a_message_wins_over_the_endpoint() -> None:
    talk = Talk(bot()).says("STOP", rule_resolves=True)
    assert talk.told == [None]
    talk.wait(3)
    assert talk.told == [None, "m1"]


def test_AU_21_five_failures_in_a_row_open_the_circuit_and_a_trial_a_minute_closes_it() -> None:
    circuit = Circuit(id="va")
    for number in range(FAILURES_IN_A_ROW):
        assert not circuit.open
        circuit = failed(circuit, "It answered 500.", at(number))
    assert circuit.open
    assert circuit.since == at(0)
    assert tried(circuit, at(10)) == (circuit, False)

    after = at(FAILURES_IN_A_ROW - 1) + REST
    trial, allowed = tried(circuit, after)
    assert allowed
    assert not tried(trial, after)[1]
    assert failed(trial, "again", after).open
    closed = worked(trial, after)
    assert (closed.open, closed.failures, tried(closed, after)[1]) == (False, 0, True)


def test_a_success_is_worth_a_write_only_now_and_then() -> None:
    circuit = worked(Circuit(id="va"), at(0))
    assert worked(circuit, at(10)) is circuit
    assert worked(circuit, at(60)) is not circuit


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_message_is_not_sent(text: str) -> None:
    talk = Talk(bot())
    talk.answers = [message(text)]
    assert talk.says("hi").sent == []
