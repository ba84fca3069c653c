"""Automatic assignment: candidates, capacity, strategies, waiting order; and what routes a conversation (RT-*)."""

from __future__ import annotations

import pytest

from services.routing.domain import assignment
from services.routing.domain.assignment import Seat
from services.routing.domain.skills import matches
from shared.contracts.acts import AssignOwner, AssignTeam, ChangeTopics, Owner, Resolve, SetPriorityBoost
from shared.contracts.settings import (
    Distribution,
    PriorityEntry,
    PrioritySettings,
    SkillGroup,
    SkillRule,
    SkillSet,
    WorkflowSettings,
)
from shared.contracts.words import Availability, Strategy, Visibility
from tests.support.conversations import (
    CHANNEL,
    Story,
    at,
    contact,
    desk,
    inbound,
    skill_set,
    team,
    user,
)

PEOPLE = {name: user(name) for name in ("ana", "ben", "cai")}
ALL_IN = dict.fromkeys(PEOPLE, Availability.AVAILABLE)


def waiting(**more: object) -> Story:
    fields = {"users": PEOPLE, "availability": ALL_IN} | more
    return Story(desk(**fields)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


def picked(story: Story, held: dict[str, int] | None = None, last: dict[str, str] | None = None) -> str | None:
    seats = {name: Seat(held=number) for name, number in (held or {}).items()}
    found = assignment.pick(story.now, story.desk, seats, last or {})
    return found[0] if found else None


def members(story: Story) -> list[tuple[str, ...]]:
    return [group.members for group in assignment.candidates(story.now, story.desk)]


# --- candidates --------------------------------------------------------------------------------------------------


def test_RT_15_the_assigned_team_comes_before_everything() -> None:
    story = waiting(
        teams={"a": team("a", "ana"), "b": team("b", "ben")},
        distributions={"d": Distribution(name="D", members=("cai",))},
    )
    assert members(story) == [("cai",)]

    assert members(story.act(AssignTeam(team="a"), 5)) == [("ana",)]


def test_RT_09_then_the_episodes_distribution_which_waits_outside_its_schedule() -> None:
    shift = {"d": Distribution(name="D", members=("ben", "ana"), schedule="day")}
    story = waiting(distributions=shift)
    assert members(story) == [("ben", "ana")]

    closed = waiting(distributions=shift, closed_schedules=frozenset({"day"}))
    assert closed.now.distribution == "d"
    assert members(closed) == []
    assert picked(closed) is None


def test_the_distribution_is_chosen_once_an_episode_first_match_in_list_order() -> None:
    both = {
        "no": Distribution(name="No", channels=("ch-9",)),
        "topic": Distribution(name="Topic", skill_set="s"),
        "all": Distribution(name="All"),
    }
    story = waiting(distributions=both, skill_sets={"s": skill_set("topic", "error")})
    assert story.now.distribution == "all"

    story.act(ChangeTopics(add=("error",)), 5)
    assert story.now.distribution == "all"
    assert story.act(Resolve(), 6).message("m2", 7).now.distribution == "topic"


def test_then_members_of_the_routed_teams_in_list_order() -> None:
    story = waiting(
        teams={"b": team("b", "ben"), "a": team("a", "ana"), "c": team("c", "cai", auto_assign=False)},
        skill_sets={"s": skill_set("visibility", "private", teams=["a", "b", "c"])},
    )

    assert story.now.teams == ("b", "a", "c")
    assert members(story) == [("ben",), ("ana",)]


def test_RT_02_a_skill_set_may_be_attached_to_a_single_agent() -> None:
    single = SkillSet(
        name="S", groups=(SkillGroup(rules=(SkillRule(field="channel", values=(CHANNEL,)),)),), agents=("cai",)
    )

    assert members(waiting(skill_sets={"s": single})) == [("cai",)]


def test_then_agents_with_the_channel() -> None:
    story = waiting(users=PEOPLE | {"far": user("far").model_copy(update={"channels": ()})})

    seen = set()
    for busy in ({}, {"ana": 1}, {"ana": 1, "ben": 1}):
        seen.add(picked(story, busy))
    assert seen == {"ana", "ben", "cai"}
    assert picked(story, {"ana": 1, "ben": 1, "cai": 1}) is None


def test_RT_15_switched_off_for_a_channel() -> None:
    story = waiting(manual_channels=frozenset({CHANNEL}))

    assert picked(story) is None
    assert assignment.may_take("ana", story.now, story.desk, {}, by_hand=True)


# --- capacity and availability -----------------------------------------------------------------------------------


def test_RT_08_away_offline_and_readers_get_none() -> None:
    story = waiting(
        users=PEOPLE | {"ben": user("ben", activated=False)},
        availability={"ana": Availability.AWAY, "ben": Availability.AVAILABLE},
    )

    assert picked(story) is None


def test_RT_06_nobody_is_pushed_above_his_capacity() -> None:
    story = waiting(teams={"a": team("a", "ana", "ben", capacity=2)})
    story.act(AssignTeam(team="a"), 5)

    assert picked(story, {"ana": 2, "ben": 1}) == "ben"
    assert picked(story, {"ana": 2, "ben": 5}) is None


def test_capacity_zero_means_by_hand() -> None:
    story = waiting(teams={"a": team("a", "ana", capacity=0)}).act(AssignTeam(team="a"), 5)

    assert picked(story) is None
    assert assignment.may_take("ana", story.now, story.desk, {}, by_hand=True)


def test_one_number_caps_a_person_that_of_the_first_of_his_teams_in_list_order() -> None:
    story = waiting(
        teams={"small": team("small", "ana", capacity=1), "large": team("large", "ana", "ben", capacity=9)},
        skill_sets={"s": skill_set("visibility", "private", teams=["small", "large"])},
    )

    assert picked(story, {"ana": 1}) == "ben"


# --- strategies --------------------------------------------------------------------------------------------------


def test_RT_09_round_robin_goes_in_member_order_and_skips_the_full() -> None:
    story = waiting(distributions={"d": Distribution(name="D", members=("cai", "ana", "ben"))})

    assert picked(story) == "cai"
    assert picked(story, last={"d": "cai"}) == "ana"
    assert picked(story, {"ana": 1}, {"d": "cai"}) == "ben"
    assert picked(story, last={"d": "ben"}) == "cai"
    assert picked(story, last={"d": "gone"}) == "cai"


def test_least_loaded_ties_go_to_the_longest_since_the_last_assignment() -> None:
    story = waiting(
        distributions={
            "d": Distribution(name="D", members=("ana", "ben", "cai"), capacity=5, strategy=Strategy.LEAST_LOADED)
        }
    )
    seats = {"ana": Seat(1, at(0)), "ben": Seat(1, at(-60)), "cai": Seat(2, at(-600))}

    found = assignment.pick(story.now, story.desk, seats, {})
    assert found is not None
    assert found[0] == "ben"
    assert found[1].source == "d"


# --- waiting order -----------------------------------------------------------------------------------------------


def test_RT_12_waiting_order_is_score_then_longest_in_new() -> None:
    old, new, urgent = waiting(), Story(waiting().desk).message("m1", 50), Story(waiting().desk).message("m1", 60)
    urgent.act(SetPriorityBoost(boost=1), 61)

    order = sorted([new.now, urgent.now, old.now], key=assignment.waiting_order)
    assert [one.waiting_since for one in order] == [at(60), at(0), at(50)]


def test_RT_08_the_first_waiting_conversation_among_those_he_may_take() -> None:
    teams = {"a": team("a", "ana"), "b": team("b", "ben")}
    first = waiting(teams=teams).act(AssignTeam(team="b"), 5)
    second = Story(first.desk).message("m1", 50).act(AssignTeam(team="a"), 55)

    found = assignment.first_for("ana", [first.now, second.now], first.desk, {})
    assert found is second.now
    assert assignment.first_for("cai", [first.now, second.now], first.desk, {}) is None


def test_the_dispatcher_takes_only_what_still_waits() -> None:
    story = waiting()
    story.keep(assignment.assigned(story.now, "ana", story.desk, at(5)))
    assert story.owner == "ana"
    assert [fact.how for fact in story.facts if fact.fact == "owner_changed"] == ["automatic"]

    assert not assignment.assigned(story.now, "ben", story.desk, at(6)).changed
    taken = waiting().act(AssignOwner(owner=Owner(id="ben")), 5)
    assert not assignment.assigned(taken.now, "ana", taken.desk, at(6)).changed


def test_the_dispatcher_takes_nothing_after_its_reservation_is_over() -> None:
    story = waiting()
    assert not assignment.assigned(story.now, "ana", story.desk, at(9), at(8)).changed
    assert assignment.assigned(story.now, "ana", story.desk, at(8), at(8)).changed


# --- skill sets and priority -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "operator", "values", "fits"),
    [
        ("topic", "any_of", ("error", "vip"), True),
        ("topic", "all_of", ("error", "vip"), False),
        ("topic", "none_of", ("vip",), True),
        ("topic", "none_of", ("error",), False),
        ("topic", "is_empty", (), False),
        ("tag", "is_empty", (), True),
        ("tag", "none_of", ("angry",), True),
        ("contact_group", "any_of", ("gold",), True),
        ("contact_group", "is_empty", (), False),
        ("language", "any_of", ("ES",), True),
        ("language", "any_of", ("en",), False),
        ("channel", "any_of", (CHANNEL,), True),
        ("visibility", "none_of", ("public",), True),
        ("topic", "any_of", (), False),
        ("topic", "none_of", (), False),
    ],
)
def test_RT_02_RT_04_rules_of_a_skill_set(field: str, operator: str, values: tuple[str, ...], fits: bool) -> None:
    story = Story().message("m1", 0, language="es-MX", person=contact(groups=("gold",)))
    story.act(ChangeTopics(add=("error",)), 1)

    assert matches(skill_set(field, *values, operator=operator), story.now) is fits


