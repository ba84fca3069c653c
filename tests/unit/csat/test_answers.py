"""Answers to a survey, what is said after them, and their figures (csat.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.csat.domain.gate import Skipped
from services.csat.domain.invitations import Invitation, answer_of, next_word
from services.csat.domain.wording import wants_link
from shared.contracts.acts import AssignOwner, Owner, Resolve
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.facts import SurveyAnswered
from shared.contracts.settings import Channel, ReasonSettings, WebhookConfig, WorkflowSettings
from shared.contracts.surveys import AnswerRecorded, AnswerSnapshot, ReadFigures
from shared.contracts.words import AnsweredBy, Medium, OwnerKind
from tests.support.clock import ManualClock
from tests.support.conversations import BOT, CHANNEL, Story, at, desk
from tests.support.surveys import CsatInMemory, link, survey

SOLVED = Resolve(reason="solved")
DAY = 86_400


def story(**more: Any) -> Story:
    """A conversation that was answered and is about to be resolved; reasons are on."""
    told = Story(desk(WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True))), **more)
    return told.message("m1", 0).reply("r1", 10).accept("r1", 11)


def csat(clock_at: float = 20, **fields: Any) -> CsatInMemory:
    return CsatInMemory({"srv": survey(**fields)}, clock=ManualClock(at(clock_at)))


async def test_CS_10_answers_and_comments_are_recorded_whatever_their_order() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        service, told = csat(), story()
        await service.hear(told.act(SOLVED, 20))
        await service.wake(at(20))
        steps: list[Callable[[], Story]] = [
            lambda told=told: told.message("a1", 60, "2"),  # type: ignore[misc]  # bound at once
            lambda told=told: told.message("a2", 120, "5"),  # type: ignore[misc]  # as above
            lambda told=told: told.message("a3", 180, "She was very kind"),  # type: ignore[misc]  # as above
        ]
        events = [ConversationChanged(conversation=step().now, changes=told.facts) for step in steps]
        assert told.state == "resolved.closed"
        for place in order:
            await service.hear_again(events[place])
            await service.hear_again(events[place])
        invitation = await service.invitation(told)
        assert (invitation.option, invitation.comment_message) == ("5", "a3")
        last = service.invitations.said(AnswerRecorded)[-1].answer
        assert (last.number, last.positive, last.comment_message, last.agent) == (5, True, "a3", "ana")


async def test_a_thank_you_is_sent_once() -> None:
    version = {"language": "en", "question": "How was it?", "thank_you": "Thank you!"}
    service, told = csat(versions=[version]), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(20))
    await service.hear(told.message("a1", 60, "5"))
    for _ in range(2):
        await service.sending.thank(await service.invitation(told))
    assert [message.text for message in service.sent.values()] == ["How was it?\n(1–5)", "Thank you!"]


async def test_CS_10_after_the_rating_a_follow_up_question_and_thanks_after_the_comment() -> None:
    version = {"language": "en", "question": "How was it?", "follow_up": "Why?", "thank_you": "Thank you!"}
    service, told = csat(versions=[version]), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(20))

    async def texts() -> list[str]:
        word = next_word(await service.invitation(told))
        if word is not None:
            await service.sending.thank(await service.invitation(told))
        return [message.text for message in service.sent.values()][1:]

    assert await texts() == []
    await service.hear(told.message("a1", 60, "4"))
    assert await texts() == ["Why?"]
    await service.hear(told.message("a2", 90, "5"))
    assert await texts() == ["Why?"], "a correction asks nothing twice"
    await service.hear(told.message("a3", 120, "She was very kind"))
    assert await texts() == ["Why?", "Thank you!"]
    assert told.state == "resolved.closed"


async def test_what_comes_by_the_page_is_answered_there() -> None:
    version = {"language": "en", "question": "How was it?", "follow_up": "Why?", "thank_you": "Thank you!"}
    for how, said in ((AnsweredBy.PAGE, None), (AnsweredBy.BUTTON, ("follow", "Why?"))):
        service, told = csat(versions=[version]), story()
        await service.hear(told.act(SOLVED, 20))
        await service.wake(at(20))
        await service.press(told, "4", how)
        assert next_word(await service.invitation(told)) == said


async def test_CS_10_the_survey_s_message_carries_its_buttons_and_where_asked_a_link() -> None:
    options = [{"label": "Bad", "emoji": "😡"}, {"label": "Good"}]
    version = {"language": "en", "question": "How was it?", "options": options}
    mail = Channel(name="Mail", config=WebhookConfig())
    for page_link, linked in (("always", True), ("mail", False), ("never", False)):
        service, told = csat(versions=[version], page_link=page_link), story()
        service.channels = {CHANNEL: mail}
        await service.hear(told.act(SOLVED, 20))
        await service.wake(at(20))
        invitation = await service.invitation(told)
        [message] = service.sent.values()
        asked = "How was it?\n1 – 😡 Bad\n2 – Good"
        assert message.text == (f"{asked}\n\n{link(invitation.id)}" if linked else asked)
        assert [(one.id, one.label) for one in message.quick_replies] == [("1", "😡 Bad"), ("2", "Good")]
        assert message.invitation == invitation.id
        await service.hear(told.message("a1", 60, "😡"))
        assert (await service.invitation(told)).option == "1"
    assert wants_link(survey(), Medium.EMAIL)


async def test_CS_03_an_answer_counts_for_the_virtual_agent_that_resolved_with_its_reason() -> None:
    service, told = csat(include_virtual_agents=True), story()
    told.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")), 15)
    await service.hear(told.act(SOLVED, 20, by=BOT))
    await service.wake(at(20))
    await service.press(told, "5")
    [answer] = [one.answer for one in service.invitations.said(AnswerRecorded)]
    assert answer.agent == "bot"
    humans, other = csat(), story()
    other.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")), 15)
    await humans.hear(other.act(SOLVED, 20, by=BOT))
    assert (await humans.invitation(other)).reason is Skipped.RESOLVER


async def answered(service: CsatInMemory, number: int, option: int | None, **fields: Any) -> None:
    """One more survey that was sent, perhaps with an answer."""
    told = story().act(SOLVED, 20)
    told._current = told.now.model_copy(update={"id": f"c{number}"})
    await service.hear(told)
    await service.wake(at(20))
    invitation = await service.invitation(told)
    if option is not None:
        fact = SurveyAnswered(at=at(60), episode=1, invitation=invitation.id, option=str(option))
        meta = Meta(event_id=f"answer {number}", type="x", occurred_at=at(60), correlation_id="x")
        event = ConversationChanged(conversation=told.now, changes=(fact,))
        await service.handlers.on_conversation_changed(event, meta)


async def test_CS_12_the_figures_of_the_example() -> None:
    service = csat()
    for number, option in enumerate((5, 5, 4, 4, 3, 2, 1, 5, *[None] * 12)):
        await answered(service, number, option)
    command = ReadFigures(start=at(0), end=at(100))
    meta = Meta(event_id="x", type="x", occurred_at=at(0), correlation_id="x")
    found = await service.handlers.figures(command, meta)
    assert (found.sent, found.answered) == (20, 8)
    assert (found.response_rate, found.satisfaction, found.average) == (40, 62.5, 3.625)
    assert found.distribution == {"1": 1, "2": 1, "3": 1, "4": 2, "5": 3}
    nobody = await service.handlers.figures(command.model_copy(update={"agent": "ben"}), meta)
    assert (nobody.sent, nobody.response_rate, nobody.satisfaction, nobody.average) == (0, None, None, None)


@pytest.mark.parametrize(
    ("options", "positive", "expected"),
    [(2, None, {2}), (3, None, {3}), (5, None, {4, 5}), (10, None, {7, 8, 9, 10}), (5, 1, {5}), (5, 3, {3, 4, 5})],
)
async def test_positive_is_the_top_two_of_five_unless_the_survey_says_otherwise(
    options: int, positive: int | None, expected: set[int]
) -> None:
    choices = [{"label": str(number)} for number in range(1, options + 1)]
    version = {"language": "en", "question": "How was it?", "options": choices}
    service, told = csat(versions=[version], positive_options=positive), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(20))
    invitation = await service.invitation(told)
    found = {number for number in range(1, options + 1) if _answer(invitation, number).positive}
    assert found == expected


def _answer(invitation: Invitation, number: int) -> AnswerSnapshot:
    answer = answer_of(invitation.model_copy(update={"option": str(number), "answered_at": at(60)}))
    assert answer is not None
    return answer
