"""Rules over ingest, routing and automation on a real store, the bus in memory: loops that stop, time, mutes, runs."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.automation.main import build as automation
from services.routing.main import build as routing
from shared.bus import Bus, consumes
from shared.bus.topology import Topology
from shared.contracts.acts import Act, Resolve, SetNew, SetPending
from shared.contracts.base import Actor, Meta
from shared.contracts.clocks import ClockSnapshot, SlaBreached
from shared.contracts.contacts import ListMuted, MuteContact
from shared.contracts.conversation_commands import ActOnConversation, ReadConversation, ReadTrail
from shared.contracts.conversations import ConversationSnapshot, Priority, RuleDue
from shared.contracts.facts import VirtualAgentLeft
from shared.contracts.messages import ReadTimeline
from shared.contracts.notices import AdminNotice
from shared.contracts.resources import CreateResource, ResourceChanged, Stored, UpdateResource
from shared.contracts.rules import ReadRuns, Run, RunOutcome
from shared.contracts.settings import RuleEvent
from shared.contracts.words import ActorKind, ClockKind, ClosedBy, Direction, Leaving, Status
from shared.errors import NotFound, Unprocessable
from shared.ids import conversation_id, new_id
from shared.jobs import Jobs
from tests.support.eventually import eventually
from tests.support.ingest import House, ingest_house, message
from tests.support.premises import Premises, premises
from tests.support.receiver import Receiver, Request, listening

pytestmark = pytest.mark.integration
BY = Actor(kind=ActorKind.API_KEY, id="test")
BUDGET = 4
"""Runs in an hour."""


class Machine(Receiver):
    """Somebody else's machine: whatever it gets, it does ``back``."""

    def __init__(self) -> None:
        super().__init__()
        self.back: Callable[[], Awaitable[object]] | None = None
        self.jobs = Jobs()

    def answer(self, request: Request) -> Any:
        if self.back is not None:
            self.jobs.begin("back", self._react(self.back))
        return super().answer(request)

    async def _react(self, back: Callable[[], Awaitable[object]]) -> None:
        await back()


@dataclass
class Village:
    """Three services, and a gateway that asks them."""

    place: Premises
    house: House
    gateway: Bus
    sla: Bus
    notices: list[AdminNotice] = field(default_factory=list)

    async def rule(self, channel: str, name: str, *actions: dict[str, Any], **fields: Any) -> str:
        """A rule of one channel; its id."""
        value = {"name": name, "actions": list(actions), "scope": {"channels": [channel]}, **fields}
        made = await self.gateway.ask(CreateResource(kind="rules", value=value), service="automation")
        return made.id

    async def says(self, channel: str, text: str, address: str = "ana") -> str:
        """One message; the conversation's id."""
        answer = await self.house.deliver(channel, {"messages": [message(new_id(), text, address)]})
        assert answer.status_code == 200, answer.text
        return conversation_id(channel, address, "private", "")

    async def conversation(self, id: str) -> ConversationSnapshot | None:
        try:
            return (await self.gateway.ask(ReadConversation(conversation=id))).conversation
        except NotFound:
            return None

    async def becomes(self, id: str, **wanted: Any) -> ConversationSnapshot:
        """Wait until the conversation has these values."""
        found: list[ConversationSnapshot] = []

        async def is_so() -> bool:
            current = await self.conversation(id)
            found[:] = [] if current is None else [current]
            return current is not None and all(getattr(current, name) == value for name, value in wanted.items())

        await eventually(is_so)
        return found[0]

    async def facts(self, id: str) -> list[str]:
        trail = await self.gateway.ask(ReadTrail(conversation=id, limit=500))
        return [fact.fact for entry in trail.entries for fact in entry.changes]

    async def sent(self, id: str) -> list[str]:
        """What was written to the contact."""
        page = await self.gateway.ask(ReadTimeline(conversation=id, limit=200))
        return [one.text for one in page.messages if one.direction is Direction.OUTBOUND]

    async def runs(self, rule: str) -> tuple[Run, ...]:
        return (await self.gateway.ask(ReadRuns(rule=rule))).items

    async def quiet(self) -> None:
        """Until nobody has anything in hand."""
        assert self.place.broker is not None
        await self.place.broker.settled()

    async def stops(self, id: str, rule: str, machine: Machine) -> None:
        """Wait until a loop of this rule with a machine has stopped by the budget, and look who was told why."""

        async def stopped() -> bool:
            return any(run.outcome is RunOutcome.STOPPED for run in await self.runs(rule))

        async def in_the_trail() -> bool:
            return (await self.facts(id)).count("automation_stopped") == 1

        await eventually(stopped)
        await eventually(in_the_trail)
        await eventually(lambda: not machine.jobs.busy and len(machine.requests) == BUDGET)
        await self.quiet()
        assert len(machine.requests) == BUDGET
        (reason,) = [notice.reason for notice in self.notices if notice.conversation == id]
        assert f"{BUDGET} times" in reason
        assert await self.place.dead() == []


