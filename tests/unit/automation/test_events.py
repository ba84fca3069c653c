"""What makes rules look (AU-05): every event, and what is none; the budget and what became of runs (AU-07, AU-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.automation.domain.happening import happening
from services.routing.domain import replies
from services.routing.domain.decision import Decision
from shared.contracts.acts import CallWebhookAct, Resolve, SendTextAct, SetPending, TagMessageAct
from shared.contracts.base import Actor, Meta
from shared.contracts.conversations import ConversationChanged, Invitation
from shared.contracts.facts import AutomationStopped, BoomerangChanged, Fact, RuleApplied, RuleTooLate, SurveyAnswered
from shared.contracts.rules import ActRefused, RunOutcome
from shared.contracts.settings import FieldCondition, Group, Rule
from shared.contracts.settings.conditions import FieldName, Operator
from shared.contracts.words import ActorKind
from tests.support.conversations import START, Story, inbound, options, outbound
from tests.support.rules import TAG, AutomationInMemory, rule, waiting

META = Meta(event_id="e1", type="conversation.changed.v1", occurred_at=START, correlation_id="e1")


def events_of(event: ConversationChanged, meta: Meta = META) -> set[str]:
    found = happening(event, meta)
    return set() if found is None else {one.value for one in found.events}


def changed(story: Story, *facts: Fact, text: str | None = None) -> ConversationChanged:
    """What routing says of the story's last step, or of these facts."""
    message = inbound(story.now.inbound[-1].id, 0, text).message if text is not None else None
    return ConversationChanged(conversation=story.now, changes=facts or story.facts, message=message)


def opened() -> Story:
    return Story().message("m1", 0)


def test_AU_05_a_first_message_opens_a_later_one_is_received() -> None:
    story = opened()
    assert events_of(changed(story, text="x")) == {"conversation_opened", "message_received", "conversation_changed"}
    later = story.message("m2", 10)
    assert events_of(changed(later, text="x")) == {"message_received", "conversation_changed"}


def test_AU_05_any_change_is_a_change_and_a_resolve_is_a_resolve() -> None:
    assert events_of(changed(opened().act(SetPending(), 10))) == {"conversation_changed"}
    assert events_of(changed(opened().act(Resolve(), 10))) == {"conversation_resolved", "conversation_changed"}


def test_AU_05_a_boomerang_that_fires_and_an_answered_survey() -> None:
    story = opened()
    fired = BoomerangChanged(at=START, episode=1, what="fired", due=START)
    assert events_of(changed(story, fired)) == {"boomerang_fired", "conversation_changed"}
    moved = BoomerangChanged(at=START, episode=1, what="set", due=START)
    assert events_of(changed(story, moved)) == {"conversation_changed"}
    answered = SurveyAnswered(at=START, episode=1, invitation="i1", option="o1")
    assert events_of(changed(story, answered)) == {"survey_answered", "conversation_changed"}


def test_AU_07_books_machines_and_effects_of_rules_are_no_events() -> None:
    story = opened()
    books: Sequence[Fact] = (
        RuleApplied(at=START, episode=1, run="r", rule="r", name="R"),
        RuleTooLate(at=START, episode=1, run="r", rule="r", name="R", acts=("resolve",)),
        AutomationStopped(at=START, episode=1, limit=50, until=START),
    )
    assert events_of(changed(story, *books)) == set()
    automatic = story.keep(_sent(story))
    assert events_of(changed(automatic)) == set()
    assert events_of(changed(opened(), text="x"), META.model_copy(update={"by_rule": "r1"})) == set()


def _sent(story: Story) -> Decision:
    """A machine of ours writes."""
    event = outbound("a1", 5, Actor(kind=ActorKind.SYSTEM), automatic=True)
    return replies.sent(story.now, event, story.desk, START + timedelta(seconds=5), START + timedelta(seconds=5))


async def test_AU_05_a_changed_rule_reacts_to_an_agents_act_and_names_the_latest_message() -> None:
    pending = FieldCondition(field=FieldName.STATUS, operator=Operator.IS, value="pending")
    service = AutomationInMemory(
        {"r1": rule(keywords=None, event="conversation_changed", conditions=Group(of=(pending,)))}
    )
    story = opened()
    await service.handlers.on_conversation_changed(changed(story, text="hello"), META)
    assert service.acts == []
    await service.handlers.on_conversation_changed(changed(story.act(SetPending(), 10)), META)
    (act,) = service.acts
    assert (act.message_id, act.first_message, act.run.actions) == ("m1", False, (TAG,))


