"""Auto-responders' sessions: steps, answers, escape words, time-outs, and the cases of automation.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain import sessions
from shared.contracts.words import Leaving
from tests.support.talks import Talk, ask, responder


def test_AU_13_statements_go_on_and_questions_wait() -> None:
    talk = Talk(responder("Hello.", "We are here.", "What is it about?", "Thank you."))
    assert talk.sent == ["Hello.", "We are here.", "What is it about?"]
    assert talk.left is None

    talk.says("My order", seconds=30)
    assert talk.sent[3:] == ["Thank you."]
    assert talk.left == ("new", "script_ended")


def test_AU_10_case_1_a_script_of_statements_hands_over_at_once() -> None:
    talk = Talk(responder("We reply tomorrow."))
    assert (talk.sent, talk.left) == (["We reply tomorrow."], ("new", "script_ended"))


def test_AU_13_case_2_of_two_questions_the_known_one_is_not_asked() -> None:
    two = responder(ask("email", "Your e-mail?"), ask("size", "Which size?"))
    talk = Talk(two, filled=("email",))
    assert talk.sent == ["Which size?"]

    talk.says("42")
    assert (talk.stored, talk.left) == ({"Size": 42}, ("new", "script_ended"))
    assert Talk(two, filled=("email", "size")).sent == []


def test_AU_17_case_3_a_silent_contact_is_resolved_and_the_silence_begins_with_each_question() -> None:
    agent = responder("One?", "Two?", contact_timeout_minutes=10, contact_timeout_then="resolved", inactive_minutes=60)
    talk = Talk(agent)
    talk.says("yes", seconds=599).wait(600)
    assert talk.left is None
    talk.wait(599 + 599)
    assert talk.left is None
    assert talk.wait(599 + 600).left == ("resolved", "contact_timeout")
    assert talk.state.plan.inactive == 3600


def test_AU_12_case_4_a_delegated_one_goes_back_to_the_previous_agent() -> None:
    agent = responder("Which size?", hand_over="previous_agent", activation="delegation")
    assert Talk(agent, delegated=True).says("42").left == ("previous_agent", "script_ended")
    assert Talk(agent, delegated=False).says("42").left == ("new", "script_ended")


def test_AU_16_case_5_an_escape_word_hands_over_and_nothing_is_stored() -> None:
    agent = responder(ask("email", "Your e-mail?"), "Thank you.", escape_words=("agente",), at_end="resolved")
    escaped = Talk(agent).says("Quiero un AGENTE ya")
    assert (escaped.left, escaped.stored, escaped.sent) == (("new", "escape_word"), {}, ["Your e-mail?"])

    stays = Talk(agent).says("agentes")
    assert (stays.left, stays.stored) == (("resolved", "script_ended"), {"E-mail": "agentes"})


def test_AU_16_an_escape_word_stops_what_is_being_sent() -> None:
    talk = Talk(responder("A", "B", "C?", escape_words=("agent",)), busy=True)
    talk.says("an agent please")
    talk.busy = False
    talk.work()
    assert (talk.sent, talk.left) == ([], ("new", "escape_word"))


def test_AU_13_a_wrong_answer_is_asked_once_more_then_nothing_is_stored() -> None:
    agent = responder(ask("size", "Which size?", "A number, please."), "Thank you.")
    wrong = Talk(agent).says("big")
    assert wrong.sent == ["Which size?", "A number, please."]
    wrong.says("huge")
    assert (wrong.sent[2:], wrong.stored, wrong.left) == (["Thank you."], {}, ("new", "script_ended"))

    right = Talk(agent).says("big", "42")
    assert right.stored == {"Size": 42}
    assert Talk(responder(ask("size", "Which size?"))).says("big").sent == ["Which size?", "Which size?"]


def test_AU_13_an_attachment_alone_is_an_empty_answer() -> None:
    talk = Talk(responder(ask("email", "Your e-mail?"), "What is it about?")).says("")
    assert talk.sent == ["Your e-mail?", "Your e-mail?"]
    talk.says("").says("")
    assert (talk.stored, talk.left) == ({}, ("new", "script_ended"))


def test_AU_13_messages_that_come_while_sending_are_queued_one_answer_a_question() -> None:
    talk = Talk(responder("Hello.", ask("email", "Your e-mail?"), ask("size", "Which size?"), "Why?"), busy=True)
    talk.says("a@b.org", "42")
    assert talk.stored == {}
    talk.busy = False
    talk.work()
    assert talk.sent == ["Hello.", "Your e-mail?", "Which size?", "Why?"]
    assert (talk.stored, talk.left) == ({"E-mail": "a@b.org", "Size": 42}, None)
    assert talk.says("because").left == ("new", "script_ended")


def test_AU_13_an_attribute_that_is_no_longer_defined_is_asked_but_not_stored() -> None:
    talk = Talk(responder(ask("gone", "Your shoe size?"))).says("42")
    assert (talk.stored, talk.left) == ({}, ("new", "script_ended"))


@pytest.mark.parametrize(("at_end", "expected"), [("hand_over", "new"), ("resolved", "resolved")])
def test_AU_10_the_end_is_as_set(at_end: str, expected: str) -> None:
    talk = Talk(responder("Bye.", at_end=at_end, resolve_reason="done"))
    assert talk.left == (expected, "script_ended")
    assert talk.end is not None
    assert talk.end.reason == ("done" if expected == "resolved" else None)


@pytest.mark.parametrize("then", ["new", "resolved"])
def test_AU_17_a_script_that_cannot_send_is_given_up_after_its_time_out(then: str) -> None:
    talk = Talk(responder("A", agent_timeout_seconds=30, agent_timeout_then=then), busy=True)
    talk.wait(29)
    assert not talk.state.leaving
    talk.busy = False
    talk.wait(31)
    assert talk.left == (then, "agent_timeout")


def test_AU_21_what_keeps_failing_is_handed_over_even_where_silence_would_resolve() -> None:
    talk = Talk(responder("A", agent_timeout_seconds=30, agent_timeout_then="resolved"), busy=True)
    begin = talk.state.deeds[0]
    talk.state = sessions.failed(talk.state, begin, "nobody there", talk.now)
    talk.wait(29.9)
    talk.busy = False
    talk.wait(31)
    assert talk.end is not None
    assert (talk.end.to, talk.end.why, talk.end.detail) == ("new", Leaving.FAILURE, "nobody there")


def test_T4_a_rule_that_resolves_over_a_message_wins_and_the_script_goes_on_where_it_was_refused() -> None:
    talk = Talk(responder("Which size?", "Thanks.")).says("STOP", rule_resolves=True)
    assert talk.sent == ["Which size?"]
    resolved = sessions.ended(talk.state)
    assert (resolved.wake_at, resolved.due) == (None, None)

    talk.wait(3)
    assert (talk.sent, talk.left) == (["Which size?", "Thanks."], ("new", "script_ended"))


def test_a_human_takes_over_and_nothing_more_is_sent() -> None:
    talk = Talk(responder("A", "B?"), busy=True)
    talk.state = sessions.ended(talk.state)
    talk.busy = False
    talk.says("hello").wait(10_000)
    assert (talk.sent, talk.left) == ([], None)


def test_a_message_heard_twice_is_one_answer() -> None:
    talk = Talk(responder("One?", "Two?"))
    talk.says("yes")
    talk.texts.clear()
    talk.says("yes")
    assert talk.sent == ["One?", "Two?"]


@given(
    st.lists(st.sampled_from(["say", "escape", "wait", "busy", "idle", "fail", "rule"]), max_size=25),
    st.lists(st.sampled_from(["A", "Q?", "attribute"]), min_size=1, max_size=6),
)
def test_every_session_ends_by_itself_once_the_contact_is_silent(steps: list[str], script: list[str]) -> None:
    made = [ask("size", "Which size?") if step == "attribute" else step for step in script]
    talk = Talk(responder(*made, escape_words=("agent",), contact_timeout_minutes=10, agent_timeout_seconds=60))
    for step in steps:
        match step:
            case "say":
                talk.says("42", seconds=talk.seconds + 1)
            case "escape":
                talk.says("agent", seconds=talk.seconds + 1)
            case "rule":
                talk.says("stop", seconds=talk.seconds + 1, rule_resolves=True)
            case "wait":
                talk.wait(talk.seconds + 100)
            case "fail" if talk.state.deeds:
                talk.state = sessions.failed(talk.state, talk.state.deeds[0], "away", talk.now)
            case _:
                talk.busy = step == "busy"
    talk.busy = False
    talk.wait(talk.seconds + 3600)
    assert talk.state.over
    assert talk.end is not None
    assert len(talk.sent) <= 2 * len(script)
