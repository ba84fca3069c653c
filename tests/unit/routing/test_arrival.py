"""Customer messages by row: T1, T2, T3, T11 and its family (workflow.md)."""

from __future__ import annotations

import pytest

from shared.contracts.acts import BoomerangTime, ChangeTopics, Resolve, SetPending
from shared.contracts.settings import LanguageSettings, PriorityEntry, PrioritySettings, Scope
from shared.contracts.words import Availability, ClosedBy, Status, Substatus, Visibility
from tests.support.conversations import ANA, CHANNEL, Story, at, contact, desk, skill_set, team, ticket_desk


def test_T1_the_first_message_opens_episode_one_and_waits_in_triage_where_a_rule_could_touch_it() -> None:
    story = Story(desk(triage=True)).message("m1", 0)

    assert (story.state, story.now.episode, story.owner) == ("triage", 1, None)
    assert story.now.substatus is None
    [turn] = story.now.turns
    assert (turn.number, turn.first, turn.started_at, turn.spans) == (1, True, at(0), ())
    assert story.now.wake_at == at(5)
    assert story.names() == ["episode_opened", "status_changed", "turn_opened", "message_added"]
    assert not story.decision.offer


def test_T1_goes_straight_to_new_where_no_rule_could_touch_it() -> None:
    story = Story(desk()).message("m1", 3)

    assert story.state == "new.untouched"
    assert story.now.turns[0].spans[0].start == at(3)
    assert story.now.turns[0].spans[0].end is None
    assert story.decision.offer
    assert story.rows() == ["T1"]


def test_T1_looks_at_channel_and_visibility_of_the_rules() -> None:
    private_only = desk(openings=(Scope(channels=(CHANNEL,), visibilities=(Visibility.PRIVATE,)),))
    elsewhere = desk(openings=(Scope(channels=("ch-2",)),))

    assert Story(private_only).message("m1", 0).state == "triage"
    assert Story(private_only, visibility=Visibility.PUBLIC).message("m1", 0).state == "new.untouched"
    assert Story(elsewhere).message("m1", 0).state == "new.untouched"


def test_T1_an_inception_agent_holds_private_conversations_only() -> None:
    inception = desk(inceptions=(Scope(),))

    assert Story(inception).message("m1", 0).state == "triage"
    assert Story(inception, visibility=Visibility.PUBLIC).message("m1", 0).state == "new.untouched"


def test_T3_a_muted_contacts_new_conversation_is_resolved_at_once_without_clock_or_survey() -> None:
    story = Story(desk(triage=True)).message("m1", 0, muted=True)

    assert story.state == "resolved.closed"
    assert story.now.closed_by is ClosedBy.MUTED
    assert story.now.turns[0].spans == ()
    [resolved] = [fact for fact in story.facts if fact.fact == "resolved"]
    assert resolved.resolver is None
    assert story.rows() == ["T1", "T3"]


def test_CH_11_a_muted_contacts_open_conversation_stays_open() -> None:
    story = Story().message("m1", 0).message("m2", 5, muted=True)

    assert story.state == "new.untouched"


def test_WF_04_T1_a_message_on_resolved_opens_the_next_episode_without_owner() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(Resolve(), 20).message("m2", 30)

    assert (story.state, story.now.episode, story.owner) == ("new.untouched", 2, None)
    assert story.now.episode_opened_at == at(30)
    assert [turn.first for turn in story.now.turns if turn.episode == 2] == [True]
    assert story.now.closed_by is None


def test_T1_cancels_the_boomerang_of_a_resolved_conversation() -> None:
    story = Story().message("m1", 0)
    story.act(Resolve(boomerang=BoomerangTime(after_seconds=60)), 10).message("m2", 20)

    assert story.now.boomerang is None
    assert [fact.what for fact in story.facts if fact.fact == "boomerang_changed"] == ["cancelled"]


def test_T1_with_owner_on_resolve_keep_the_owner_stays_if_he_is_available() -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10).act(Resolve(), 20)
    assert story.owner == "ana"

    assert story.message("m2", 30).owner == "ana"
    assert story.state == "new.open"


@pytest.mark.parametrize("availability", [Availability.AWAY, None])
def test_T1_with_owner_on_resolve_keep_an_unavailable_owner_does_not_stay(availability: Availability | None) -> None:
    story = Story(ticket_desk()).message("m1", 0).reply("r1", 10).act(Resolve(), 20)
    story.desk = ticket_desk(availability={"ana": availability} if availability else {})

    assert story.message("m2", 30).owner is None
    assert story.state == "new.untouched"


def test_WF_03_T11_a_customer_reply_returns_pending_to_new_and_cancels_the_boomerang() -> None:
    story = Story().message("m1", 0).reply("r1", 10)
    story.act(SetPending(boomerang=BoomerangTime(after_seconds=600)), 20).message("m2", 30)

    assert story.state == "new.untouched"
    assert story.now.boomerang is None
    assert story.rows() == ["T11"]
    assert [turn.number for turn in story.now.turns] == [1, 2]
    assert story.now.turns[1].spans[0].start == at(30)


def test_WF_03_T11_rescores() -> None:
    story = Story().message("m1", 0).reply("r1", 10).act(SetPending(), 20)
    story.desk = desk(priority=PrioritySettings(entries=(PriorityEntry(what="channel", id=CHANNEL),)))

    assert story.message("m2", 30).now.priority.score == 1


def test_T11_no_new_turn_while_one_is_open() -> None:
    story = Story().message("m1", 0).act(SetPending(), 10)
    assert story.state == "pending.hold"

    story.message("m2", 20)
    [turn] = story.now.turns
    assert [(span.start, span.end) for span in turn.spans] == [(at(0), at(10)), (at(20), None)]


