"""Surveys from the resolve to the sending: delay, frequency, attempts (csat.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.csat.domain.gate import Skipped
from services.csat.domain.invitations import Stage, survey_message
from services.routing.domain import replies
from shared.contracts.acts import Resolve, SetNew
from shared.contracts.settings import Channel, ReasonSettings, WebhookConfig, WorkflowSettings
from shared.contracts.words import Visibility
from shared.errors import RetryLater, TimedOut, Unprocessable
from shared.ids import derived
from tests.support.clock import ManualClock
from tests.support.conversations import CHANNEL, Story, at, desk, outbound
from tests.support.surveys import CsatInMemory, survey

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


async def test_CS_11_a_survey_that_goes_after_a_later_resolve_is_open_as_long_as_any() -> None:
    """The conversation knows it from an attempt that was cut off, a week ago."""
    service, told = csat(), story()
    await service.hear(told.act(SOLVED, 20))
    service.refusal = RetryLater("ingest is away")
    await service.wake(at(20))
    await service.hear(told.act(SetNew(), 30))
    await service.wake(at(40))
    service.refusal = None
    await service.hear(told.act(SOLVED, 7 * DAY))
    await service.wake(at(7 * DAY))
    invitation = await service.invitation(told)
    assert (invitation.stage, invitation.expires_at) == (Stage.SENT, at(14 * DAY))
    await service.hear(told.message("a1", 14 * DAY - 1, "5"))
    assert ((await service.invitation(told)).option, told.state) == ("5", "resolved.closed")


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
