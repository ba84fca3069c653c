"""What every bus promises, the real one and the one in memory alike."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.bus import Envelope, Row, answers, consumes, hears, metadata
from shared.clock import SystemClock
from shared.contracts.base import SYSTEM, Actor, Contract, Done, Meta
from shared.contracts.words import ActorKind
from shared.errors import Conflict, NotFound, RetryLater, SwitchboardError, TimedOut
from tests.support.bells import (
    BellCracked,
    BellLookedAt,
    BellPolished,
    BellRang,
    CountBells,
    RingBell,
    Rung,
    rang,
    said,
)
from tests.support.eventually import eventually
from tests.support.listener import Listener
from tests.support.towns import FakeTown, Town, real_town


@pytest.fixture(params=["memory", pytest.param("broker", marks=pytest.mark.integration)])
async def town(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Town]:
    if request.param == "memory":
        yield FakeTown()
        return
    async with real_town(request.getfixturevalue("rabbit_url"), prefix) as real:
        yield real


async def test_an_event_reaches_every_service_that_hears_it_once_with_its_metadata(town: Town) -> None:
    tower, church, listeners = await town.bus("tower"), await town.bus("church"), (Listener(), Listener())
    await tower.start([consumes(BellRang, listeners[0])])
    await church.start([consumes(BellRang, listeners[1])])
    cause = Meta(
        event_id="cause",
        type="x",
        occurred_at=SystemClock().now(),
        correlation_id="story",
        by_rule="rule",
        actor=Actor(kind=ActorKind.SYSTEM, id="sexton", name="Ñandú 🔔"),
    )
    entry = rang("Emmanuel")
    entry = type(entry)(
        meta=metadata(BellRang(bell="x"), cause=cause, event_id="e1", now=cause.occurred_at), body=entry.body
    )
    await tower.publish(entry)
    for listener in listeners:
        await listener.times(1)
        assert listener.heard == [(BellRang(bell="Emmanuel"), entry.meta)]
    meta = listeners[0].heard[0][1]
    assert (meta.correlation_id, meta.causation_id, meta.by_rule, meta.actor) == ("story", "cause", "rule", cause.actor)
    assert not meta.redelivered


async def test_processes_of_one_service_share_its_events(town: Town) -> None:
    first, second, one, two = await town.bus("tower"), await town.bus("tower"), Listener(), Listener()
    await first.start([consumes(BellPolished, one)])
    await second.start([consumes(BellPolished, two)])
    for number in range(20):
        await first.publish(said(BellPolished(bell=str(number))))
    await eventually(lambda: len(one.heard) + len(two.heard) == 20)
    assert sorted(one.bells + two.bells) == sorted(str(number) for number in range(20))
    assert one.heard
    assert two.heard


async def test_what_is_published_before_anybody_listens_waits(town: Town) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.publish(said(BellPolished(bell="early")))
    await tower.start([consumes(BellPolished, listener)])
    await listener.times(1)
    assert listener.bells == ["early"]


async def test_a_service_that_hears_only_what_is_about_something_is_spared_the_rest(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    everything, golden = Listener(), Listener()
    await tower.start([consumes(BellPolished, everything)])
    await church.start([consumes(BellPolished, golden)])
    for bell in ("Iron", "Gold", "Tin", "Gold"):
        await tower.publish(said(BellPolished(bell=bell)))
    await everything.times(4)
    await golden.times(2)
    assert sorted(everything.bells) == ["Gold", "Gold", "Iron", "Tin"]
    assert golden.bells == ["Gold", "Gold"]


async def test_an_event_that_nobody_hears_is_not_published(town: Town) -> None:
    tower = await town.bus("tower")
    await tower.publish(said(BellCracked(bell="Tsar")))
    assert await town.dead() == []


async def test_retry_later_brings_it_back_marked_as_a_repeat(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    again, calm = Listener(RetryLater("not yet"), TimedOut("slow")), Listener()
    await tower.start([consumes(BellRang, again)])
    await church.start([consumes(BellRang, calm)])
    await tower.publish(rang("Maria"))
    await again.times(3)
    assert [meta.redelivered for _, meta in again.heard] == [False, True, True]
    assert again.bells == ["Maria"] * 3
    assert calm.bells == ["Maria"], "another service's retry is none of its business"
    assert await town.dead() == []


async def test_a_cancellation_from_within_a_handler_is_another_try_and_not_a_loss(town: Town) -> None:
    tower, tries = await town.bus("tower"), []

    async def waits_in_vain(event: BellPolished, meta: Meta) -> None:
        tries.append(meta.redelivered)
        if len(tries) == 1:
            given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            given_up.cancel()
            await given_up

    await tower.start([consumes(BellPolished, waits_in_vain)])
    await tower.publish(said(BellPolished(bell="a")))
    await eventually(lambda: tries == [False, True])


async def test_another_error_parks_it_and_stops_no_neighbour(town: Town) -> None:
    tower, poisoned, neighbour = await town.bus("tower"), Listener(ValueError("no")), Listener()
    await tower.start([consumes(BellRang, poisoned), consumes(BellPolished, neighbour)])
    await tower.publish(rang("cracked", "dies"))
    await tower.publish(rang("sound", "lives"))
    await tower.publish(said(BellPolished(bell="shiny")))
    await poisoned.times(2)
    await neighbour.times(1)
    await parked(town, [("dies", "failed")])


async def test_a_body_that_its_contract_refuses_is_parked(town: Town) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.start([consumes(BellRang, listener)])
    entry = rang("x", "bad")
    await tower.publish(Envelope(meta=entry.meta, body=b'{"bell": 5'))
    await tower.publish(rang("good"))
    await listener.times(1)
    await parked(town, [("bad", "undecodable")])
    assert listener.bells == ["good"]


async def test_a_replayed_letter_returns_to_its_own_queue_only_and_says_so(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    failing, calm = Listener(ValueError("once")), Listener()
    await tower.start([consumes(BellRang, failing)])
    await church.start([consumes(BellRang, calm)])
    await tower.publish(rang("Maria", "m"))
    await parked(town, [("m", "failed")])
    await calm.times(1)
    await town.replay()
    await failing.times(2)
    assert failing.heard[1][1].redelivered
    assert await town.dead() == []
    assert len(calm.heard) == 1


async def test_a_command_is_answered_with_its_reply_type(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")

    async def ring(command: RingBell, meta: Meta) -> Rung:
        return Rung(times=command.times + (1 if meta.actor == SYSTEM else 0))

    await tower.start([answers(RingBell, ring)])
    assert await church.ask(RingBell(bell="Maria", times=2)) == Rung(times=3)


async def test_the_metadata_of_a_command_reaches_its_handler(town: Town) -> None:
    tower, church, seen = await town.bus("tower"), await town.bus("church"), []

    async def ring(command: RingBell, meta: Meta) -> Rung:
        seen.append(meta)
        return Rung(times=len(seen))

    await tower.start([answers(RingBell, ring)])
    command = RingBell(bell="Maria")
    meta = metadata(command, cause=None, event_id="key", now=SystemClock().now())
    await church.ask(command, meta=meta)
    await church.ask(command, meta=meta)
    assert [one.event_id for one in seen] == ["key", "key"]


async def test_errors_come_back_as_themselves(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    errors: dict[str, Exception] = {
        "gone": NotFound("no such bell"),
        "moved": Conflict("somebody was first", current={"version": 3}),
        "busy": RetryLater("too many ringers"),
        "bug": KeyError("secret"),
    }

    async def ring(command: RingBell, meta: Meta) -> Rung:
        raise errors[command.bell]

    await tower.start([answers(RingBell, ring)])
    with pytest.raises(NotFound, match="no such bell"):
        await church.ask(RingBell(bell="gone"))
    with pytest.raises(Conflict) as conflict:
        await church.ask(RingBell(bell="moved"))
    assert conflict.value.extra == {"current": {"version": 3}}
    with pytest.raises(RetryLater):
        await church.ask(RingBell(bell="busy"))
    with pytest.raises(SwitchboardError) as bug:
        await church.ask(RingBell(bell="bug"))
    assert bug.value.status == 500
    assert "secret" not in bug.value.detail


async def test_a_reply_of_another_type_is_an_error(town: Town) -> None:
    tower = await town.bus("tower")

    async def ring(command: RingBell, meta: Meta) -> Contract:
        return Done()

    await tower.start([answers(RingBell, ring)])
    with pytest.raises(SwitchboardError):
        await tower.ask(RingBell(bell="x"))


async def test_no_answer_in_time_is_a_time_out(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    release = asyncio.Event()

    async def ring(command: RingBell, meta: Meta) -> Rung:
        await release.wait()
        return Rung(times=1)

    await tower.start([answers(RingBell, ring)])
    with pytest.raises(TimedOut):
        await church.ask(RingBell(bell="x"), timeout=0.2)
    release.set()
    with pytest.raises(TimedOut):
        await tower.ask(CountBells(), service="church", timeout=0.2)


async def test_ten_commands_are_answered_at_once(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")

    everybody = asyncio.Barrier(10)

    async def ring(command: RingBell, meta: Meta) -> Rung:
        await everybody.wait()
        return Rung(times=command.times)

    await tower.start([answers(RingBell, ring)])
    async with asyncio.timeout(30):
        replies = await asyncio.gather(*(church.ask(RingBell(bell="x", times=number)) for number in range(10)))
    assert [reply.times for reply in replies] == list(range(10))


async def test_a_verb_of_several_services_is_asked_of_one_by_name(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")

    def counts(times: int) -> Row:
        async def count(command: CountBells, meta: Meta) -> Rung:
            return Rung(times=times)

        return answers(CountBells, count)

    await tower.start([counts(7)])
    await church.start([counts(2)])
    assert (await church.ask(CountBells(), service="tower")).times == 7
    assert (await tower.ask(CountBells(), service="church")).times == 2
    with pytest.raises(ValueError, match="say which"):
        await tower.ask(CountBells())


async def test_a_broadcast_reaches_every_process_that_hears_it_and_nobody_who_does_not(town: Town) -> None:
    first, second, church, deaf = [await town.bus(name) for name in ("tower", "tower", "church", "church")]
    listeners = [Listener(ValueError("ignored")), Listener(), Listener(), Listener()]
    await first.start([hears(BellRang, listeners[0]), hears(BellRang, listeners[1])])
    await second.start([hears(BellRang, listeners[2])])
    await church.start([hears(BellPolished, listeners[3])])
    await deaf.broadcast(BellRang(bell="fire"))
    await deaf.broadcast(BellPolished(bell="after"))
    for listener in listeners:
        await listener.times(1)
    assert [listener.bells for listener in listeners] == [["fire"], ["fire"], ["fire"], ["after"]]
    assert await town.dead() == []


async def test_a_handler_cancelled_by_a_stop_loses_nothing(town: Town) -> None:
    first, started, listener = await town.bus("tower"), asyncio.Event(), Listener()

    async def stuck(event: BellPolished, meta: Meta) -> None:
        started.set()
        await asyncio.Event().wait()

    await first.start([consumes(BellPolished, stuck)])
    await first.publish(said(BellPolished(bell="kept")))
    await started.wait()
    await first.stop_consuming(within=0.2)
    second = await town.bus("tower")
    await second.start([consumes(BellPolished, listener)])
    await listener.times(1)
    assert listener.bells == ["kept"]
    assert listener.heard[0][1].redelivered


async def test_a_stop_lets_handlers_finish_and_publishing_goes_on(town: Town) -> None:
    tower, started, release, ended = await town.bus("tower"), asyncio.Event(), asyncio.Event(), []

    async def slow(event: BellPolished, meta: Meta) -> None:
        started.set()
        await release.wait()
        ended.append(event.bell)

    await tower.start([consumes(BellPolished, slow)])
    await tower.publish(said(BellPolished(bell="a")))
    await started.wait()
    stopping = asyncio.create_task(tower.stop_consuming())
    asyncio.get_running_loop().call_later(0.1, release.set)
    await stopping
    assert ended == ["a"]
    await tower.publish(rang("last words"))
    assert tower.healthy() is None


@pytest.mark.parametrize(
    "rows",
    [
        [consumes(BellCracked, Listener())],
        [consumes(BellRang, Listener()), consumes(BellRang, Listener())],
        [answers(RingBell, Listener())],  # type: ignore[arg-type]  # a listener answers nothing; the row is refused anyway
    ],
    ids=["not in the topology", "twice", "another service's"],
)
async def test_a_wrong_table_is_refused(town: Town, rows: list[Row]) -> None:
    church = await town.bus("church")
    with pytest.raises(ValueError, match=r"bell|tower"):
        await church.start(rows)


async def test_a_second_start_adds_rows(town: Town) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")
    rung, polished, first, second = Listener(), Listener(), Listener(), Listener()

    async def count(command: CountBells, meta: Meta) -> Rung:
        return Rung(times=7)

    async def ring(command: RingBell, meta: Meta) -> Rung:
        return Rung(times=command.times)

    await tower.start([answers(CountBells, count), hears(BellRang, first), consumes(BellRang, rung)])
    with pytest.raises(RetryLater, match="yet"):
        await church.ask(RingBell(bell="Maria"))
    await tower.start([answers(RingBell, ring), hears(BellRang, second), consumes(BellPolished, polished)])
    assert await church.ask(RingBell(bell="Maria", times=3)) == Rung(times=3)
    assert (await church.ask(CountBells(), service="tower")).times == 7
    await church.publish(rang("Maria"))
    await church.publish(said(BellPolished(bell="Emma")))
    await church.broadcast(BellRang(bell="fire"))
    for listener in (rung, polished, first, second):
        await listener.times(1)
    assert [rung.bells, polished.bells, first.bells, second.bells] == [["Maria"], ["Emma"], ["fire"], ["fire"]]


async def test_a_second_start_with_a_row_that_is_there_is_refused(town: Town) -> None:
    tower = await town.bus("tower")
    await tower.start([consumes(BellLookedAt, Listener())])
    with pytest.raises(ValueError, match="twice"):
        await tower.start([consumes(BellLookedAt, Listener())])


async def parked(town: Town, expected: list[tuple[str, str]]) -> None:
    async def as_expected() -> bool:
        return await town.dead() == expected

    await eventually(as_expected)
