"""The csat service on a real broker and a real store, with stand-ins for routing and ingest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from services.csat.main import build
from services.routing.domain.invitation import open_invitation
from shared.bus import Bus, answers, consumes
from shared.clock import SystemClock
from shared.contracts.acts import Resolve
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import ConversationReply, OpenInvitation
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import SendMessage, Sent
from shared.contracts.resources import CreateResource, ReadResource, Stored, UpdateResource
from shared.contracts.settings import ReasonSettings, WorkflowSettings
from shared.contracts.surveys import AnswerRecorded, ReadAnswers, ReadFigures, SurveyDecision
from shared.errors import Conflict, RetryLater
from shared.runtime import Service
from tests.support.conversations import CHANNEL, Story, desk, outbound
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises

pytestmark = pytest.mark.integration
NEEDED = only(ConversationChanged, SurveyDecision, AnswerRecorded, services=("csat", "routing", "ingest", "gateway"))


@dataclass
class Town:
    """The service and its neighbours. ``refusals`` are what ingest says before it sends."""

    place: Premises
    service: Service
    routing: Bus
    ingest: Bus
    gateway: Bus
    stories: dict[str, Story] = field(default_factory=dict)
    sent: dict[str, SendMessage] = field(default_factory=dict)
    asked: int = 0
    refusals: list[Exception] = field(default_factory=list)
    decisions: list[SurveyDecision] = field(default_factory=list)
    recorded: list[AnswerRecorded] = field(default_factory=list)

    async def listen(self) -> None:
        async def on_decided(event: SurveyDecision, _meta: Meta) -> None:
            self.decisions.append(event)

        async def on_recorded(event: AnswerRecorded, _meta: Meta) -> None:
            self.recorded.append(event)

        await self.routing.start([answers(OpenInvitation, self._open), consumes(SurveyDecision, on_decided)])
        await self.ingest.start([answers(SendMessage, self._send)])
        await self.gateway.start([consumes(AnswerRecorded, on_recorded)])

    async def survey(self, *, move: bool = False, **fields: Any) -> Stored:
        version = {"language": "en", "question": "How was it?", "thank_you": "Thank you!"}
        value = {"name": "After chat", "channels": [CHANNEL], "versions": [version], **fields}
        return await self.gateway.ask(CreateResource(kind="surveys", value=value, move=move), service="csat")

    async def say(self, story: Story) -> None:
        """What routing says of the story's last step."""
        event = ConversationChanged(conversation=story.now, changes=story.facts)
        await self.place.say(self.routing, event, event_id=f"{story.now.id} {story.now.version}")

    def story(self) -> Story:
        """A conversation that was answered just now, still to be resolved."""
        story = Story(desk(WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True))))
        story.message("m1", 0).reply("r1", 10).accept("r1", 11)
        self.stories[story.now.id] = story
        return story

    async def _open(self, command: OpenInvitation, _meta: Meta) -> ConversationReply:
        story = self.stories[command.conversation]
        story.keep(open_invitation(story.now, command.invitation, story.desk, SystemClock().now()))
        return ConversationReply(conversation=story.now)

    async def _send(self, command: SendMessage, meta: Meta) -> Sent:
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent[meta.event_id] = command
        return Sent(message=outbound("survey", 0, text=command.text, automatic=True).message)


@pytest.fixture
async def town(rabbit_url: str, mongo_url: str, prefix: str) -> AsyncIterator[Town]:
    async with premises(mongo_url, prefix, NEEDED, rabbit_url=rabbit_url) as place:
        ingest = await place.owns_nothing("ingest")
        service = await place.open("csat", build)
        town = Town(place, service, await place.bus("routing"), ingest, await place.bus("gateway"))
        await town.listen()
        yield town


