"""Survey answers recognised from the conversation itself (T18a; csat.md, Answers)."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.routing.domain import invitation
from services.routing.domain.decision import Decision
from shared.contracts.acts import Resolve, SetNew
from shared.contracts.conversation_commands import AnswerInvitation
from shared.contracts.conversations import Invitation
from shared.contracts.words import AnsweredBy
from shared.errors import Conflict, NotFound, StaleVersion
from tests.support.conversations import Story, at, options

MINUTE, HOUR, DAY = 60, 3600, 86400


def surveyed(story: Story | None = None) -> Story:
    story = (story or Story()).message("m1", 0).reply("r1", 5).accept("r1", 6).act(Resolve(reason="solved"), 10)
    survey = Invitation(id="inv", episode=story.now.episode, options=options(), expires_at=at(7 * DAY))
    return story.keep(invitation.open_invitation(story.now, survey, story.desk, at(20)))


def pressed(story: Story, id: str, option: str, now: datetime) -> Decision:
    """A button."""
    answer = AnswerInvitation(conversation=story.now.id, invitation=id, option=option)
    return invitation.answer_invitation(story.now, answer, story.desk, now)


@pytest.mark.parametrize("text", ["3", " 3 ", "good", "GOOD", "🙂", "🙂\ufe0f"])
def test_CS_10_a_typed_number_label_or_emoji_answers_and_does_not_reopen(text: str) -> None:
    story = surveyed().message("a1", 100, text)

    assert (story.state, story.now.episode) == ("resolved.closed", 1)
    [answered] = story.facts
    assert answered.fact == "survey_answered"
    assert (answered.option, answered.message) == ("o3", "a1")
    assert story.now.invitation is not None
    assert story.now.invitation.answered_at == at(100)


def test_T18a_a_second_answer_within_ten_minutes_replaces_the_first_and_is_no_comment() -> None:
    story = surveyed().message("a1", 100, "1").message("a2", 100 + 9 * MINUTE, "3")

    assert story.names() == ["survey_answered"]
    assert story.now.invitation is not None
    assert (story.now.invitation.option, story.now.invitation.commented) == ("o3", False)


def test_T18a_after_ten_minutes_a_number_is_the_comment() -> None:
    story = surveyed().message("a1", 100, "1").message("a2", 100 + 11 * MINUTE, "3")

    assert story.names() == ["survey_commented"]
    assert story.now.invitation is not None
    assert story.now.invitation.option == "o1"


def test_CS_10_the_next_text_within_an_hour_is_the_comment_and_anything_later_reopens() -> None:
    story = surveyed().message("a1", 100, "3").message("a2", 200, "thanks a lot")
    assert (story.names(), story.state) == (["survey_commented"], "resolved.closed")

    story.message("a3", 300, "one more thing")
    assert (story.state, story.now.episode) == ("new.untouched", 2)


def test_a_text_an_hour_after_the_rating_reopens() -> None:
    assert surveyed().message("a1", 100, "3").message("a2", 100 + HOUR, "thanks").now.episode == 2


def test_CS_10_any_other_text_reopens_and_the_invitation_takes_buttons_only() -> None:
    story = surveyed().message("a1", 100, "it does not work")
    assert (story.state, story.now.episode) == ("new.untouched", 2)

    story.act(Resolve(), 200).message("a2", 300, "3")
    assert story.now.episode == 3
    story.keep(pressed(story, "inv", "o2", at(400)))
    assert story.names() == ["survey_answered"]
    assert story.state == "new.untouched"


def test_an_attachment_alone_reopens() -> None:
    assert surveyed().message("a1", 100, "").now.episode == 2


def test_a_typed_answer_counts_only_while_still_resolved_in_that_episode() -> None:
    story = surveyed().act(SetNew(), 50).message("a1", 100, "3")

    assert (story.state, "survey_answered" in story.names()) == ("new.untouched", False)


def test_CS_11_after_expiry_everything_is_a_normal_message() -> None:
    story = surveyed().message("a1", 7 * DAY, "3")

    assert story.now.episode == 2
    with pytest.raises(Conflict):
        pressed(story, "inv", "o3", at(7 * DAY))


def test_buttons_count_until_expiry_and_may_replace_within_ten_minutes() -> None:
    story = surveyed()
    story.keep(pressed(story, "inv", "o1", at(100)))
    story.keep(pressed(story, "inv", "o2", at(200)))
    assert story.names() == ["survey_answered"]

    assert not pressed(story, "inv", "o2", at(5000)).changed
    with pytest.raises(Conflict):
        pressed(story, "inv", "o3", at(5000))
    with pytest.raises(NotFound):
        pressed(story, "inv", "o9", at(100))
    with pytest.raises(NotFound):
        pressed(story, "other", "o1", at(100))


def test_CS_05_an_invitation_opens_only_while_still_resolved_in_the_same_episode() -> None:
    story = surveyed()
    again = Invitation(id="inv", episode=1, options=options(), expires_at=at(7 * DAY))
    assert not invitation.open_invitation(story.now, again, story.desk, at(30)).changed

    other = Invitation(id="inv-2", episode=1, options=options(), expires_at=at(7 * DAY))
    story.message("m2", 40)
    with pytest.raises(StaleVersion):
        invitation.open_invitation(story.now, other, story.desk, at(50))
    story.act(Resolve(), 60)
    with pytest.raises(StaleVersion):
        invitation.open_invitation(story.now, other, story.desk, at(70))


def test_a_survey_answer_makes_nobodys_screen_stale_and_opens_no_turn() -> None:
    story = surveyed().message("a1", 100, "3").act(SetNew(), 200, seen="m1")

    assert story.state == "new.untouched"
    assert [turn.message for turn in story.now.turns] == ["m1"]


def test_CS_10_the_page_s_comment_comes_once_after_the_rating_and_until_expiry() -> None:
    story = surveyed()

    def comment(now: datetime) -> Decision:
        return invitation.comment_invitation(story.now, "inv", "note-1", story.desk, now)

    with pytest.raises(Conflict):
        comment(at(50))
    answer = AnswerInvitation(conversation=story.now.id, invitation="inv", option="o3", how=AnsweredBy.PAGE)
    story.keep(invitation.answer_invitation(story.now, answer, story.desk, at(100)))
    assert [fact.how for fact in story.facts if fact.fact == "survey_answered"] == [AnsweredBy.PAGE]
    with pytest.raises(Conflict):
        comment(at(7 * DAY))
    with pytest.raises(NotFound):
        invitation.comment_invitation(story.now, "other", "note-1", story.desk, at(100))
    story.keep(comment(at(2 * DAY)))
    assert (story.names(), story.state) == (["survey_commented"], "resolved.closed")
    with pytest.raises(Conflict):
        comment(at(2 * DAY + 1))
    assert story.message("a2", 2 * DAY + 2, "thanks").now.episode == 2, "the comment was given"


def test_CS_10_buttons_of_a_former_episode_count_until_expiry_beside_a_later_survey() -> None:
    story = surveyed().message("m2", 100, "one more thing").reply("r2", 110).accept("r2", 111)
    story.act(Resolve(reason="solved"), 120)
    later = Invitation(id="later", episode=2, options=options(), expires_at=at(8 * DAY))
    story.keep(invitation.open_invitation(story.now, later, story.desk, at(130)))
    story.keep(pressed(story, "inv", "o1", at(200)))
    assert [(fact.episode, fact.fact) for fact in story.facts] == [(1, "survey_answered")]
    story.message("a1", 300, "3")
    assert story.now.invitation is not None
    assert (story.now.invitation.id, story.now.invitation.option) == ("later", "o3")
    assert [(one.id, one.option) for one in story.now.earlier_invitations] == [("inv", "o1")]
    with pytest.raises(Conflict):
        pressed(story, "inv", "o2", at(7 * DAY))
