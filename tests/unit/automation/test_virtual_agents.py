"""Virtual agents between routing, ingest and their endpoints: who takes what, take-overs, crashes, loops, circuits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from docs.verifier.switchboard_webhooks import verify
from shared.contracts.acts import AssignOwner, Owner, Resolve
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn
from shared.contracts.settings import AutoResponder
from shared.contracts.virtual_agents import ReadAgentsHealth
from shared.contracts.words import OwnerKind
from shared.errors import NotFound, RetryLater, TooManyRequests, Unprocessable
from shared.outside import Answer
from shared.schedule import ScheduleForm, due
from tests.support.bots import BotsInMemory
from tests.support.conversations import BEN, START, at, inbound, spans
from tests.support.talks import ask, bot, message, responder

SECRET = "whsec_c3dpdGNoYm9hcmQgdGVzdCBrZXkgMDEyMzQ1Njc4OSE="
OPENING = inbound("m1", 0).message
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="va")
OFFICE = ScheduleForm.model_validate(
    {"zone": "UTC", "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",))}
)


def answers(*texts: str, done: str | None = None, **more: Any) -> Answer:
    return Answer(200, {}, json.dumps({"messages": [{"text": text} for text in texts], "done": done, **more}).encode())


def greeter(*steps: object, **more: Any) -> BotsInMemory:
    return BotsInMemory({"va": responder(*steps, **more)})


def robin(**more: Any) -> BotsInMemory:
    return BotsInMemory({"va": bot(secret=SECRET, **more)})


# --- inception and delegation ----------------------------------------------------------------------------------


async def test_AU_11_what_starts_is_taken_and_the_session_begins_with_the_change_to_bot() -> None:
    town = greeter("Hello.", "How can we help?")
    await town.says("m1", "hi", 0)
    assert (town.story.state, town.story.owner) == ("bot", "va")
    assert town.said == ["Hello.", "How can we help?"]
    sent = next(iter(town.sent.values()))
    assert (sent.automatic, sent.by.name) == (True, "Greeter VA")


async def test_AU_11_nothing_is_said_on_the_rules_answer_alone() -> None:
    town = greeter("Hello.")
    taker = await town.handlers.taker(town.story.message("m1", 0).now, OPENING, _meta())
    assert (taker, town.said) == ("va", [])


@pytest.mark.parametrize("why", ["muted", "machine", "off", "elsewhere", "delegation"])
async def test_AU_11_who_is_not_taken(why: str) -> None:
    settings: dict[str, dict[str, Any]] = {
        "off": {"enabled": False},
        "elsewhere": {"channels": ("ch-2",)},
        "delegation": {"activation": "delegation"},
    }
    more = settings.get(why, {})
    town = greeter("Hello.", **more)
    now = town.story.message("m1", 0).now
    if why == "muted":
        now = now.model_copy(update={"muted": True})
    said = OPENING.model_copy(update={"automatic_reply": why == "machine"})
    assert await town.handlers.taker(now, said, _meta()) is None


async def test_AU_12_case_4_delegated_by_ana_and_given_back_to_her() -> None:
    town = greeter("Which size?", activation="delegation", hand_over="previous_agent")
    await town.says("m1", "hi", 0)
    town.story.act(AssignOwner(owner=Owner(id="ana")), 5)
    town.story.act(AssignOwner(owner=VIRTUAL), 10)
    await town.hear()
    assert town.said == ["Which size?"]
    await town.says("m2", "42", 30)
    assert (town.story.state, town.story.owner, town.lines) == ("new.untouched", "ana", ["script_ended"])
    assert spans(town.story.now.turns[0]) == [(0, 10), (30, None)]


async def test_AU_10_case_1_at_20_00_the_clock_counts_from_09_00_and_is_due_09_30() -> None:
    town = greeter("We reply tomorrow.")
    tomorrow = {"hours": "outside", "steps": [{"step": "statement", "text": "We reply tomorrow."}]}
    today = {"hours": "inside", "steps": [{"step": "statement", "text": "We are here."}]}
    town.agents["va"] = AutoResponder.model_validate(
        {"name": "Night", "channels": ("ch-1",), "scripts": [tomorrow, today]}
    )
    town.hours = OFFICE.schedule()
    evening = (datetime(2026, 3, 2, 20, 0, tzinfo=UTC) - START).total_seconds()
    await town.says("m1", "hello?", evening)
    assert (town.said, town.story.state) == (["We reply tomorrow."], "new.untouched")
    turn = town.story.now.turns[0]
    running = [(span.start, span.end) for span in turn.spans]
    found = due(town.hours, running, timedelta(minutes=30))
    assert found.due_at == datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


async def test_AU_14_a_script_that_has_begun_goes_on_when_the_hours_end() -> None:
    town = greeter("Hello.")
    inside = {"hours": "inside", "steps": [{"step": "question", "text": text} for text in ("One?", "Two?")]}
    outside = {"hours": "outside", "steps": [{"step": "statement", "text": "We are closed."}]}
    town.agents["va"] = AutoResponder.model_validate(
        {"name": "Day", "channels": ("ch-1",), "scripts": [inside, outside]}
    )
    town.hours = OFFICE.schedule()
    late = (datetime(2026, 3, 2, 16, 59, tzinfo=UTC) - START).total_seconds()
    await town.says("m1", "hi", late)
    await town.says("m2", "first", late + 120)
    assert (town.said, town.story.state) == (["One?", "Two?"], "bot")


async def test_AU_18_case_3_after_silence_it_is_silent_for_this_contact_for_a_while() -> None:
    town = greeter("Which size?", contact_timeout_minutes=10, contact_timeout_then="resolved", inactive_minutes=60)
    await town.says("m1", "hi", 0)
    await town.wait(600)
    assert (town.story.state, town.lines) == ("resolved.closed", ["contact_timeout"])
    assert town.story.now.closed_by == "virtual_agent"

    await town.says("m2", "still there?", 600 + 3599)
    assert town.story.state == "new.untouched"
    town.story.act(AssignOwner(owner=Owner(id="ana")), 600 + 3600)
    town.story.act(Resolve(), 600 + 3601)
    await town.says("m3", "again", 600 + 3602)
    assert town.story.state == "bot"


async def test_AU_14_no_script_fits_so_straight_to_new_and_not_silent() -> None:
    town = greeter("Hello.", inactive_minutes=60)
    town.agents["va"] = AutoResponder.model_validate(
        {
            "name": "N",
            "channels": ("ch-1",),
            "scripts": [{"language": "es", "steps": [{"step": "statement", "text": "¡Hola!"}]}],
        }
    )
    await town.says("m1", "hi", 0)
    assert (town.story.state, town.lines, town.said) == ("new.untouched", ["no_script"], [])
    town.story.act(Resolve(), 1)
    await town.says("m2", "hi", 2)
    assert town.lines == ["no_script", "no_script"]


async def test_AU_13_case_2_what_is_known_is_not_asked_and_answers_are_stored_by_their_type() -> None:
    town = greeter(ask("email", "Your e-mail?"), ask("size", "Which size?"))
    town.person = town.person.model_copy(update={"attributes": {"E-mail": "a@b.org"}})
    await town.says("m1", "hi", 0)
    assert town.said == ["Which size?"]
    await town.says("m2", "42", 5)
    assert town.stored == {"Size": 42}


async def test_AU_16_the_opening_message_may_escape() -> None:
    town = greeter("Hello.", "What is it?", escape_words=("agente",))
    await town.says("m1", "Quiero un AGENTE ya", 0)
    assert (town.story.state, town.lines, town.said) == ("new.untouched", ["escape_word"], [])


# --- take-overs, rules, failures ---------------------------------------------------------------------------------


async def test_a_human_takes_over_and_the_script_stops() -> None:
    town = greeter("One?", "Two?", inactive_minutes=60)
    await town.says("m1", "hi", 0)
    town.story.act(AssignOwner(owner=Owner(id="ben")), 10, BEN)
    await town.hear()
    await town.says("m2", "answer", 20)
    town.story.act(Resolve(), 30)
    await town.says("m3", "me again", 40)
    assert town.story.state == "new.untouched"
    town.story.act(AssignOwner(owner=Owner(id="ben")), 50, BEN)
    await town.wait(10_000)
    assert (town.said, town.story.owner, town.lines) == (["One?"], "ben", [])
    found = await town.session()
    assert found is not None
    assert found.over


async def test_a_rule_that_resolves_over_a_message_wins_over_the_script() -> None:
    town = greeter("One?", "Two?")
    await town.says("m1", "hi", 0)
    await town.says("m2", "STOP", 5, rule_resolves=True)
    town.story.act(Resolve(), 6)
    await town.hear()
    await town.wait(100)
    assert town.said == ["One?"]

    refused = greeter("One?", "Two?")
    await refused.says("m1", "hi", 0)
    await refused.says("m2", "STOP", 5, rule_resolves=True)
    await refused.wait(8)
    assert refused.said == ["One?", "Two?"]


async def test_AU_21_what_cannot_be_sent_is_handed_over_at_once_and_what_may_be_later_is_tried_again() -> None:
    town = greeter("Hello.")
    town.refusal = Unprocessable("The channel is switched off: nothing can be sent by it.")
    await town.says("m1", "hi", 0)
    assert (town.story.state, town.lines) == ("new.untouched", ["failure"])

    later = greeter("Hello.", agent_timeout_seconds=60)
    later.refusal = RetryLater("away")
    await later.says("m1", "hi", 0)
    await later.wait(10)
    later.refusal = None
    await later.wait(30)
    assert (later.said, later.lines) == (["Hello."], ["script_ended"])


async def test_a_crash_between_doing_and_saving_repeats_nothing() -> None:
    town = greeter("Hello.", ask("size", "Which size?"))
    town.crash = True
    await town.says("m1", "hi", 0)
    granted = await town.session()
    assert granted is not None
    assert granted.due is not None
    for _ in range(2):  # the contact is read, the messages sent, then the process dies before it knows
        state = await town.session()
        assert state is not None
        assert state.due is not None
        await town.attempt(state, state.due)
        await town.attempt(state, state.due)
    town.crash = False
    await town.wait(31)
    assert town.said == ["Hello.", "Which size?"]


async def test_an_event_heard_again_begins_and_answers_nothing_again() -> None:
    town = greeter("One?", "Two?")
    await town.says("m1", "hi", 0)
    await town.hear()
    await town.hear()
    assert town.said == ["One?"]


async def _heard_in_the_wrong_order(town: BotsInMemory) -> None:
    """The contact's second message is heard of before the change to bot that came before it."""
    for name, seconds in (("m1", 0), ("m2", 2)):
        town.texts[name] = inbound(name, seconds, f"text of {name}").message
    story, meta = town.story, _meta()
    story.message("m1", 0).answer("m1", 1, virtual_agent="va")
    first = ConversationChanged(conversation=story.now, changes=story.facts)
    story.message("m2", 2)
    town.clock.set(at(2))
    await town.hear(town.texts["m2"])
    await town.handlers.on_conversation_changed(first, meta)
    await town.work()


