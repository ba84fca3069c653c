"""Turns say which version last changed them, so that who follows them can order what he hears."""

from services.routing.domain.decision import unchanged
from shared.contracts.acts import ChangeLabels, Resolve, SetNew, SetPending
from tests.support.conversations import Story


def revisions(story: Story) -> list[int]:
    return [turn.revised for turn in story.now.turns]


def test_a_turn_carries_the_version_that_last_changed_it() -> None:
    story = Story().message("m1", 0)
    assert story.now.version == 1
    assert revisions(story) == [1]
    story.act(ChangeLabels(add=("gold",)), 1)
    assert story.now.version == 2
    assert revisions(story) == [1], "a label changes no turn"
    story.reply("r1", 2)
    assert revisions(story) == [3], "the span closed"
    story.message("m2", 3)
    assert revisions(story) == [3, 4]
    story.accept("r1", 4)
    assert revisions(story) == [5, 4]


def test_stretches_of_the_episode_carry_theirs() -> None:
    story = Story().message("m1", 0)
    assert story.now.spans_revised == 1
    story.act(SetPending(), 1)
    assert story.now.spans_revised == 1, "pending is part of the episode"
    story.act(Resolve(), 2)
    assert story.now.spans_revised == 3
    story.act(SetNew(), 3)
    assert story.now.spans_revised == 4


def test_what_changes_nothing_keeps_every_revision() -> None:
    story = Story().message("m1", 0)
    before = story.now
    story.message("m1", 0)
    assert story.decision == unchanged(before)
