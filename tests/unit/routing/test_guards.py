"""What came between is not overrun: seen messages and the status number (workflow.md, Guard by meaning)."""

from __future__ import annotations

import pytest

from shared.contracts.acts import (
    AssignOwner,
    ChangeTopics,
    Owner,
    Resolve,
    SetPending,
)
from shared.contracts.base import Actor
from shared.contracts.words import ActorKind, OwnerKind
from shared.errors import StaleVersion
from tests.support.conversations import (
    BEN,
    Story,
    desk,
)

KEY = Actor(kind=ActorKind.API_KEY, id="key-1")
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")


def agent(name: str) -> AssignOwner:
    return AssignOwner(owner=Owner(id=name))


def started(**more: object) -> Story:
    return Story(desk(**more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


@pytest.mark.parametrize("wanted", [SetPending(), Resolve(), agent("ana")])
def test_a_status_or_owner_act_is_refused_if_an_unseen_customer_message_came_between(wanted: Resolve) -> None:
    story = started().message("m2", 5)

    with pytest.raises(StaleVersion) as refused:
        story.act(wanted, 10, seen="m1")
    assert refused.value.extra["current"]["id"] == story.now.id
    assert story.act(wanted, 10, seen="m2").decision.changed


def test_RT_16_the_second_simultaneous_claim_is_refused() -> None:
    story = started()
    number = story.now.status_number
    story.act(agent("ana"), 5, status_number=number)

    with pytest.raises(StaleVersion):
        story.act(agent("ben"), 5, BEN, status_number=number)


def test_topics_are_not_guarded() -> None:
    story = started().message("m2", 5).act(ChangeTopics(add=("error",)), 10, seen="m1", status_number=0)

    assert story.now.topics == ("error",)


def test_a_seen_that_nobody_knows_counts_as_stale() -> None:
    with pytest.raises(StaleVersion):
        started().act(Resolve(), 10, seen="m0")


def test_status_number_counts_status_and_owner_changes_only() -> None:
    story = started()
    first = story.now.status_number
    story.act(ChangeTopics(add=("error",)), 1).message("m2", 2)
    assert story.now.status_number == first

    assert story.act(agent("ana"), 5).now.status_number == first + 1
    assert story.act(SetPending(), 6).now.status_number == first + 2