async def test_events_in_the_wrong_order_lead_to_the_same_session() -> None:
    town = greeter("One?", "Two?")
    await _heard_in_the_wrong_order(town)
    assert town.said == ["One?", "Two?"]

    connected = robin()
    await _heard_in_the_wrong_order(connected)
    told = [json.loads(body)["data"].get("message", {}).get("text") for _, _, body in connected.outside.posted]
    assert told == [None, "text of m1", "text of m2"]


async def test_an_agent_that_is_switched_off_lets_its_conversations_go() -> None:
    town = greeter("One?")
    await town.says("m1", "hi", 0)
    town.agents["va"] = responder("One?", enabled=False)
    await town.handlers.let_go("va")
    await town.work()
    assert (town.story.state, town.lines) == ("new.untouched", ["unavailable"])


# --- connected ---------------------------------------------------------------------------------------------------


async def test_AU_20_it_is_told_with_contact_and_attributes_signed_and_in_order() -> None:
    town = robin()
    town.person = town.person.model_copy(update={"attributes": {"Customer": 4711}})
    town.outside.answers = [answers(), answers("Hello", topics=["ERROR", "none such"], attributes={"Seen": True})]
    await town.says("m1", "help", 0)
    events = [verify(headers, body, SECRET, now=at(0).timestamp()) for _, headers, body in town.outside.posted]
    assert [event["type"] for event in events] == ["conversation.started", "message.received"]
    assert events[0]["data"]["contact"]["attributes"] == {"Customer": 4711}
    assert events[1]["data"]["message"]["text"] == "help"
    assert town.said == ["Hello"]
    assert (town.story.now.topics, town.stored) == (("error",), {"Seen": True})
    assert town.outside.posted[0][0] == "https://bot.example.org/talk"


