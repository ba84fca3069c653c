"""Clocks of the running service, by the rules of sla.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.routing.domain import virtual_agents
from shared.contracts.acts import AssignOwner, ChangeTopics, Owner, Resolve, SetNew, SetPending
from shared.contracts.clocks import ClockChanged, ClockSnapshot, SlaBreached, SlaLevelReached, SlaWarned
from shared.contracts.facts import Span
from shared.contracts.settings import Distribution, Policy, ScheduleSettings, WorkflowSettings
from shared.contracts.words import ClockOutcome, OwnerKind, Visibility, Vocabulary
from shared.schedule import Schedule, ScheduleForm, shown
from tests.support.clock import ManualClock
from tests.support.clocks import SlaInMemory, changed
from tests.support.conversations import BOT, CHANNEL, Story, answer, at, desk

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "sla_vectors.json").read_text())
MINUTE = 60


def policy(**fields: Any) -> Policy:
    return Policy.model_validate({"name": "Care", "channels": [CHANNEL], "first_minutes": 10} | fields)


class Watch:
    """A story whose every step the sla service hears at once."""

    def __init__(self, sla: SlaInMemory | None = None, story: Story | None = None) -> None:
        self.sla = sla or SlaInMemory(policies={"care": policy(next_minutes=20)})
        self.story = story or Story()
        self._told = 0

    async def hear(self, seconds: float) -> None:
        """Time passes to ``seconds``, and what the story did last is heard."""
        await self.sla.ring(at(seconds))
        if self.story.now.version > self._told:
            self._told = self.story.now.version
            await self.sla.hear(changed(self.story.now, *self.story.facts))

    async def clock(self, name: str = "first 1.1") -> ClockSnapshot:
        return (await self.sla.all())[name]


async def test_SL_04_a_clock_starts_at_arrival_when_nothing_holds_the_conversation() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    clock = await watch.clock()
    assert (clock.spans, clock.running, clock.target_seconds) == ((Span(start=at(0)),), True, 600)
    assert (clock.warn_at, clock.due_at, clock.breach_at) == (at(450), at(600), at(600))


async def test_SL_04_it_starts_when_triage_ends() -> None:
    watch = Watch(story=Story(desk(triage=True)))
    watch.story.message("m1", 0)
    await watch.hear(0)
    assert await watch.sla.all() == {}
    watch.story.answer("m1", 3)
    await watch.hear(3)
    assert (await watch.clock()).due_at == at(603)


async def test_SL_04_it_starts_at_the_hand_over_of_a_virtual_agent() -> None:
    watch = Watch(story=Story(desk(triage=True)))
    watch.story.message("m1", 0).keep(_taken_by_bot(watch.story))
    await watch.hear(1)
    assert watch.story.state == "bot"
    assert await watch.sla.all() == {}
    watch.story.keep(virtual_agents.hand_over(watch.story.now, BOT, watch.story.desk, at(300)))
    await watch.hear(300)
    assert (await watch.clock()).due_at == at(900)


async def test_SL_04_it_starts_when_a_human_takes_it_from_a_virtual_agent_and_pauses_while_it_is_delegated() -> None:
    watch = Watch(story=Story(desk(triage=True)))
    watch.story.message("m1", 0).keep(_taken_by_bot(watch.story))
    watch.story.act(AssignOwner(owner=Owner(id="ana")), 300)
    await watch.hear(300)
    assert (await watch.clock()).due_at == at(900)
    watch.story.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id=BOT.id)), 400)
    await watch.hear(400)
    assert not (await watch.clock()).running
    watch.story.keep(virtual_agents.hand_over(watch.story.now, BOT, watch.story.desk, at(1000), back=True))
    await watch.hear(1000)
    assert (await watch.clock()).due_at == at(1500)


def _taken_by_bot(story: Story) -> Any:
    from services.routing.domain import triage

    return triage.triaged(story.now, answer("m1", virtual_agent=BOT.id), story.desk, at(1))


async def test_SL_05_only_an_accepted_human_reply_stops_it_and_the_way_to_the_network_never_counts() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.reply("auto", 60, automatic=True)
    await watch.hear(60)
    assert (await watch.clock()).running
    watch.story.reply("r1", 120)
    await watch.hear(120)
    assert (await watch.clock()).outcome is ClockOutcome.RUNNING
    assert not (await watch.clock()).running
    watch.story.accept("r1", 5000)
    await watch.hear(5000)
    clock = await watch.clock()
    assert (clock.outcome, clock.elapsed_seconds, clock.wake_at) == (ClockOutcome.MET, 120, None)
    assert watch.sla.alarms() == []


async def test_SL_05_a_failed_reply_lets_it_run_on() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    watch.story.reply("r1", 120)
    await watch.hear(120)
    watch.story.fail("r1", 180)
    await watch.hear(180)
    clock = await watch.clock()
    assert clock.running
    assert clock.due_at == at(180 + 480)


@pytest.mark.parametrize(("seconds", "outcome"), [(600, ClockOutcome.MET), (600.001, ClockOutcome.BREACHED)])
async def test_met_iff_elapsed_is_at_most_the_target(seconds: float, outcome: ClockOutcome) -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.reply("r1", seconds).accept("r1", seconds + 1)
    await watch.hear(seconds)
    assert (await watch.clock()).outcome is outcome


async def test_SL_02_later_turns_have_their_own_target_and_more_messages_do_not_restart_a_turn() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.message("m2", 60)
    await watch.hear(60)
    assert (await watch.clock()).due_at == at(600)
    watch.story.reply("r1", 100)
    await watch.hear(100)
    watch.story.accept("r1", 101)
    await watch.hear(101)
    watch.story.message("m3", 1000)
    await watch.hear(1000)
    following = await watch.clock("next 1.2")
    assert (following.target_seconds, following.due_at) == (1200, at(2200))


async def test_pending_pauses_it() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.act(SetPending(), 60)
    await watch.hear(60)
    paused = await watch.clock()
    assert (paused.running, paused.due_at, paused.wake_at) == (False, None, None)
    watch.story.act(SetNew(), 3600)
    await watch.hear(3600)
    assert (await watch.clock()).due_at == at(3600 + 540)


@pytest.mark.parametrize(("seconds", "outcome"), [(300, ClockOutcome.WAIVED), (900, ClockOutcome.BREACHED)])
async def test_resolved_unanswered_is_waived_unless_it_was_breached(seconds: float, outcome: ClockOutcome) -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.act(Resolve(), seconds)
    await watch.hear(seconds)
    assert (await watch.clock()).outcome is outcome


async def test_SL_08_an_idle_close_changes_no_outcome() -> None:
    watch = Watch(story=Story(desk(WorkflowSettings(on_reply="answered", idle_close=3600))))
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.reply("r1", 60)
    await watch.hear(60)
    watch.story.accept("r1", 61)
    await watch.hear(61)
    before = await watch.clock()
    watch.story.wake(4000)
    await watch.hear(4000)
    assert watch.story.state == "resolved.closed"
    assert await watch.clock() == before


async def test_the_resolution_clock_runs_in_new_and_pending_and_resumes_when_set_back_to_new() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(resolution_minutes=60)}))
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.act(SetPending(), 600)
    await watch.hear(600)
    assert (await watch.clock("resolution 1")).due_at == at(3600)
    watch.story.act(Resolve(), 1800)
    await watch.hear(1800)
    assert (await watch.clock("resolution 1")).outcome is ClockOutcome.MET
    watch.story.act(SetNew(), 7200)
    await watch.hear(7200)
    resumed = await watch.clock("resolution 1")
    assert (resumed.outcome, resumed.due_at) == (ClockOutcome.RUNNING, at(7200 + 1800))
    watch.story.act(Resolve(), 9001)
    await watch.hear(9001)
    last = await watch.clock("resolution 1")
    assert (last.outcome, last.elapsed_seconds) == (ClockOutcome.BREACHED, 3601)


async def test_writing_first_starts_no_clock_until_the_contact_writes() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(next_minutes=20, resolution_minutes=60)}))
    watch.story.reply("r1", 0, proactive=True)
    await watch.hear(0)
    assert await watch.sla.all() == {}
    watch.story.message("m1", 600)
    await watch.hear(600)
    assert set(await watch.sla.all()) == {"first 1.1", "resolution 1"}


async def test_SL_12_one_warning_and_one_breach_at_their_instants() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    id = (await watch.clock()).id
    said = []
    for seconds in (449.999, 450, 599, 600, 600.001, 700):
        await watch.sla.ring(at(seconds))
        said.append(len(watch.sla.alarms()))
    assert said == [0, 1, 1, 1, 2, 2]
    assert watch.sla.alarms() == [("SlaWarned", id), ("SlaBreached", id)]


async def test_SL_12_alarms_missed_while_the_service_was_down_are_said_on_return() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    await watch.sla.ring(at(90_000))
    assert [what for what, _ in watch.sla.alarms()] == ["SlaWarned", "SlaBreached"]


async def test_SL_12_a_breach_in_a_stretch_that_is_over_before_it_is_heard_of_is_said_all_the_same() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    watch.story.act(SetPending(), 900)
    await watch.hear(901)
    await watch.sla.ring(at(902))
    assert [what for what, _ in watch.sla.alarms()] == ["SlaWarned", "SlaBreached"]


async def test_SL_12_a_breach_is_corrected_once_when_an_earlier_reply_is_heard_of() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    await watch.sla.ring(at(700))
    watch.story.reply("r1", 300, heard=800)
    await watch.hear(800)
    watch.story.accept("r1", 301)
    await watch.hear(801)
    clock = await watch.clock()
    assert (clock.outcome, clock.elapsed_seconds, clock.corrected_at) == (ClockOutcome.MET, 300, at(801))
    assert [what for what, _ in watch.sla.alarms()] == ["SlaWarned", "SlaBreached", "SlaCorrected"]


def levels_told(watch: Watch) -> list[tuple[str, tuple[int, ...]]]:
    kinds = {kind.type: kind for kind in (SlaWarned, SlaBreached, SlaLevelReached)}
    return [
        (kind.__name__, kind.model_validate_json(entry.body).levels)
        for entry in watch.sla.clocks.published
        if (kind := kinds.get(entry.meta.type)) is not None
    ]


async def test_SL_12_people_are_told_at_three_quarters_and_at_the_breach_by_default() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(warn_percent=50)}))
    watch.story.message("m1", 0)
    await watch.hear(0)
    for seconds in (300, 450, 600, 600.001, 5000):
        await watch.sla.ring(at(seconds))
    assert levels_told(watch) == [("SlaWarned", ()), ("SlaLevelReached", (75,)), ("SlaBreached", (100,))]


async def test_SL_12_levels_are_chosen_and_said_once_each_at_their_instants() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(notify_percent=[150, 50, 100, 75, 50])}))
    watch.story.message("m1", 0)
    await watch.hear(0)
    said = []
    for seconds in (299.999, 300, 450, 600, 600.001, 899.999, 900, 5000):
        await watch.sla.ring(at(seconds))
        said.append(len(levels_told(watch)))
    assert said == [0, 1, 2, 2, 3, 3, 4, 4]
    assert levels_told(watch) == [
        ("SlaLevelReached", (50,)),
        ("SlaWarned", (75,)),
        ("SlaBreached", (100,)),
        ("SlaLevelReached", (150,)),
    ]
    assert (await watch.clock()).wake_at is None


async def test_SL_12_what_is_over_before_it_is_heard_of_is_told_once_with_its_alarms() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(notify_percent=[50, 100, 120, 300])}))
    watch.story.message("m1", 0).reply("r1", 800).accept("r1", 801)
    await watch.hear(802)
    assert levels_told(watch) == [("SlaBreached", (100, 120))]


async def test_SL_12_without_levels_the_alarms_are_said_and_nobody_is_told() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(notify_percent=[])}))
    watch.story.message("m1", 0)
    await watch.hear(0)
    await watch.sla.ring(at(700))
    assert levels_told(watch) == [("SlaWarned", ()), ("SlaBreached", ())]


async def test_the_warning_may_be_minutes_left_instead_of_a_share() -> None:
    watch = Watch(SlaInMemory(policies={"care": policy(warn_minutes_left=2)}))
    watch.story.message("m1", 0)
    await watch.hear(0)
    assert (await watch.clock()).warn_at == at(480)


async def test_SL_13_a_running_clock_keeps_its_target_and_schedule() -> None:
    def open_from(shift: str) -> dict[str, ScheduleSettings]:
        return {"s": ScheduleSettings(name="Day", hours=_hours(shift), channels=(CHANNEL,))}

    watch = Watch(SlaInMemory({"care": policy(next_minutes=20)}, open_from("00:00-24:00")))
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.sla.policies = {"care": policy(first_minutes=1, next_minutes=1)}
    watch.sla.schedules = open_from("13:00-24:00")
    watch.story.act(SetPending(), 30)
    await watch.hear(30)
    watch.story.act(SetNew(), 40)
    await watch.hear(40)
    running = await watch.clock()
    assert (running.target_seconds, running.due_at) == (600, at(610))
    watch.story.reply("r1", 100).accept("r1", 101)
    await watch.hear(101)
    watch.story.message("m2", 200)
    await watch.hear(200)
    assert (await watch.clock("next 1.2")).due_at == datetime(2026, 3, 2, 13, 1, tzinfo=UTC), "new ones take the new"


async def test_assignment_and_topics_do_not_touch_it() -> None:
    watch = Watch()
    watch.story.message("m1", 0)
    await watch.hear(0)
    before = await watch.clock()
    watch.story.act(AssignOwner(owner=Owner(id="ana")), 10)
    await watch.hear(10)
    watch.story.act(ChangeTopics(add=("error",)), 20)
    await watch.hear(20)
    assert await watch.clock() == before
    assert len(watch.sla.clocks.said(ClockChanged)) == 1


async def test_SL_03_private_and_public_policies_are_told_apart_and_exact_comes_before_both() -> None:
    both, exact = policy(name="Both"), policy(name="Exact", visibilities=["public"], first_minutes=30)
    sla = SlaInMemory(policies={"a": both, "b": exact})
    for visibility, target in ((Visibility.PRIVATE, 600), (Visibility.PUBLIC, 1800)):
        watch = Watch(sla, Story(visibility=visibility))
        watch.story.message("m1", 0)
        await watch.hear(0)
        clocks = await sla.clocks.of_conversation(watch.story.now.id)
        assert [clock.target_seconds for clock in clocks] == [target]


async def test_SL_07_the_agreed_time_counts_in_ticket_words_and_a_distribution_wins() -> None:
    workflow = WorkflowSettings(vocabulary=Vocabulary.TICKET, agreed_response_minutes=60)
    fast = Distribution(name="Fast", channels=(CHANNEL,), target_minutes=5)
    for distributions, target in (({}, 3600), ({"fast": fast}, 300)):
        sla = SlaInMemory(policies={}, distributions=distributions, workflow=workflow)
        watch = Watch(sla, Story(desk(distributions=distributions)))
        watch.story.message("m1", 0)
        await watch.hear(0)
        assert (await watch.clock()).target_seconds == target
    queue = SlaInMemory(policies={}, workflow=WorkflowSettings(agreed_response_minutes=60))
    watch = Watch(queue)
    watch.story.message("m1", 0)
    await watch.hear(0)
    assert await queue.all() == {}


async def test_a_schedule_is_the_distributions_else_the_channels_else_the_default() -> None:
    schedules = {
        name: ScheduleSettings(name=name, hours=_hours(f"{hour}:00-23:00"), channels=channels)
        for name, hour, channels in (("own", 12, ()), ("channel", 13, (CHANNEL,)), ("default", 14, ()))
    }
    workflow = WorkflowSettings(default_schedule="default")
    fast = {"fast": Distribution(name="Fast", channels=(CHANNEL,), schedule="own")}
    cases: tuple[tuple[dict[str, Distribution], dict[str, ScheduleSettings], int | None], ...] = (
        (fast, schedules, 12),
        ({}, schedules, 13),
        ({}, {"default": schedules["default"]}, 14),
        ({}, {}, None),
    )
    for distributions, found, hour in cases:
        sla = SlaInMemory({"care": policy()}, found, distributions, workflow)
        watch = Watch(sla, Story(desk(distributions=distributions)))
        watch.story.message("m1", 0)
        await watch.hear(0)
        expected = at(600) if hour is None else datetime(2026, 3, 2, hour, 10, tzinfo=UTC)
        assert (await watch.clock()).due_at == expected


def _hours(shift: str) -> ScheduleForm:
    return ScheduleForm.model_validate({"zone": "UTC", "week": {"mon": [shift]}})


async def test_SL_11_received_and_answered_outside_hours_takes_no_time() -> None:
    night = {"s": ScheduleSettings(name="Night", hours=_hours("20:00-21:00"), channels=(CHANNEL,))}
    watch = Watch(SlaInMemory({"care": policy()}, night))
    watch.story.message("m1", 0)
    await watch.hear(0)
    watch.story.reply("r1", 3600).accept("r1", 3601)
    await watch.hear(3601)
    clock = await watch.clock()
    assert (clock.outcome, clock.elapsed_seconds) == (ClockOutcome.MET, 0)


async def _vector(
    schedule: str | None, target: int, spans: list[list[str | None]], **more: Any
) -> tuple[SlaInMemory, str]:
    """A clock over these spans, as the service keeps it."""
    named = {"s": schedule} if schedule is not None else {}
    hours = {
        id: ScheduleSettings(name="S", hours=VECTORS["schedules"][name], channels=(CHANNEL,))
        for id, name in named.items()
    }
    begun = [Span.model_validate({"start": start, "end": end}) for start, end in spans]
    sla = SlaInMemory({"p": policy(first_minutes=target, **more)}, hours, clock=ManualClock(begun[-1].start))
    now = Story().message("m1", 0).now
    turn = now.turns[0].model_copy(update={"spans": tuple(begun)})
    await sla.hear(changed(now.model_copy(update={"turns": (turn,)})))
    return sla, (await sla.all())["first 1.1"].id


@pytest.mark.parametrize("vector", VECTORS["clocks"], ids=lambda vector: vector["id"])
async def test_vectors_of_clocks_hold_for_the_running_service(vector: dict[str, Any]) -> None:
    sla, id = await _vector(vector["schedule"], vector["target_min"], vector["spans"])
    clock = await sla.clocks.get(id)
    assert clock is not None
    assert clock.due_at == datetime.fromisoformat(vector["due_at"])


@pytest.mark.parametrize("vector", VECTORS["due"], ids=lambda vector: vector["id"])
async def test_vectors_of_due_times_hold_for_the_running_service(vector: dict[str, Any]) -> None:
    """And the breach is said strictly after breach_at, not at it."""
    sla, id = await _vector(vector["schedule"], vector["target_min"], [[vector["start"], None]])
    clock = await sla.clocks.get(id)
    assert clock is not None
    breach_at = datetime.fromisoformat(vector["breach_at"])
    assert (clock.due_at, clock.breach_at) == (datetime.fromisoformat(vector["due_at"]), breach_at)
    await sla.ring(breach_at)
    assert ("SlaBreached", id) not in sla.alarms()
    await sla.ring(breach_at + timedelta(milliseconds=1))
    assert sla.alarms() == [("SlaWarned", id), ("SlaBreached", id)]


@pytest.mark.parametrize("vector", VECTORS["working_time"], ids=lambda vector: vector["id"])
async def test_vectors_of_working_time_hold_for_the_running_service(vector: dict[str, Any]) -> None:
    """Met iff the time used is at most the target: a second less of a target, and it is breached."""
    begun, ended = (datetime.fromisoformat(vector[end]).astimezone(UTC) for end in ("from", "to"))
    hours = {"s": ScheduleSettings(name="S", hours=VECTORS["schedules"][vector["schedule"]], channels=(CHANNEL,))}
    minutes = max(vector["seconds"] // 60, 1)
    for target, outcome in ((minutes, ClockOutcome.MET), (minutes - 1, ClockOutcome.BREACHED)):
        if target < 1 or (outcome is ClockOutcome.BREACHED and not vector["seconds"]):
            continue
        sla = SlaInMemory({"p": policy(first_minutes=target)}, hours, clock=ManualClock(ended))
        now = Story().message("m1", 0).now
        turn = now.turns[0].model_copy(update={"spans": (Span(start=begun, end=ended),), "ended_at": ended})
        await sla.hear(changed(now.model_copy(update={"turns": (turn,)})))
        clock = (await sla.all())["first 1.1"]
        assert (clock.outcome, clock.elapsed_seconds) == (outcome, vector["seconds"])


async def test_SL_06_vectors_of_colours_hold_for_the_running_service() -> None:
    vector = VECTORS["colours"]
    sla, id = await _vector(
        vector["schedule"], vector["target_min"], [[vector["start"], None]], warn_percent=vector["warn_percent"]
    )
    alarms = {"grey": 0, "orange": 1, "red": 2}
    for moment in vector["at"]:
        now = datetime.fromisoformat(moment["t"]).astimezone(UTC)
        await sla.ring(now)
        clock = await sla.clocks.get(id)
        assert clock is not None
        assert clock.schedule is not None
        spans = [(span.start, span.end) for span in clock.spans]
        schedule: Schedule = clock.schedule.schedule()
        target, warn = timedelta(seconds=clock.target_seconds), timedelta(seconds=clock.warn_seconds)
        look = shown(schedule, spans, target, warn, now)
        assert look is not None
        assert look.colour == moment["colour"]
        assert len(sla.alarms()) == alarms[moment["colour"]], moment["t"]


async def test_the_first_end_heard_of_from_a_later_episode_waits_for_its_own_episodes_terms() -> None:
    """A turn still being answered when the next episode opens, its acceptance heard before its beginning."""
    story = Story()
    steps: tuple[Callable[[], Story], ...] = (
        lambda: story.message("m1", 0),
        lambda: story.reply("r1", 60),
        lambda: story.act(Resolve(), 70),
        lambda: story.message("m2", 80),
        lambda: story.accept("r1", 90),
    )
    events = [changed(step().now, *story.facts) for step in steps]
    watch = Watch(story=story)
    await watch.sla.hear(events[-1])
    assert "first 1.1" not in await watch.sla.all()
    await watch.sla.hear(events[0])
    clock = await watch.clock()
    assert (clock.outcome, clock.elapsed_seconds) == (ClockOutcome.MET, 60)