@pytest.fixture(scope="module")
async def village(mongo_url: str) -> AsyncIterator[Village]:
    """Each test has a channel of its own in it."""
    async with premises(mongo_url, f"v{uuid.uuid4().hex[:12]}", Topology(), private=True) as place:
        gateway = await place.owns_nothing("gateway")
        sla = await place.owns_nothing("sla")
        async with ingest_house(place.store, await place.bus("ingest")) as house:
            await asyncio.gather(place.open("automation", automation), place.open("routing", routing))
            found = Village(place, house, gateway, sla)

            async def on_notice(event: AdminNotice, _meta: Meta) -> None:
                found.notices.append(event)

            await gateway.start([consumes(AdminNotice, on_notice)])
            value = {"runs_per_hour": BUDGET}
            await gateway.ask(UpdateResource(kind="automation", id="-", version=0, value=value), service="automation")
            yield found


async def test_AU_07_a_loop_with_an_auto_reply_mailbox_stops_by_itself_and_an_admin_sees_why(village: Village) -> None:
    async with listening(Machine()) as mailbox:
        channel = await village.house.webhook(f"{mailbox.url}/mailbox")
        rule = await village.rule(channel, "Thanks", {"act": "send_text", "text": "Thank you, we will answer soon."})
        mailbox.back = lambda: village.says(channel, "I am away until Monday. Thank you for your message.")
        id = await village.says(channel, "Where is my order?")
        await village.stops(id, rule, mailbox)
    assert len(await village.sent(id)) == BUDGET
    outcomes = [run.outcome for run in await village.runs(rule)]
    assert outcomes.count(RunOutcome.STOPPED) == 1


async def test_AU_07_a_loop_through_a_webhook_and_the_api_stops_by_itself_and_an_admin_sees_why(
    village: Village,
) -> None:
    async with listening(Machine()) as crm:
        made = await village.gateway.ask(
            CreateResource(kind="webhooks", value={"name": "CRM", "url": f"{crm.url}/crm"}), service="automation"
        )
        channel = await village.house.webhook()
        call = {"act": "call_webhook", "webhook": made.id}
        rule = await village.rule(channel, "Tell the CRM", call, event="conversation_changed")
        id = conversation_id(channel, "ana", "private", "")
        acts: Iterator[Act] = itertools.cycle((SetPending(), SetNew()))
        crm.back = lambda: village.gateway.ask(ActOnConversation(conversation=id, act=next(acts), by=BY))
        await village.says(channel, "hello")
        await village.stops(id, rule, crm)


async def test_AU_07_rules_that_trigger_each_other_each_run_once(village: Village) -> None:
    channel = await village.house.webhook()
    ping = await village.rule(channel, "Ping", {"act": "tag_message", "add": ["pong"]}, event="conversation_changed")
    pong = await village.rule(
        channel,
        "Pong",
        {"act": "tag_message", "add": ["ping"]},
        {"act": "write_note", "text": "ping"},
        event="conversation_changed",
        position=1,
    )
    id = await village.says(channel, "hello")
    await village.becomes(id, tags=("ping", "pong"), status=Status.NEW)

    async def applied() -> bool:
        found = [run.outcome for rule in (ping, pong) for run in await village.runs(rule)]
        return found == [RunOutcome.APPLIED] * 2

    await eventually(applied)
    await village.quiet()
    assert (await village.facts(id)).count("rule_applied") == 2
    assert [len(await village.runs(rule)) for rule in (ping, pong)] == [1, 1]


async def test_AU_08_the_record_says_which_act_was_refused_and_what_held(village: Village) -> None:
    channel = await village.house.webhook()
    rule = await village.rule(
        channel,
        "Error",
        {"act": "assign_owner", "owner": {"kind": "agent", "id": "nobody"}},
        {"act": "mute_contact"},
        {"act": "tag_message", "add": ["error"]},
        conditions=[{"keywords": "error"}],
    )
    id = await village.says(channel, "an error!")
    await village.becomes(id, tags=("error",))

    async def known() -> bool:
        return [len(run.failed) for run in await village.runs(rule)] == [2]

    await eventually(known)
    (run,) = await village.runs(rule)
    assert sorted(text.partition(":")[0] for text in run.failed) == ["assign_owner", "mute_contact"]
    assert (run.outcome, run.matched, run.conversation) == (RunOutcome.FAILED, ("text contains any of error",), id)
    assert 0 < run.milliseconds < 1000


async def test_CH_11_a_muted_contact_is_resolved_on_arrival_while_the_channel_allows_it(village: Village) -> None:
    quiet, strict = await village.house.webhook(muting=True), await village.house.webhook()
    id = await village.says(quiet, "hello")
    contact = (await village.becomes(id, status=Status.NEW)).contact
    asks = village.gateway.ask
    await asks(MuteContact(contact=contact, channel=quiet, by=BY))
    with pytest.raises(Unprocessable, match="switched off"):
        await asks(MuteContact(contact=contact, channel=strict, by=BY))
    assert [one.id for one in (await asks(ListMuted(channel=quiet))).items] == [contact]
    assert (await asks(ListMuted(channel=strict))).items == ()
    await village.becomes(id, status=Status.NEW)  # the open one must be resolved by hand
    await asks(ActOnConversation(conversation=id, act=Resolve(), by=BY))
    await village.says(quiet, "hello again")
    assert (await village.becomes(id, episode=2, status=Status.RESOLVED)).closed_by is ClosedBy.MUTED
    await asks(MuteContact(contact=contact, channel=quiet, muted=False, by=BY))
    await village.says(quiet, "and again")
    await village.becomes(id, episode=3, status=Status.NEW)


