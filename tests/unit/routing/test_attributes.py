"""Topics, labels, boosts and languages: attributes that move no timer (T18)."""

from __future__ import annotations

import pytest

from shared.contracts.acts import (
    AssignOwner,
    ChangeLabels,
    ChangeTopics,
    Owner,
    Resolve,
    SetLanguage,
    SetPriorityBoost,
)
from shared.contracts.base import Actor
from shared.contracts.facts import BoostChanged
from shared.contracts.settings import (
    PriorityEntry,
    PrioritySettings,
)
from shared.contracts.words import ActorKind, OwnerKind
from shared.errors import Unprocessable
from tests.support.conversations import (
    Story,
    desk,
    skill_set,
    team,
)

KEY = Actor(kind=ActorKind.API_KEY, id="key-1")
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")


def agent(name: str) -> AssignOwner:
    return AssignOwner(owner=Owner(id=name))


def started(**more: object) -> Story:
    return Story(desk(**more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


def test_T18_RT_13_a_topic_rescores_and_reroutes_but_moves_no_timer() -> None:
    routed = desk(
        priority=PrioritySettings(entries=(PriorityEntry(what="topic", id="billing"),)),
        teams={"money": team("money", "ben")},
        skill_sets={"s": skill_set("topic", "billing", teams=["money"])},
    )
    story = Story(routed).message("m1", 0)
    before = story.now
    story.act(ChangeTopics(add=("billing",)), 20)

    assert (story.now.topics, story.now.teams, story.now.priority.score) == (("billing",), ("money",), 1)
    assert story.names() == ["topics_changed", "routed"]
    assert (story.now.wake_at, story.now.turns) == (before.wake_at, before.turns)
    assert story.now.priority.matches == ("topic:billing",)
    assert story.act(ChangeTopics(remove=("billing",)), 30).now.teams == ()


def test_topics_and_labels_are_sets_and_unknown_ones_are_refused() -> None:
    story = started().act(ChangeTopics(add=("vip", "billing", "vip")), 5)

    assert story.now.topics == ("billing", "vip")
    assert not story.act(ChangeTopics(add=("vip",), remove=("error",)), 6).decision.changed
    with pytest.raises(Unprocessable):
        story.act(ChangeTopics(add=("none such",)), 7)
    with pytest.raises(Unprocessable):
        story.act(ChangeLabels(add=("person",)), 8)
    assert story.act(ChangeLabels(add=("gold",)), 9).now.labels == ("gold",)


def test_a_boost_is_added_to_the_score_until_the_episode_ends() -> None:
    story = started().act(SetPriorityBoost(boost=3), 5)
    assert story.now.priority.score == 3
    assert [(fact.before, fact.after) for fact in story.facts if isinstance(fact, BoostChanged)] == [(0, 3)]
    assert story.act(SetPriorityBoost(boost=3), 5).facts == ()

    assert story.act(Resolve(), 6).message("m2", 7).now.priority.score == 0


def test_AU_09_a_language_set_by_hand_stays_until_cleared() -> None:
    story = started().act(SetLanguage(language="de"), 5).message("m2", 6, language="es")
    assert story.now.language == "de"

    assert story.act(SetLanguage(language=None), 7).message("m3", 8, language="es").now.language == "es"
