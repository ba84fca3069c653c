"""Surveys from the resolve to the answer: delay, frequency, attempts, figures (csat.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.csat.domain.gate import Skipped
from services.csat.domain.invitations import Invitation, Stage, answer_of, next_word, survey_message
from services.csat.domain.wording import wants_link
from services.routing.domain import replies
from shared.contracts.acts import AssignOwner, Owner, Resolve, SetNew
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.facts import SurveyAnswered
from shared.contracts.settings import Channel, ReasonSettings, WebhookConfig, WorkflowSettings
from shared.contracts.surveys import AnswerRecorded, AnswerSnapshot, ReadFigures
from shared.contracts.words import AnsweredBy, Medium, OwnerKind, Visibility
from shared.errors import RetryLater, TimedOut, Unprocessable
from shared.ids import derived
from tests.support.clock import ManualClock
from tests.support.conversations import BOT, CHANNEL, Story, at, desk, outbound
from tests.support.surveys import CsatInMemory, link, survey

SOLVED = Resolve(reason="solved")
DAY = 86_400


def story(**more: Any) -> Story:
    """A conversation that was answered and is about to be resolved; reasons are on."""
    told = Story(desk(WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True))), **more)
    return told.message("m1", 0).reply("r1", 10).accept("r1", 11)


def csat(clock_at: float = 20, **fields: Any) -> CsatInMemory:
    return CsatInMemory({"srv": survey(**fields)}, clock=ManualClock(at(clock_at)))


async def test_CS_05_without_delay_it_is_opened_and_sent_right_after_the_resolve() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(20))
    invitation = await service.invitation(told)
    assert (invitation.stage, invitation.sent_at, invitation.agent) == (Stage.SENT, at(20), "ana")
    assert [message.text for message in service.sent.values()] == ["How was it?\n(1–5)"]
    assert told.now.invitation is not None
    assert told.now.invitation.expires_at == at(20) + timedelta(days=7)
    assert service.decisions() == [(True, None)]


async def test_CS_05_a_reopening_cancels_the_delayed_survey_and_frees_its_claim() -> None:
    service, told = csat(delay_minutes=10, frequency_days=30), story()
    await service.hear(told.act(SOLVED, 20))
    await service.hear(told.act(SetNew(), 60))
    assert (await service.invitation(told)).reason is Skipped.REOPENED
    await service.wake(at(DAY))
    assert service.sent == {}
    assert service.decisions() == [(False, "reopened")]
    await service.hear(told.act(SOLVED, DAY + 1))
    await service.wake(at(DAY + 601))
    assert (await service.invitation(told)).stage is Stage.SENT


async def test_CS_05_a_new_episode_cancels_it_too() -> None:
    service, told = csat(delay_minutes=10), story()
    await service.hear(told.act(SOLVED, 20))
    await service.hear(told.message("m2", 60))
    assert (await service.invitation(told)).reason is Skipped.REOPENED


async def test_CS_05_the_last_resolve_of_an_episode_decides_whatever_the_order() -> None:
    told = story()
    steps: list[Callable[[], Story]] = [
        lambda: told.act(SOLVED, 20),
        lambda: told.act(SetNew(), 60),
        lambda: told.act(Resolve(reason="spam"), 90),
    ]
    events = [await csat().hear(step()) for step in steps]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)):
        service = csat(delay_minutes=10, frequency_days=30)
        service.stories[told.now.id] = told
        for place in order:
            await service.hear_again(events[place])
        await service.wake(at(DAY))
        invitation = await service.invitation(told)
        assert (invitation.stage, invitation.reason) == (Stage.SKIPPED, Skipped.REASON_NOT_SOLUTION), order
        assert service.sent == {}
        assert [claim.invitation for claim in await service.claims.find({}, limit=10)] in ([], [None])


async def test_a_reopening_that_is_heard_of_late_still_stops_it() -> None:
    service, told = csat(delay_minutes=10), story()
    await service.hear(told.act(SOLVED, 20))
    told.act(SetNew(), 60)
    await service.wake(at(700))
    assert (await service.invitation(told)).reason is Skipped.REOPENED
    assert service.sent == {}


async def test_sent_is_final() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(20))
    before = await service.invitation(told)
    await service.hear(told.act(SetNew(), 30))
    await service.hear(told.act(SOLVED, 40))
    await service.wake(at(50))
    assert await service.invitation(told) == before
    assert len(service.sent) == 1


@pytest.mark.parametrize(
    ("seconds", "stage"), [(30 * DAY, Stage.SKIPPED), (30 * DAY + 0.001, Stage.SCHEDULED)], ids=["at", "after"]
)
async def test_CS_06_the_frequency_counts_from_the_sending_and_is_closed(seconds: float, stage: Stage) -> None:
    service, told = csat(frequency_days=30), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(100))
    assert (await service.invitation(told)).sent_at == at(100)
    later = story(visibility=Visibility.PRIVATE)
    resolved = later.act(SOLVED, 100 + seconds)
    resolved._current = resolved.now.model_copy(update={"id": "another conversation"})
    await service.hear(resolved)
    assert (await service.invitation(resolved)).stage is stage


async def test_CS_06_what_was_sent_still_counts_after_a_later_one_was_cancelled() -> None:
    service, told = csat(frequency_days=1, delay_minutes=10), story()
    await service.hear(told.act(SOLVED, 20))
    await service.wake(at(700))
    service.surveys = {"srv": survey(frequency_days=30, delay_minutes=10)}
    for seconds, expected in ((2 * DAY, Skipped.FREQUENCY), (40 * DAY, None)):
        later = story().act(SOLVED, seconds)
        later._current = later.now.model_copy(update={"id": f"at {seconds}"})
        await service.hear(later)
        assert (await service.invitation(later)).reason is expected
        await service.hear(later.act(SetNew(), seconds + 10))
        last = story().act(SOLVED, seconds + 20)
        last._current = last.now.model_copy(update={"id": f"after {seconds}"})
        await service.hear(last)
        assert (await service.invitation(last)).reason is expected


async def test_CS_06_two_channels_at_once_send_one() -> None:
    service = csat(frequency_days=30, delay_minutes=5)
    stories = []
    for number in range(5):
        told = story().act(SOLVED, 20)
        told._current = told.now.model_copy(update={"id": f"conversation {number}"})
        stories.append(told)
    await asyncio.gather(*(service.hear(told) for told in stories))
    stages = [(await service.invitation(told)).stage for told in stories]
    assert sorted(stages) == [Stage.SCHEDULED, *[Stage.SKIPPED] * 4]


async def test_who_is_not_sampled_takes_no_claim() -> None:
    service, told = csat(frequency_days=30, percent=0), story()
    await service.hear(told.act(SOLVED, 20))
    assert (await service.invitation(told)).reason is Skipped.SAMPLING
    assert await service.claims.find({}, limit=10) == []


async def test_CS_13_a_skip_is_said_once_with_its_reason() -> None:
    service, told = csat(), story()
    event = await service.hear(told.act(Resolve(reason="spam"), 20))
    await service.hear_again(event)
    assert service.decisions() == [(False, "reason_not_solution")]
    elsewhere, other = CsatInMemory({"srv": survey(channels=["ch-9"])}), story()
    await elsewhere.hear(other.act(SOLVED, 20))
    assert elsewhere.decisions() == [(False, "no_survey")]
    nowhere, third = CsatInMemory({}), story()
    await nowhere.hear(third.act(SOLVED, 20))
    assert nowhere.decisions() == []


async def test_a_crash_between_opening_and_sending_repeats_nothing() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    for trouble in (RetryLater("ingest is away"), TimedOut("no answer")):
        service.refusal = trouble
        await service.wake(service.clock.now() + timedelta(minutes=5))
        assert (await service.invitation(told)).stage is Stage.OPENING
    await service.wake(service.clock.now() + timedelta(minutes=5), crash=True)
    service.refusal = None
    opened = told.now.version
    await service.wake(service.clock.now() + timedelta(minutes=30))
    assert (await service.invitation(told)).stage is Stage.SENT
    assert len(service.sent) == 1
    assert told.now.version == opened, "it was open already"
    assert service.decisions() == [(True, None)]


async def test_a_reopening_between_two_attempts_stops_it() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    service.refusal = RetryLater("ingest is away")
    await service.wake(at(20))
    service.refusal = None
    told.act(SetNew(), 30)
    await service.wake(at(600))
    assert (await service.invitation(told)).reason is Skipped.REOPENED
    assert service.sent == {}


@pytest.mark.parametrize("trouble", ["reopened", "window", "disabled"])
async def test_a_survey_that_went_in_a_former_attempt_is_not_cancelled_by_a_later_one(trouble: str) -> None:
    """Found by chaos: ingest died under the first attempt, but had stored the message."""
    service, told = csat(frequency_days=30), story()
    await service.hear(told.act(SOLVED, 20))
    service.lost = TimedOut("no answer")
    await service.wake(at(20))
    service.lost = None
    if trouble == "reopened":
        await service.hear(told.act(SetNew(), 30))
    elif trouble == "window":
        service.refusal = Unprocessable("The window is over.")
    else:
        service.surveys = {"srv": survey(enabled=False)}
    await service.wake(at(600))
    assert (await service.invitation(told)).stage is Stage.SENT
    assert service.decisions() == [(True, None)]
    [claim] = await service.claims.find({}, limit=10)
    assert (claim.sent_by, claim.sent_at) == ((await service.invitation(told)).id, at(600))


async def test_a_survey_stored_after_it_was_cancelled_was_sent_and_no_other_follows() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    service.refusal = TimedOut("no answer")
    await service.wake(at(20))
    await service.hear(told.act(SetNew(), 30))
    await service.wake(at(40))
    invitation = await service.invitation(told)
    assert invitation.reason is Skipped.REOPENED
    late = outbound(survey_message(invitation.id), 50, automatic=True)
    told.keep(replies.sent(told.now, late, told.desk, at(50), at(50)))
    event = await service.hear(told)
    await service.hear_again(event)
    assert (await service.invitation(told)).stage is Stage.SENT
    await service.hear(told.act(SOLVED, 60))
    service.refusal = None
    await service.wake(at(600))
    assert service.sent == {}
    assert service.decisions() == [(False, "reopened"), (True, None)]


async def test_an_episode_gets_one_survey_message_however_often_it_is_resolved() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    service.refusal = RetryLater("ingest is away")
    await service.wake(at(20))
    await service.hear(told.act(SetNew(), 30))
    await service.wake(at(40))
    await service.hear(told.act(SOLVED, 50))
    service.refusal = None
    await service.wake(at(60))
    invitation = await service.invitation(told)
    assert {derived("sent", id) for id in service.sent} == {survey_message(invitation.id)}


async def test_it_gives_up_in_the_end() -> None:
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    service.refusal = RetryLater("ingest is away")
    for _ in range(60):
        await service.wake(service.clock.now() + timedelta(hours=1))
    assert (await service.invitation(told)).reason is Skipped.UNSENT


async def test_a_survey_switched_off_meanwhile_and_a_channel_that_cannot_send_cancel_it() -> None:
    service, told = csat(delay_minutes=10), story()
    await service.hear(told.act(SOLVED, 20))
    service.surveys = {"srv": survey(enabled=False)}
    await service.wake(at(700))
    assert (await service.invitation(told)).reason is Skipped.DISABLED

    shut = Channel(name="Shop", config=WebhookConfig(), reply_window_hours=1)
    for channels, refusal in (({CHANNEL: shut}, None), ({}, Unprocessable("The window is over."))):
        service, told = csat(delay_minutes=120), story()
        service.channels, service.refusal = channels, refusal
        await service.hear(told.act(SOLVED, 20))
        await service.wake(at(8000))
        assert (await service.invitation(told)).reason is Skipped.WINDOW
        assert (told.now.invitation is None) == bool(channels), "what is known to be shut is not opened"


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
