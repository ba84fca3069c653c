"""A contact that is muted gets no script and no bot (CH-11, automation.md), whenever it is muted."""

from __future__ import annotations

import pytest

from shared.contracts.acts import AssignOwner, Owner
from shared.contracts.words import OwnerKind
from tests.support.bots import BotsInMemory
from tests.support.talks import bot, responder

CHANNEL = "ch-1"


def greeter(**more: object) -> BotsInMemory:
    return BotsInMemory({"va": responder("One?", "Two?", **more)})


async def test_CH_11_muted_while_a_script_has_the_conversation_it_goes_to_new_at_once() -> None:
    town = greeter()
    await town.says("m1", "hi", 0)
    assert (town.story.state, town.said) == ("bot", ["One?"])
    await town.mute(CHANNEL)
    assert (town.story.state, town.lines) == ("new.untouched", ["unavailable"])
    await town.says("m2", "an answer", 5)
    assert town.said == ["One?"]


async def test_CH_11_muted_elsewhere_or_where_muting_is_off_changes_nothing() -> None:
    town = greeter()
    await town.says("m1", "hi", 0)
    await town.mute("ch-2")
    town.muting = False
    await town.mute(CHANNEL)
    await town.says("m2", "an answer", 5)
    assert (town.story.state, town.said) == ("bot", ["One?", "Two?"])


@pytest.mark.parametrize("agent", [responder("One?", activation="delegation"), bot(activation="delegation")])
async def test_CH_11_a_conversation_of_a_muted_contact_that_is_delegated_comes_back(agent: object) -> None:
    town = BotsInMemory({"va": agent})  # type: ignore[dict-item]  # of either kind
    await town.says("m1", "hi", 0)
    await town.mute(CHANNEL)
    town.story.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id="va")), 5)
    await town.hear()
    assert (town.story.state, town.lines) == ("new.untouched", ["unavailable"])
    assert (town.said, town.outside.posted) == ([], [])