async def test_CS_01_a_solved_conversation_is_surveyed_once_and_the_answer_recorded(town: Town) -> None:
    survey = await town.survey(minimum_length=5)
    story = town.story().act(Resolve(reason="solved"), 20)
    for _ in range(3):
        await town.say(story)
    await eventually(lambda: town.decisions)
    assert [(one.sent, one.survey, one.episode) for one in town.decisions] == [(True, survey.id, 1)]
    assert [one.text for one in town.sent.values()] == ["How was it?\n(1–5)"]
    seconds = (SystemClock().now() - story.now.created_at).total_seconds() + 5
    await town.say(story.message("a1", seconds, "5"))
    await eventually(lambda: town.recorded)
    await eventually(lambda: len(town.sent) == 2)
    answer = town.recorded[0].answer
    assert (answer.number, answer.positive, answer.agent, answer.channel) == (5, True, "ana", CHANNEL)
    now = SystemClock().now()
    whole = {"start": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    figures = await town.gateway.ask(ReadFigures.model_validate({**whole, "agent": "ana"}))
    assert (figures.sent, figures.answered, figures.satisfaction) == (1, 1, 100)
    nobody = await town.gateway.ask(ReadFigures.model_validate({**whole, "agent": "ben"}))
    assert (nobody.sent, nobody.response_rate) == (0, None)
    assert await town.place.dead() == []


async def test_CS_13_what_is_skipped_says_why(town: Town) -> None:
    await town.survey()
    await town.say(town.story().act(Resolve(reason="spam"), 20))
    await eventually(lambda: [one.reason for one in town.decisions] == ["reason_not_solution"])
    assert town.sent == {}


async def test_a_neighbour_away_for_a_while_delays_it_and_doubles_nothing(town: Town) -> None:
    await town.survey()
    town.refusals = [RetryLater("the store is away")]
    await town.say(town.story().act(Resolve(reason="solved"), 20))
    await eventually(lambda: town.asked == 1)
    await town.service.stop()
    await town.place.open("csat", build)
    await eventually(lambda: town.decisions, within=40)
    assert len(town.sent) == 1
    assert [one.sent for one in town.decisions] == [True]


async def test_CS_06_two_resolves_at_once_in_two_processes_send_one(town: Town) -> None:
    await town.place.open("csat", build)
    await town.survey(frequency_days=30)
    stories = []
    for number in range(6):
        story = town.story().act(Resolve(reason="solved"), 20)
        story._current = story.now.model_copy(update={"id": f"conversation {number}"})
        town.stories[story.now.id] = story
        stories.append(story)
    await asyncio.gather(*(town.say(story) for story in stories))
    await eventually(lambda: len(town.decisions) == 6)
    assert sorted(str(one.reason) for one in town.decisions) == ["None", *["frequency"] * 5]
    assert len(town.sent) == 1


async def test_CS_09_one_enabled_survey_a_channel(town: Town) -> None:
    await town.survey()
    with pytest.raises(Conflict) as taken:
        await town.survey(name="Another")
    assert taken.value.extra["conflict"]["name"] == "After chat"
    await town.survey(name="Asleep", enabled=False)


async def test_CS_09_a_second_survey_may_take_the_channel_over(town: Town) -> None:
    first = await town.survey(channels=[CHANNEL, "ch-2"])
    with pytest.raises(Conflict) as taken:
        await town.survey(name="Another")
    assert taken.value.extra["conflict"]["movable"]
    second = await town.survey(move=True, name="Another")
    old = await town.gateway.ask(ReadResource(kind="surveys", id=first.id), service="csat")
    assert (old.value["channels"], old.value["enabled"]) == (["ch-2"], True)
    third = await town.survey(move=True, name="Third", channels=["ch-2"])
    old = await town.gateway.ask(ReadResource(kind="surveys", id=first.id), service="csat")
    assert (old.value["channels"], old.value["enabled"]) == ([], False)
    value = {**third.value, "channels": [CHANNEL, "ch-2"]}
    change = UpdateResource(kind="surveys", id=third.id, version=third.version, value=value, move=True)
    assert (await town.gateway.ask(change, service="csat")).value["channels"] == [CHANNEL, "ch-2"]
    gone = await town.gateway.ask(ReadResource(kind="surveys", id=second.id), service="csat")
    assert not gone.value["enabled"]
    with pytest.raises(Conflict) as named:
        await town.survey(move=True, name="third", channels=[])
    assert not named.value.extra["conflict"]["movable"], "names are not given up"
    with pytest.raises(Conflict) as stale:
        await town.gateway.ask(change.model_copy(update={"version": 1, "value": second.value}), service="csat")
    assert stale.value.status == 409


async def test_CS_12_answers_are_listed_by_pages_and_narrowed_as_the_figures_are(town: Town) -> None:
    survey = await town.survey()
    for number in range(3):
        story = town.story().act(Resolve(reason="solved"), 20)
        story._current = story.now.model_copy(update={"id": f"conversation {number}"})
        town.stories[story.now.id] = story
        await town.say(story)
        await eventually(lambda number=number: len(town.decisions) == number + 1)  # type: ignore[misc]  # bound at once
        if number:
            seconds = (SystemClock().now() - story.now.created_at).total_seconds() + 5
            await town.say(story.message(f"a{number}", seconds, str(number + 3)))
    await eventually(lambda: len(town.recorded) == 2)
    now = SystemClock().now()
    whole = {"start": now - timedelta(hours=1), "end": now + timedelta(hours=1), "survey": survey.id}
    first = await town.gateway.ask(ReadAnswers.model_validate({**whole, "limit": 1}))
    second = await town.gateway.ask(ReadAnswers.model_validate({**whole, "limit": 1, "after": first.next}))
    assert [one.conversation for one in (*first.items, *second.items)] == ["conversation 2", "conversation 1"]
    assert [one.number for one in (*first.items, *second.items)] == [5, 4]
    assert second.next is None
    for narrowed, expected in (
        ({"agent": "ana"}, 2),
        ({"agent": "ben"}, 0),
        ({"topic": "t"}, 0),
        ({"channel": CHANNEL}, 2),
    ):
        found = await town.gateway.ask(ReadAnswers.model_validate({**whole, **narrowed}))
        figures = await town.gateway.ask(ReadFigures.model_validate({**whole, **narrowed}))
        assert len(found.items) == figures.answered == expected, narrowed