def test_RT_02_rules_and_groups_are_joined_one_level_deeper() -> None:
    yes, no = SkillRule(field="channel", values=(CHANNEL,)), SkillRule(field="topic", values=("vip",))
    either, both = SkillGroup(join="or", rules=(yes, no)), SkillGroup(join="and", rules=(yes, no))
    now = Story().message("m1", 0).now

    assert matches(SkillSet(name="S", join="and", groups=(either, either)), now)
    assert not matches(SkillSet(name="S", join="and", groups=(either, both)), now)
    assert matches(SkillSet(name="S", join="or", groups=(both, either)), now)
    assert not matches(SkillSet.model_construct(name="S", join="and", groups=()), now)


def test_RT_03_several_matching_teams_and_RT_05_the_fallback() -> None:
    teams = {name: team(name) for name in ("a", "b", "rest")}
    sets = {"1": skill_set("topic", "error", teams=["b"]), "2": skill_set("channel", CHANNEL, teams=["a"])}
    settings = WorkflowSettings(fallback_teams=("rest",))
    story = Story(desk(settings, teams=teams, skill_sets=sets)).message("m1", 0).act(ChangeTopics(add=("error",)), 1)

    assert story.now.teams == ("a", "b")
    assert Story(desk(settings, teams=teams)).message("m1", 0).now.teams == ("rest",)


