"""The automation service on a real broker and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.automation.main import build
from services.automation.repository.runs import Runs
from shared.bus import Bus, consumes
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged, ConversationTriaged, RuleActed
from shared.contracts.resources import CreateResource, DeleteResource, Stored
from shared.contracts.rules import Run
from shared.errors import Unprocessable
from shared.runtime import Service
from tests.support.conversations import Story, desk, inbound
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises

pytestmark = pytest.mark.integration
NEEDED = only(
    *(ConversationTriaged, RuleActed),
    all_of="automation",
    services=("automation", "gateway", "ingest", "routing", "sla"),
)


@dataclass
class Town:
    """The service, and a routing that hears it."""

    place: Premises
    service: Service
    routing: Bus
    gateway: Bus
    answers: list[tuple[ConversationTriaged, Meta]] = field(default_factory=list)
    acts: list[tuple[RuleActed, Meta]] = field(default_factory=list)

    async def listen(self) -> None:
        async def on_triaged(event: ConversationTriaged, meta: Meta) -> None:
            self.answers.append((event, meta))

        async def on_acted(event: RuleActed, meta: Meta) -> None:
            self.acts.append((event, meta))

        await self.routing.start([consumes(ConversationTriaged, on_triaged), consumes(RuleActed, on_acted)])

    async def rule(self, keywords: str, **fields: Any) -> Stored:
        tag = {"act": "tag_message", "add": ["error"]}
        value = {"name": keywords, "conditions": [{"keywords": keywords}], "actions": [tag], **fields}
        return await self.gateway.ask(CreateResource(kind="rules", value=value), service="automation")

    async def message(
        self, text: str, id: str, *, triage: bool = True, by_rule: str | None = None, conversation: str | None = None
    ) -> None:
        story = Story(desk(triage=triage)).message(id, 0)
        now = story.now.model_copy(update={"id": conversation or story.now.id})
        event = ConversationChanged(conversation=now, changes=story.facts, message=inbound(id, 0, text).message)
        await self.place.say(self.routing, event, event_id=f"event {id}", by_rule=by_rule)


@pytest.fixture
async def town(rabbit_url: str, mongo_url: str, prefix: str) -> AsyncIterator[Town]:
    async with premises(mongo_url, prefix, NEEDED, rabbit_url=rabbit_url) as place:
        routing = await place.owns_nothing("routing")
        for other in ("ingest", "sla"):
            await place.owns_nothing(other)
        town = Town(place, await place.open("automation", build), routing, await place.bus("gateway"))
        await town.listen()
        yield town


async def test_AU_01_a_keyword_rule_answers_triage_and_its_run_is_kept_once(town: Town) -> None:
    made = await town.rule("error")
    for _ in range(3):
        await town.message("An ERROR!", "m1")
    await eventually(lambda: len(town.answers) == 3)
    assert {(answer.message_id, tuple(run.rule for run in answer.runs)) for answer, _ in town.answers} == {
        ("m1", (made.id,))
    }
    assert len({meta.event_id for _, meta in town.answers}) == 1
    records = Runs(town.place.database("automation"), clock=town.place.clock)

    async def kept() -> Sequence[Run]:
        return (await records.of_rule(made.id, after=None, limit=10)).items

    (run,) = await eventually(kept)
    assert (run.rule, run.message, run.actions) == (made.id, "m1", ("tag_message",))


async def test_triage_is_answered_without_any_rule_and_after_a_restart(town: Town) -> None:
    await town.message("hello", "m1")
    await eventually(lambda: [answer.runs for answer, _ in town.answers] == [()])
    made = await town.rule("error")
    await town.service.stop()
    await town.message("error", "m2")
    await town.place.open("automation", build)
    await eventually(lambda: len(town.answers) == 2)
    assert [run.rule for run in town.answers[1][0].runs] == [made.id]


async def test_a_changed_rule_counts_in_every_process_within_a_second(town: Town) -> None:
    second = await town.place.open("automation", build)
    assert second is not town.service
    made = await town.rule("error")
    batch = 0

    async def runs() -> list[int]:
        """Of six answers in a row, how many rules ran for each: two processes share the queue, so each gives some."""
        nonlocal batch
        batch += 1
        ids = {f"m{batch} {number}" for number in range(6)}
        for id in sorted(ids):
            await town.message("error", id, conversation=f"conversation {batch}")
        answered = await eventually(lambda: [one for one, _ in town.answers if one.message_id in ids][5:] and ids)
        return [len(one.runs) for one, _ in town.answers if one.message_id in answered]

    async def matched_by_both() -> bool:
        return await runs() == [1] * 6

    async def matched_by_none() -> bool:
        return await runs() == [0] * 6

    await eventually(matched_by_both)
    await town.gateway.ask(DeleteResource(kind="rules", id=made.id, version=1), service="automation")
    await eventually(matched_by_none)


async def test_AU_07_effects_of_rules_are_not_evaluated(town: Town) -> None:
    await town.rule("error")
    await town.message("error", "m1", triage=False, by_rule="r9")
    await town.message("error", "m2", triage=False)
    await eventually(lambda: town.acts)
    assert [act.message_id for act, _ in town.acts] == ["m2"]
    assert town.acts[0][1].by_rule == town.acts[0][0].run.rule
    assert await town.place.dead() == []


async def test_a_rule_without_keywords_in_a_row_is_refused_and_one_without_rows_warned_of(town: Town) -> None:
    with pytest.raises(Unprocessable, match="keyword"):
        await town.rule(" , ", name="Empty")
    assert (await town.rule("x", conditions=[])).warnings == ("This rule has no condition: it matches everything.",)