async def test_AU_20_what_it_says_is_cleaned_as_everything_that_comes_from_outside() -> None:
    town = robin()
    town.outside.answers = [
        Answer(200, {}, b'{"messages": [{"text": "a\\u0000b\\ud800"}], "attributes": {"S\\u0000een": "\\u0000"}}')
    ]
    await town.says("m1", "help", 0)
    assert (town.said, town.stored) == (["ab\ufffd"], {"Seen": ""})


async def test_AU_20_a_late_answer_and_404_once_it_is_no_longer_its_own() -> None:
    town = robin()
    await town.says("m1", "help", 0)
    await town.answers(message("Here I am"), once="one")
    await town.answers(message("Here I am"), once="one")
    assert town.said == ["Here I am"]
    with pytest.raises(NotFound):
        await town.answers(message("Me too"), agent="other")
    town.story.act(AssignOwner(owner=Owner(id="ben")), 10, BEN)  # not heard of yet
    with pytest.raises(NotFound):
        await town.answers(message("Still me"))
    assert town.said == ["Here I am"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, b""),
        Answer(302, {"location": "https://elsewhere.example.org"}, b""),
        Answer(200, {}, b"<html>"),
        Answer(200, {}, b'{"messages": 7}'),
        Answer(200, {}, b"[]"),
        Answer(200, {}, b"[" * 60_000),
        Answer(200, {}, b'{"attributes": {"Size": 1' + b"0" * 400 + b"}}"),
        Answer(200, {}, b'{"attributes": {"Size": NaN}}'),
        Answer(200, {}, b'{"messages": [{"text": "' + b"x" * 65_000),  # a longer one, cut
        Unprocessable("Private addresses are not called (SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS)."),
        RetryLater("Nobody answers at that address."),
    ],
)
async def test_AU_21_failures_are_retried_within_the_time_out_then_handed_over(answer: Answer | Exception) -> None:
    town = robin(agent_timeout_seconds=60, agent_timeout_then="resolved")
    town.outside.answers = [answer] * 100
    await town.says("m1", "help", 0)
    await town.wait(59)
    assert town.story.state == "bot"
    assert 4 <= len(town.outside.posted) <= 8
    assert len({headers["webhook-id"] for _, headers, _ in town.outside.posted}) == 1
    await town.wait(61)
    assert (town.story.state, town.lines) == ("new.untouched", ["failure"])
    assert [ref.id for ref in town.story.now.inbound] == ["m1"]