def test_RT_11_RT_12_every_matching_entry_adds_one() -> None:
    entries = (
        PriorityEntry(what="topic", id="error"),
        PriorityEntry(what="contact_group", id="gold"),
        PriorityEntry(what="contact_group", id="vip"),
        PriorityEntry(what="channel", id=CHANNEL, visibility=Visibility.PUBLIC),
        PriorityEntry(what="channel", id=CHANNEL, visibility=Visibility.PRIVATE),
        PriorityEntry(what="channel", id="ch-9"),
    )
    story = Story(desk(priority=PrioritySettings(entries=entries)))
    story.message("m1", 0, person=contact(groups=("vip", "gold"))).act(ChangeTopics(add=("error",)), 1)

    assert story.now.priority.score == 4
    assert story.now.priority.matches == (
        "topic:error",
        "contact_group:gold",
        "contact_group:vip",
        f"channel:{CHANNEL}",
    )


def test_RT_13_editing_the_lists_rescores_at_the_next_trigger_only() -> None:
    story = Story().message("m1", 0)
    story.desk = desk(priority=PrioritySettings(entries=(PriorityEntry(what="channel", id=CHANNEL),)))
    assert story.now.priority.score == 0

    assert story.message("m2", 5).now.priority.score == 1
    assert inbound("m2", 5).message.id == "m2"