async def test_AU_05_time_based_rules_follow_what_is_open_already(village: Village) -> None:
    """The rule comes after the conversation."""
    channel = await village.house.webhook()
    id = await village.says(channel, "hello")
    await village.becomes(id, status=Status.NEW)
    tag = {"act": "tag_message", "add": ["waiting"]}
    rule = await village.rule(channel, "Waiting", tag, event="unanswered_for", after_minutes=1)
    following = village.place.database("automation").collection("following")

    async def followed() -> bool:
        return any("wake_at" in document for document in await following.find({"_id": id}))

    await eventually(followed)
    due = RuleDue(conversation=id, episode=1, rule=rule, turn=1)
    await village.place.say(village.gateway, due.model_copy(update={"turn": 7}))  # a wait that is over
    await village.quiet()
    assert await village.runs(rule) == ()
    await village.place.say(village.gateway, due)  # as the timer says it
    await village.becomes(id, tags=("waiting",))
    await village.quiet()
    assert [run.event for run in await village.runs(rule)] == [RuleEvent.UNANSWERED_FOR]


async def test_AU_05_changed_hours_move_what_waits_at_once(village: Village) -> None:
    channel = await village.house.webhook()
    tag = {"act": "tag_message", "add": ["waiting"]}
    await village.rule(channel, "Slow", tag, event="unanswered_for", after_minutes=60, working_time=True)
    id = await village.says(channel, "hello")
    following = village.place.database("automation").collection("following")

    async def rings() -> bool:
        return any("wake_at" in document for document in await following.find({"_id": id}))

    async def rings_no_more() -> bool:
        return not await rings()

    await eventually(rings)
    now = village.place.clock.now()
    closed = {"name": "Closed", "channels": [channel], "hours": {"zone": "UTC"}}
    stored = Stored(id="s1", kind="schedules", version=1, value=closed, created_at=now, changed_at=now)
    await village.sla.broadcast(ResourceChanged(stored=stored))
    await eventually(rings_no_more)
    gone = stored.model_copy(update={"version": 2, "deleted": True})
    await village.sla.broadcast(ResourceChanged(stored=gone))
    await eventually(rings)


async def test_CH_11_a_contact_that_is_muted_while_a_script_has_him_goes_to_people_at_once(village: Village) -> None:
    async with listening(Machine()) as network:
        channel = await village.house.webhook(network.url, muting=True)
        script = {"steps": [{"step": "question", "text": "Which size?"}]}
        value = {"name": "Sizes", "channels": [channel], "scripts": [script]}
        await village.gateway.ask(CreateResource(kind="auto-responders", value=value), service="automation")
        id = await village.says(channel, "hello")
        await eventually(lambda: network.requests)
        contact = (await village.becomes(id, status=Status.BOT)).contact
        await village.gateway.ask(MuteContact(contact=contact, channel=channel, by=BY))
        await village.becomes(id, status=Status.NEW, owner=None)
    trail = await village.gateway.ask(ReadTrail(conversation=id))
    left = [fact for entry in trail.entries for fact in entry.changes if isinstance(fact, VirtualAgentLeft)]
    assert [(fact.why, fact.detail) for fact in left] == [(Leaving.UNAVAILABLE, "The contact is muted.")]


async def test_AU_05_an_alarm_of_a_clock_makes_rules_look_at_the_conversation_as_it_is(village: Village) -> None:
    channel = await village.house.webhook()
    id = await village.says(channel, "hello")
    await village.becomes(id, status=Status.NEW)
    new = {"test": "group", "of": [{"test": "field", "field": "status", "value": "new.untouched"}]}
    boost = {"act": "set_priority_boost", "boost": 3}
    rule = await village.rule(channel, "Breached", boost, event="sla_breached", conditions=new)
    now = village.place.clock.now()
    clock = ClockSnapshot(
        id=new_id(),
        conversation=id,
        episode=1,
        turn=1,
        kind=ClockKind.FIRST,
        policy="p",
        channel=channel,
        target_seconds=60,
        warn_seconds=45,
    )
    for _ in range(2):
        await village.place.say(village.gateway, SlaBreached(clock=clock, at=now), event_id=f"alarm of {clock.id}")
    await village.becomes(id, priority=Priority(score=3, boost=3))
    await village.quiet()
    assert [(run.event, run.matched) for run in await village.runs(rule)] == [
        (RuleEvent.SLA_BREACHED, ("status is new.untouched",))
    ]