async def test_AU_21_a_dead_endpoint_opens_its_circuit_humans_get_what_starts_and_admins_are_told_once() -> None:
    town = robin(agent_timeout_seconds=60)
    town.outside.answers = [Answer(500, {}, b"")] * 100
    await town.says("m1", "help", 0)
    await town.wait(61)
    notices = town.circuit_records.said(AdminNotice)
    assert [(one.kind, one.id, one.name) for one in notices] == [("virtual-agents", "va", "Robin VA")]
    (health,) = (await town.handlers.health(ReadAgentsHealth(), _meta())).items
    assert (health.open, health.last_error) == (True, "It answered 500.")
    town.story.act(Resolve(), 62)
    await town.says("m2", "again", 63)
    assert town.story.state == "new.untouched"

    town.outside.answers = []
    town.outside.usual = answers("Hello")
    town.story.act(Resolve(), 64)
    await town.says("m3", "once more", 200)
    assert (town.story.state, town.said) == ("bot", ["Hello", "Hello"])
    named = [one.meta.event_id for one in town.circuit_records.published if one.meta.type == AdminNotice.type]
    assert [one.told for one in town.circuit_records.said(AdminNoticeWithdrawn)] == named
    (health,) = (await town.handlers.health(ReadAgentsHealth(), _meta())).items
    assert (health.open, health.failures) == (False, 0)


# --- loops -------------------------------------------------------------------------------------------------------


async def test_AU_07_two_bots_that_answer_each_other_stop_by_the_budget_and_a_human_gets_it() -> None:
    town = robin()
    town.budgets.limit = 10
    town.outside.usual = answers("You said something")
    await town.says("m0", "hello", 0)
    number = 0
    while town.story.state == "bot" and number < 100:
        number += 1
        await town.says(f"m{number}", f"You said {len(town.said)}", number)
    assert (town.story.state, town.lines) == ("new.untouched", ["budget"])
    assert number <= town.budgets.limit
    assert len(town.said) <= town.budgets.limit + 2


async def test_AU_07_late_answers_count_too() -> None:
    town = robin()
    town.budgets.limit = 5
    await town.says("m1", "hello", 0)
    for number in range(4):
        await town.answers(message("Hello?"), once=f"answer {number}")
    with pytest.raises(TooManyRequests):
        await town.answers(message("Hello?"), once="one too many")
    await town.work()
    assert (town.story.state, town.lines) == ("new.untouched", ["budget"])
    assert len(town.said) == 4


async def test_AU_07_an_auto_reply_is_neither_an_answer_nor_told() -> None:
    town = greeter("Which size?", "And why?")
    await town.says("m1", "hi", 0)
    await town.says("m2", "I am out of office", 5, automatic_reply=True)
    assert town.said == ["Which size?"]
    machine = robin()
    await machine.says("m1", "hi", 0)
    before = len(machine.outside.posted)
    await machine.says("m2", "I am out of office", 5, automatic_reply=True)
    assert len(machine.outside.posted) == before


def _meta() -> Meta:
    return Meta(event_id="e", type="test", occurred_at=at(0), correlation_id="e")