async def test_AU_05_a_survey_rule_sees_the_score() -> None:
    bad = FieldCondition(field=FieldName.PREVIOUS_SCORE, operator=Operator.AT_MOST, value=2)
    service = AutomationInMemory({"r1": rule(keywords=None, event="survey_answered", conditions=Group(of=(bad,)))})
    story = opened().act(Resolve(), 10)
    asked = Invitation(id="i1", episode=1, options=options(), expires_at=START + timedelta(days=1))
    conversation = story.now.model_copy(update={"invitation": asked})
    for option, event_id, count in (("o3", "e3", 0), ("o1", "e1", 1)):
        answered = SurveyAnswered(at=START, episode=1, invitation="i1", option=option)
        event = ConversationChanged(conversation=conversation, changes=(answered,))
        await service.handlers.on_conversation_changed(event, META.model_copy(update={"event_id": event_id}))
        assert len(service.acts) == count


async def test_AU_07_past_the_budget_rules_stop_and_the_record_says_so() -> None:
    service = AutomationInMemory({"r1": rule(keywords=None)}, limit=2)
    story = opened()
    for number in range(2, 6):
        await service.hear(story.message(f"m{number}", number * 10), "again")
    assert [act.message_id for act in service.acts] == ["m2", "m3"]
    outcomes = [run.outcome for run in service.records.kept.values()]
    assert outcomes == [RunOutcome.SAID, RunOutcome.SAID, RunOutcome.STOPPED, RunOutcome.STOPPED]


async def test_AU_07_in_triage_a_spent_budget_still_answers() -> None:
    service = AutomationInMemory(
        {"r1": rule(keywords=None), "r2": rule(keywords=None, name="Two", position=1)}, limit=1
    )
    await service.hear(waiting(), "error")
    assert [[run.rule for run in answer.runs] for answer in service.answers] == [["r1"]]


async def test_AU_08_what_became_of_a_run_is_kept() -> None:
    service = AutomationInMemory({"r1": rule()})
    story = opened()
    await service.hear(story, "error")
    (run,) = service.records.kept
    applied = RuleApplied(at=START, episode=1, run=run, rule="r1", name="Errors")
    await service.handlers.on_conversation_changed(changed(story, applied), META)
    assert service.records.kept[run].outcome is RunOutcome.APPLIED
    await service.handlers.on_act_refused(ActRefused(run=run, act="tag_message", reason="No message."), META)
    assert service.records.kept[run].outcome is RunOutcome.FAILED
    assert service.records.kept[run].failed == ("tag_message: No message.",)


async def test_AU_08_acts_that_came_too_late_are_in_the_record() -> None:
    service = AutomationInMemory({"r1": rule()})
    story = opened()
    await service.hear(story, "error")
    (run,) = service.records.kept
    late = RuleTooLate(at=START, episode=1, run=run, rule="r1", name="Errors", acts=("resolve",))
    await service.handlers.on_conversation_changed(changed(story, late), META)
    assert service.records.kept[run].outcome is RunOutcome.TOO_LATE


async def test_a_webhook_that_is_gone_is_recorded_and_the_rest_go_on() -> None:
    service = AutomationInMemory({"r1": rule(CallWebhookAct(webhook="w1"), TAG)})
    await service.hear(opened(), "error")
    (record,) = service.records.kept.values()
    assert record.failed == ("call_webhook: The webhook is not there, or switched off.",)
    assert [action.act for action in service.acts[0].run.actions] == ["call_webhook", "tag_message"]


async def test_what_a_machine_wrote_is_not_answered() -> None:
    service = AutomationInMemory({"r1": rule(SendTextAct(text="Thanks!"), TagMessageAct(add=("seen",)))})
    story = opened()
    message = inbound("m1", 0, "error").message.model_copy(update={"automatic_reply": True})
    event = ConversationChanged(conversation=story.now, changes=story.facts, message=message)
    await service.handlers.on_conversation_changed(event, META)
    assert [[action.act for action in act.run.actions] for act in service.acts] == [["tag_message"]]


@pytest.mark.parametrize("event", ["sla_warned", "unanswered_for", "conversation_resolved"])
async def test_rules_of_other_events_do_not_react_to_messages(event: str) -> None:
    made = Rule.model_validate({"name": "R", "event": event, "after_minutes": 5, "actions": [TAG]})
    service = AutomationInMemory({"r1": made})
    await service.hear(opened(), "error")
    assert service.acts == []
