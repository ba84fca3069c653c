"""Time-based rules: unanswered for, pending for, in wall and in working time (AU-05)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.automation.domain.rules import RuleSet
from services.automation.domain.waiting import Followed, TimeRules, looked, named, observed, waited
from shared.contracts.acts import SetPending
from shared.contracts.conversations import ConversationSnapshot, RuleDue
from shared.contracts.settings import Rule, RuleEvent
from shared.contracts.words import Status
from shared.schedule import ScheduleForm
from tests.support.conversations import Story, at

HOUR = 3600.0


def rules(*, hours: ScheduleForm | None = None, **fields: Any) -> TimeRules:
    """One rule: unanswered for an hour, unless told otherwise."""
    usual = {"name": "Late", "event": "unanswered_for", "after_minutes": 60, "actions": [{"act": "set_new"}]}
    rule = Rule.model_validate(usual | fields)
    schedule = None if hours is None else hours.schedule()
    compiled = RuleSet({"r1": rule})
    return TimeRules(compiled, lambda _channel: schedule, named(compiled, str(hours)))


def follow(
    conversation: ConversationSnapshot, now: datetime, state: Followed | None = None, **fields: Any
) -> tuple[Followed, tuple[RuleDue, ...]]:
    """The state after hearing the conversation, and what is due."""
    found = observed(state, conversation, rules(**fields), now)
    assert found is not None
    return found


def test_AU_05_unanswered_for_an_hour_fires_once_a_turn() -> None:
    story = Story().message("m1", 0)
    state, due = follow(story.now, at(1))
    assert (state.wake_at, due) == (at(HOUR), ())
    state, due = looked(state, rules(), at(HOUR))
    assert [(one.rule, one.turn, one.episode) for one in due] == [("r1", 1, 1)]
    assert state.wake_at is None
    assert looked(state, rules(), at(2 * HOUR))[1] == ()
    state, due = follow(story.reply("a1", 2 * HOUR).accept("a1", 2 * HOUR + 1).now, at(2 * HOUR + 1), state)
    assert (state.fired, state.wake_at, due) == ({}, None, ())
    state, due = follow(story.message("m2", 3 * HOUR).now, at(3 * HOUR), state)
    assert (state.wake_at, due) == (at(4 * HOUR), ())


def test_AU_05_pending_for_an_hour_counts_from_the_stay() -> None:
    story = Story().message("m1", 0)
    pending: dict[str, Any] = {"event": "pending_for"}
    state, _ = follow(story.now, at(1), **pending)
    assert state.wake_at is None
    state, _ = follow(story.act(SetPending(), 100).now, at(100), state, **pending)
    assert state.wake_at == at(100 + HOUR)
    _, due = looked(state, rules(**pending), at(100 + HOUR))
    assert [one.pending_since for one in due] == [at(100)]


def test_AU_05_working_time_waits_for_the_morning() -> None:
    """The story begins on a Monday at ten."""
    hours = ScheduleForm.model_validate({"zone": "UTC", "week": {"mon": ["09:00-10:30"], "tue": ["09:00-17:00"]}})
    story = Story().message("m1", 0)
    state, _ = follow(story.now, at(1), hours=hours, working_time=True)
    assert state.wake_at == at(0) + timedelta(hours=23, minutes=30)
    wall, _ = follow(story.now, at(1), hours=hours)
    assert wall.wake_at == at(HOUR)


def opening(monday: str) -> ScheduleForm:
    """The story begins on a Monday at ten."""
    return ScheduleForm.model_validate({"zone": "UTC", "week": {"mon": [monday], "tue": ["09:00-17:00"]}})


def test_AU_05_a_rule_does_not_fire_in_hours_that_were_closed_before_it_rang() -> None:
    story = Story().message("m1", 0)
    state, _ = follow(story.now, at(1), hours=opening("09:00-17:00"), working_time=True)
    assert state.wake_at == at(HOUR)
    state, due = looked(state, rules(hours=opening("09:00-10:30"), working_time=True), at(HOUR))
    assert (due, state.fired) == ((), {})
    assert state.wake_at == at(0) + timedelta(hours=23, minutes=30)


def test_AU_05_changed_hours_move_a_rule_that_waits_and_counts_by_them() -> None:
    story = Story().message("m1", 0)
    short, long = opening("09:00-10:30"), opening("09:00-17:00")
    state, _ = follow(story.now, at(1), hours=short, working_time=True)
    state, _ = follow(story.now, at(2), state, hours=long, working_time=True)
    assert state.wake_at == at(HOUR)
    wall, _ = follow(story.now, at(1), hours=short)
    assert observed(wall, story.now, rules(hours=long), at(2)) is None


def test_only_conversations_that_a_rule_is_about_are_followed() -> None:
    story = Story().message("m1", 0)
    assert rules().concern(story.now)
    assert not rules(scope={"channels": ["elsewhere"]}).concern(story.now)


def test_AU_05_a_rule_due_for_a_turn_is_not_about_the_next_one() -> None:
    story = Story().message("m1", 0)
    state, _ = follow(story.now, at(1))
    _, (due,) = looked(state, rules(), at(HOUR))
    first = waited(RuleEvent.UNANSWERED_FOR, story.now)
    story.reply("a1", HOUR + 1).accept("a1", HOUR + 2).message("m2", HOUR + 3)
    second = waited(RuleEvent.UNANSWERED_FOR, story.now)
    assert [wait is not None and wait.is_that_of(due) for wait in (first, second)] == [True, False]


def test_a_rule_whose_conditions_do_not_hold_yet_is_looked_at_with_the_next_change() -> None:
    condition = {"test": "field", "field": "topics", "operator": "contains_any_of", "value": ["billing"]}
    conditions: dict[str, Any] = {"conditions": {"test": "group", "of": [condition]}}
    story = Story().message("m1", 0)
    state, _ = follow(story.now, at(1), **conditions)
    state, due = looked(state, rules(**conditions), at(HOUR))
    assert (due, state.wake_at, state.fired) == ((), None, {})
    with_topic = story.now.model_copy(update={"topics": ("billing",), "version": story.now.version + 1})
    _, due = follow(with_topic, at(2 * HOUR), state, **conditions)
    assert len(due) == 1


def test_what_is_followed_holds_no_words_and_a_rule_about_them_is_looked_at_when_it_is_due() -> None:
    story = Story().message("m1", 0)
    named = story.now.model_copy(update={"subject": "My refund"})
    row = {"test": "keywords", "about": "subject", "keywords": "refund"}
    conditions: dict[str, Any] = {"conditions": {"test": "group", "of": [row]}}
    state, _ = follow(named, at(1), **conditions)
    assert state.conversation is not None
    assert "refund" not in state.conversation.model_dump_json()
    assert len(looked(state, rules(**conditions), at(HOUR))[1]) == 1


def test_older_snapshots_change_nothing_and_new_rules_are_worked_out_anew() -> None:
    story = Story().message("m1", 0)
    first = story.now
    state, _ = follow(first, at(1))
    assert observed(state, first, rules(), at(2)) is None
    assert observed(state, first.model_copy(update={"version": 0}), rules(after_minutes=5), at(2)) is None
    sooner, _ = follow(first, at(2), state, after_minutes=5)
    assert sooner.wake_at == at(300)


def test_what_is_resolved_is_followed_no_more() -> None:
    story = Story().message("m1", 0)
    state, _ = follow(story.now, at(1))
    resolved = story.now.model_copy(update={"status": Status.RESOLVED, "version": story.now.version + 1})
    state, due = follow(resolved, at(5), state)
    assert (state.conversation, state.wake_at, due) == (None, None, ())
    assert observed(state, story.now, rules(), at(6)) is None


def test_without_rules_a_wake_ends_the_following() -> None:
    state, _ = follow(Story().message("m1", 0).now, at(1))
    none = TimeRules(RuleSet({}), lambda _channel: None, "")
    assert looked(state, none, at(HOUR))[0].wake_at is None
