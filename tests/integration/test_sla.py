"""The sla service on a real broker and a real store: clocks, alarms at their instants, restarts, previews."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.sla.main import build
from shared.bus import Bus, consumes
from shared.clock import SystemClock
from shared.contracts.base import Event, Meta
from shared.contracts.clocks import (
    ClockChanged,
    ClockSnapshot,
    PreviewSchedule,
    ReadClocks,
    SlaBreached,
    SlaCorrected,
    SlaWarned,
)
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import Span
from shared.contracts.resources import CreateResource
from shared.contracts.words import ClockOutcome
from shared.errors import NotFound, Unprocessable
from shared.runtime import Service
from tests.support.clocks import changed
from tests.support.conversations import CHANNEL, Story
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises

pytestmark = pytest.mark.integration
VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "sla_vectors.json").read_text())
NEEDED = only(
    ConversationChanged, ClockChanged, SlaWarned, SlaBreached, SlaCorrected, services=("sla", "routing", "gateway")
)


@dataclass
class Town:
    """The service, and a gateway that hears it and asks it."""

    place: Premises
    sla: Service
    routing: Bus
    gateway: Bus
    heard: dict[str, list[tuple[Any, Meta, datetime]]] = field(default_factory=dict)

    async def listen(self) -> None:
        async def on_event(event: Event, meta: Meta) -> None:
            self.heard.setdefault(event.type, []).append((event, meta, SystemClock().now()))

        kinds = (ClockChanged, SlaWarned, SlaBreached, SlaCorrected)
        await self.gateway.start([consumes(kind, on_event) for kind in kinds])

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event, _, _ in self.heard.get(kind.type, [])]

    async def policy(self, **fields: Any) -> None:
        value = {"name": "Care", "channels": [CHANNEL], "first_minutes": 10, **fields}
        await self.gateway.ask(CreateResource(kind="policies", value=value), service="sla")

    async def clocks(self, conversation: str) -> tuple[ClockSnapshot, ...]:
        return (await self.gateway.ask(ReadClocks(conversation=conversation))).clocks


@pytest.fixture
async def town(rabbit_url: str, mongo_url: str, prefix: str) -> AsyncIterator[Town]:
    async with premises(mongo_url, prefix, NEEDED, rabbit_url=rabbit_url) as place:
        routing = await place.owns_nothing("routing")
        town = Town(place, await place.open("sla", build), routing, await place.bus("gateway"))
        await town.listen()
        yield town


def begun(at: datetime, id: str | None = None) -> ConversationSnapshot:
    """A conversation whose first turn has waited in New since ``at``."""
    now = Story().message("m1", 0).now
    turn = now.turns[0].model_copy(update={"started_at": at, "spans": (Span(start=at),)})
    return now.model_copy(update={"turns": (turn,), "id": id or now.id, "episode_spans": (Span(start=at),)})


async def test_SL_12_alarms_come_once_at_their_instants_whatever_is_repeated(town: Town) -> None:
    await town.policy()
    breach_at = SystemClock().now() + timedelta(seconds=3)
    warned = begun(breach_at - timedelta(minutes=10))
    for _ in range(3):
        await town.place.say(town.routing, changed(warned), event_id="opened")
    await eventually(lambda: town.of(SlaBreached))
    assert len(town.of(SlaWarned)) == len(town.of(SlaBreached)) == 1
    ((breach, _, heard_at),) = town.heard[SlaBreached.type]
    assert timedelta() < breach.at - breach_at < timedelta(seconds=1)
    assert heard_at - breach_at < timedelta(seconds=2)
    (clock,) = await town.clocks(warned.id)
    assert (clock.due_at, clock.breached_at) == (breach_at, breach.at)
    assert await town.place.dead() == []


async def test_SL_12_what_fell_due_while_the_service_was_down_is_said_on_its_return(town: Town) -> None:
    await town.policy(resolution_minutes=60)
    conversation = begun(SystemClock().now() - timedelta(minutes=5))
    await town.place.say(town.routing, changed(conversation))
    await eventually(lambda: len(town.of(ClockChanged)) == 2)
    await town.sla.stop()
    late = begun(SystemClock().now() - timedelta(minutes=30), id="another")
    await town.place.say(town.routing, changed(late))
    await town.place.open("sla", build)
    await eventually(lambda: town.of(SlaBreached))
    assert [event.clock.conversation for event in town.of(SlaBreached)] == ["another"]
    assert len(await town.clocks(conversation.id)) == 2


async def test_two_replicas_keep_one_clock_and_say_each_alarm_once(town: Town) -> None:
    await town.policy()
    await town.place.open("sla", build)
    story = Story()
    events = [changed(step.now, *story.facts) for step in [story.message("m1", 0)]]
    for number in range(8):
        kind = ("reply", "accept", "message")[number % 3]
        if kind == "message":
            story.message(f"m{number}", number)
        elif kind == "reply":
            story.reply(f"r{number}", number)
        else:
            story.accept(f"r{number - 1}", number)
        events.append(changed(story.now, *story.facts))
    for event in (*reversed(events), *events):
        await town.place.say(town.routing, event, event_id=f"version {event.conversation.version}")

    async def settled() -> bool:
        clocks = await town.clocks(story.now.id)
        return bool(clocks) and all(
            clock.outcome is ClockOutcome.MET for clock in clocks if clock.heard < story.now.version
        )

    await eventually(settled)
    assert len(await town.clocks(story.now.id)) == 1, "the policy has no target for later turns"
    assert await town.place.dead() == []


@pytest.mark.parametrize("vector", VECTORS["due"][:4], ids=lambda vector: vector["id"])
async def test_the_preview_answers_as_the_vectors_say(town: Town, vector: dict[str, Any]) -> None:
    schedule = VECTORS["schedules"][vector["schedule"]]
    command = PreviewSchedule.model_validate(
        {"schedule": schedule, "start": vector["start"], "target_seconds": vector["target_min"] * 60}
    )
    found = await town.gateway.ask(command)
    assert (found.due_at, found.breach_at) == (
        datetime.fromisoformat(vector["due_at"]),
        datetime.fromisoformat(vector["breach_at"]),
    )


async def test_SL_01_SL_10_a_policy_without_hours_is_saved_and_warned_of(town: Town) -> None:
    async def warnings(name: str, channel: str) -> tuple[str, ...]:
        value = {"name": name, "channels": [channel], "first_minutes": 10}
        return (await town.gateway.ask(CreateResource(kind="policies", value=value), service="sla")).warnings

    assert any("No opening hours" in said for said in await warnings("Bare", "c1"))
    hours = {"zone": "UTC", "week": {"mon": ["09:00-17:00"]}}
    value = {"name": "Day", "hours": hours, "channels": ["c2"]}
    await town.gateway.ask(CreateResource(kind="schedules", value=value), service="sla")
    assert not any("No opening hours" in said for said in await warnings("Covered", "c2"))


async def test_the_preview_refuses_what_never_ends(town: Town) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    never = {"zone": "UTC", "week": {}}
    for schedule, target, first in (
        (never, 60.0, start),
        (None, -1.0, start),
        (None, 1e300, start),
        (None, 60.0, datetime(9999, 1, 1, tzinfo=UTC)),
    ):
        command = PreviewSchedule.model_validate({"schedule": schedule, "start": first, "target_seconds": target})
        with pytest.raises(Unprocessable):
            await town.gateway.ask(command)
    with pytest.raises(NotFound):
        await town.gateway.ask(PreviewSchedule(schedule="nobody's", start=start, target_seconds=60))
