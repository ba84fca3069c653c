"""An agent goes away: what he owned is given back (T17, WF-16, RT-10)."""

from __future__ import annotations

from services.routing.domain.sign_out import Leaving, release
from shared.contracts.acts import (
    AssignOwner,
    Owner,
    SetPending,
)
from shared.contracts.base import Actor
from shared.contracts.settings import (
    Distribution,
    WorkflowSettings,
)
from shared.contracts.words import ActorKind, Availability, OwnerKind
from tests.support.conversations import (
    Story,
    at,
    desk,
)

KEY = Actor(kind=ActorKind.API_KEY, id="key-1")
VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")


def agent(name: str) -> AssignOwner:
    return AssignOwner(owner=Owner(id=name))


def started(**more: object) -> Story:
    return Story(desk(**more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields


def test_T17_WF_16_signing_out_gives_back_what_is_new_only() -> None:
    leaving = desk(WorkflowSettings(unassign_on_sign_out=True, on_assign="open"))
    story = Story(leaving).message("m1", 0).act(agent("ana"), 5)
    story.keep(release(story.now, "ana", Leaving.SIGN_OUT, leaving, at(10)))
    assert (story.state, story.owner, story.decision.offer) == ("new.untouched", None, True)

    pending = Story(leaving).message("m1", 0).act(agent("ana"), 5).act(SetPending(), 6)
    assert not release(pending.now, "ana", Leaving.SIGN_OUT, leaving, at(10)).changed
    assert release(pending.now, "ana", Leaving.DEACTIVATED, leaving, at(10)).conversation.owner is None


def test_T17_without_the_setting_or_for_others_nothing_changes() -> None:
    story = started().act(agent("ana"), 5)

    assert not release(story.now, "ana", Leaving.SIGN_OUT, story.desk, at(10)).changed
    assert not release(story.now, "ben", Leaving.DEACTIVATED, story.desk, at(10)).changed


def test_RT_10_redistribution_reaches_what_a_distribution_that_redistributes_gave() -> None:
    for redistributes in (True, False):
        shared = desk(distributions={"d": Distribution(name="D", members=("ana", "ben"), redistribute=redistributes)})
        story = Story(shared).message("m1", 0).act(agent("ana"), 5)
        assert release(story.now, "ana", Leaving.REDISTRIBUTE, shared, at(10)).changed is redistributes


def test_WF_16_an_owner_who_is_offline_loses_it_when_it_comes_back_to_new() -> None:
    leaving = desk(WorkflowSettings(unassign_on_sign_out=True))
    story = Story(leaving).message("m1", 0).reply("r1", 5).act(SetPending(), 10)
    story.desk = desk(leaving.workflow, availability={"ben": Availability.AVAILABLE})

    assert story.message("m2", 20).owner is None


def test_WF_16_a_conversation_assigned_to_someone_offline_keeps_him() -> None:
    story = Story(desk(WorkflowSettings(unassign_on_sign_out=True), availability={})).message("m1", 0)

    assert story.act(agent("ben"), 5).owner == "ben"