def test_T11a_a_further_message_joins_the_open_turn_and_restarts_inactivity() -> None:
    story = Story().message("m1", 0).message("m2", 50)

    assert len(story.now.turns) == 1
    assert story.now.status_since == at(0)
    assert story.now.inactive_since == at(50)
    assert story.rows() == []


def test_T11a_opens_the_next_turn_when_the_last_was_answered() -> None:
    story = Story().message("m1", 0).reply("r1", 10).accept("r1", 11).message("m2", 20)

    first, second = story.now.turns
    assert (first.ended_at, second.started_at, second.first) == (at(11), at(20), False)
    assert second.spans[0].start == at(20)


def test_T11b_a_message_in_triage_joins_the_turn() -> None:
    story = Story(desk(triage=True)).message("m1", 0).message("m2", 2)

    assert (story.state, len(story.now.turns), story.now.wake_at) == ("triage", 1, at(5))
    assert [ref.id for ref in story.now.inbound] == ["m1", "m2"]


def test_T11c_a_message_to_the_bot_joins_the_turn_without_a_span() -> None:
    story = Story(desk(triage=True)).message("m1", 0).answer("m1", 1, virtual_agent="bot").message("m2", 3)

    assert (story.state, story.owner) == ("bot", "bot")
    [turn] = story.now.turns
    assert turn.spans == ()


def test_CH_04_the_same_message_twice_changes_nothing() -> None:
    story = Story().message("m1", 0).message("m1", 0)

    assert not story.decision.changed
    assert story.facts == ()


def test_inbound_keeps_the_latest_hundred_in_arrival_order() -> None:
    story = Story()
    for number in range(110):
        story.message(f"m{number:03}", 200 - number if number % 2 else number)

    received = [ref.received_at for ref in story.now.inbound]
    assert len(received) == 100
    assert received == sorted(received)


def test_messages_heard_in_the_wrong_order_give_the_same_turn() -> None:
    story = Story().message("m2", 8, heard=9).message("m1", 7, heard=10)

    [turn] = story.now.turns
    assert (turn.message, turn.started_at) == ("m1", at(7))
    assert turn.spans[0].start == at(7)
    assert (story.now.status_since, story.now.episode_opened_at) == (at(7), at(7))


def test_a_message_received_before_the_resolve_but_heard_after_it_opens_an_episode_that_begins_at_the_resolve() -> None:
    story = Story().message("m1", 0).act(Resolve(), 20).message("m2", 19, heard=21)

    assert (story.now.episode, story.now.episode_opened_at) == (2, at(20))
    turn = story.now.turns[-1]
    assert (turn.started_at, turn.spans[0].start) == (at(19), at(20))


def test_AU_09_the_detected_language_is_that_of_the_latest_message_by_arrival() -> None:
    story = Story().message("m2", 5, language="es").message("m1", 4, language="en")

    assert story.now.language == "es"
    assert LanguageSettings().enabled is False


def test_AU_09_a_language_set_by_hand_is_not_overwritten() -> None:
    person = contact(language="fr", language_manual=True)
    story = Story().message("m1", 0, language="es", person=person)

    assert story.now.language == "fr"


def test_RT_13_a_changed_contact_group_rescores_and_reroutes_at_once() -> None:
    gold = desk(
        priority=PrioritySettings(entries=(PriorityEntry(what="contact_group", id="gold"),)),
        teams={"vips": team("vips", "ana")},
        skill_sets={"s": skill_set("contact_group", "gold", teams=["vips"])},
    )
    story = Story(gold).message("m1", 0)
    assert (story.now.priority.score, story.now.teams) == (0, ())

    story.message("m2", 5, person=contact(version=2, groups=("gold",)))
    assert (story.now.priority.score, story.now.teams) == (1, ("vips",))


def test_an_older_snapshot_of_the_contact_changes_nothing() -> None:
    story = Story().message("m2", 5, person=contact(version=2, groups=("gold",)))
    story.message("m1", 4, person=contact(version=1))

    assert story.now.groups == ("gold",)


def test_facts_carry_who_and_when() -> None:
    story = Story().message("m1", 7, heard=9)

    assert {fact.at for fact in story.facts} == {at(7)}
    assert story.now.changed_at == at(9)
    assert all(fact.episode == 1 for fact in story.facts)


def test_T18_a_topic_on_resolved_moves_nothing() -> None:
    story = Story().message("m1", 0).act(Resolve(), 10).act(ChangeTopics(add=("error",)), 20, ANA)

    assert (story.now.status, story.now.substatus) == (Status.RESOLVED, Substatus.CLOSED)
    assert story.names() == ["topics_changed"]


def test_a_turn_longer_than_the_list_of_inbound_stays_one_turn_to_its_end() -> None:
    story = Story()
    for number in range(130):
        story.message(f"m{number:03}", number)
    assert [(turn.number, turn.message) for turn in story.now.turns] == [(1, "m000")]

    story.reply("r1", 200).accept("r1", 201)
    for number in range(130, 150):
        story.message(f"m{number:03}", 100 + number)
    first, second = story.now.turns
    assert (first.message, first.ended_at, second.message) == ("m000", at(201), "m130")
    assert [fact.fact for fact in story.told].count("turn_ended") == 1


def test_a_turn_longer_than_the_list_of_inbound_is_waived_whole() -> None:
    story = Story()
    for number in range(130):
        story.message(f"m{number:03}", number)
    story.act(Resolve(), 200)

    assert [(turn.number, turn.waived) for turn in story.now.turns] == [(1, True)]
    assert all(ref.settled for ref in story.now.inbound)
