"""Dead letters, retries and bounds on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import aio_pika
import pytest
from prometheus_client import CollectorRegistry

from shared.bus import Bus, answers, consumes
from shared.bus.dead_letters import dead_letters
from shared.bus.outcome import LADDER
from shared.bus.topology import DELIVERY_LIMIT
from shared.bus.wire import ATTEMPT, to_message
from shared.clock import SystemClock
from shared.contracts.base import Meta
from shared.errors import NotFound, RetryLater, TimedOut
from tests.support.bells import BELLS, BellLookedAt, BellPolished, BellRang, RingBell, Rung, rang, said
from tests.support.eventually import eventually
from tests.support.listener import Listener
from tests.support.towns import RealTown, real_town

pytestmark = pytest.mark.integration


@pytest.fixture
async def town(rabbit_url: str, prefix: str) -> AsyncIterator[RealTown]:
    async with real_town(rabbit_url, prefix) as town:
        yield town


async def died(town: RealTown, count: int) -> None:
    async with dead_letters(town.url, town.prefix) as letters:

        async def as_many() -> bool:
            return await letters.count() == count

        await eventually(as_many)


async def test_a_letter_tells_its_queue_causes_and_traceback(town: RealTown) -> None:
    tower = await town.bus("tower")

    async def failing(event: BellRang, meta: Meta) -> None:
        try:
            raise KeyError("rope")
        except KeyError as error:
            raise RuntimeError("cannot ring " + "x" * 1_000_000 + "\udc80") from error

    await tower.start([consumes(BellRang, failing)])
    await tower.publish(rang("Maria", "m"))
    await died(town, 1)
    async with dead_letters(town.url, town.prefix) as letters:
        (letter,) = await letters.list()
        assert (letter.queue, letter.type, letter.event_id) == (f"{town.prefix}.tower.bell.rang", BellRang.type, "m")
        assert (letter.reason, letter.attempts) == ("failed", 1)
        assert letter.causes[0].startswith("RuntimeError: cannot ring xxx")
        assert letter.causes[1] == "KeyError: 'rope'"
        assert "failing" in letter.traceback
        assert letter.died_at
        assert letter.body == b'{"bell":"Maria"}'
        assert await letters.show(letter.id) == letter
        with pytest.raises(NotFound):
            await letters.show("nothing")


async def test_letters_are_replayed_and_dropped_one_by_one(town: RealTown) -> None:
    tower, errors = await town.bus("tower"), [ValueError(str(number)) for number in range(3)]
    listener = Listener(*errors)
    await tower.start([consumes(BellPolished, listener, prefetch=1)])
    for bell in "abc":
        await tower.publish(said(BellPolished(bell=bell), bell))
    await died(town, 3)
    async with dead_letters(town.url, town.prefix) as letters:
        ids = {letter.event_id: letter.id for letter in await letters.list()}
        assert await letters.replay([ids["b"]]) == 1
        await listener.times(4)
        assert await letters.drop([ids["a"]]) == 1
        assert [letter.event_id for letter in await letters.list()] == ["c"]
        assert await letters.drop() == 1
        assert await letters.count() == 0
    assert listener.bells[3] == "b"


async def test_listing_again_and_again_loses_no_letter(town: RealTown) -> None:
    tower = await town.bus("tower")
    await tower.start([consumes(BellRang, Listener(ValueError("no")))])
    await tower.publish(rang("Maria", "m"))
    await died(town, 1)
    async with dead_letters(town.url, town.prefix) as letters:
        for _ in range(DELIVERY_LIMIT + 5):
            assert [letter.event_id for letter in await letters.list()] == ["m"]


async def test_a_prefix_that_was_never_set_up_is_not_found(rabbit_url: str, prefix: str) -> None:
    with pytest.raises(NotFound, match=prefix):
        async with dead_letters(rabbit_url, prefix):
            raise AssertionError


async def test_a_letter_that_names_no_queue_of_ours_stays(town: RealTown) -> None:
    await town.bus("tower")
    async with await aio_pika.connect(town.url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"stray"), f"{town.prefix}.dead")
    async with dead_letters(town.url, town.prefix) as letters:
        (letter,) = await letters.list()
        assert await letters.replay() == 0
        assert await letters.list() == (letter,)


async def test_something_that_is_not_ours_is_parked(town: RealTown) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.start([consumes(BellRang, listener)])
    async with await aio_pika.connect(town.url) as connection:
        channel = await connection.channel()
        queue = f"{town.prefix}.tower.bell.rang"
        for strange in (b"\xff\x00", b"", b"[]"):
            await channel.default_exchange.publish(aio_pika.Message(strange), queue)
        message = to_message(rang("ok"), service="x")
        message.headers[ATTEMPT] = "many"
        await channel.default_exchange.publish(message, queue)
    await listener.times(1)
    await died(town, 3)
    async with dead_letters(town.url, town.prefix) as letters:
        assert {letter.reason for letter in await letters.list()} == {"undecodable"}


async def test_after_the_last_rung_of_the_ladder_it_is_parked_as_exhausted(town: RealTown) -> None:
    tower, listener = await town.bus("tower"), Listener(RetryLater("never"))
    await tower.start([consumes(BellRang, listener)])
    message = to_message(rang("tired", "t"), service="x")
    message.headers[ATTEMPT] = sum(times for _, times in LADDER)
    async with await aio_pika.connect(town.url) as connection:
        await (await connection.channel()).default_exchange.publish(message, f"{town.prefix}.tower.bell.rang")
    await died(town, 1)
    assert await town.dead() == [("t", "exhausted")]
    assert listener.heard[0][1].redelivered


async def test_what_kills_its_process_again_and_again_is_parked_by_the_broker_and_can_be_replayed(
    town: RealTown,
) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.publish(rang("deadly", "d"))
    async with await aio_pika.connect(town.url) as connection:
        for _ in range(DELIVERY_LIMIT + 1):
            channel = await connection.channel()
            queue = await channel.get_queue(f"{town.prefix}.tower.bell.rang")
            await eventually(partial(queue.get, fail=False))
            await channel.close()
    await died(town, 1)
    async with dead_letters(town.url, town.prefix) as letters:
        (letter,) = await letters.list()
        assert letter.reason == "delivery_limit"
        assert letter.queue == f"{town.prefix}.tower.bell.rang"
        await tower.start([consumes(BellRang, listener)])
        await letters.replay([letter.id])
    await listener.times(1)
    assert listener.heard[0][1].redelivered


async def test_no_more_deliveries_are_in_hand_than_the_prefetch(town: RealTown) -> None:
    tower, now, most = await town.bus("tower"), 0, 0

    async def slow(event: BellPolished, meta: Meta) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        if event.bell == "29":
            done.set()

    done = asyncio.Event()
    for number in range(30):
        await tower.publish(said(BellPolished(bell=str(number))))
    await tower.start([consumes(BellPolished, slow, prefetch=4)])
    await done.wait()
    assert most == 4


async def test_one_process_at_a_time_hears_what_is_single_active_and_another_takes_over(town: RealTown) -> None:
    first, second = await town.bus("tower"), await town.bus("tower")
    one, two = Listener(), Listener()
    await first.start([consumes(BellLookedAt, one)])
    await second.start([consumes(BellLookedAt, two)])
    for number in range(10):
        await first.publish(said(BellLookedAt(bell=str(number))))
    await one.times(10)
    assert two.heard == []
    await first.close()
    await second.publish(said(BellLookedAt(bell="next")))
    await two.times(1)


async def test_a_command_past_its_deadline_is_not_carried_out(town: RealTown) -> None:
    tower, church, rung = await town.bus("tower"), await town.bus("church"), []

    async def ring(command: RingBell, meta: Meta) -> Rung:
        rung.append(command.bell)
        return Rung(times=1)

    with pytest.raises(TimedOut):
        await church.ask(RingBell(bell="late"), timeout=0.2)
    await tower.start([answers(RingBell, ring)])
    await church.ask(RingBell(bell="in time"))
    assert rung == ["in time"]


async def test_metrics_count_what_was_published_and_what_became_of_it(town: RealTown) -> None:
    registry = CollectorRegistry()
    tower = Bus(town.url, town.prefix, service="tower", metrics=registry, clock=SystemClock(), topology=BELLS)
    town.buses.append(tower)
    await tower.connect()
    listener = Listener(ValueError("no"))
    await tower.start([consumes(BellPolished, listener)])
    for bell in "ab":
        await tower.publish(said(BellPolished(bell=bell)))
    await listener.times(2)

    def counted(outcome: str) -> float:
        labels = {"handler": BellPolished.type, "outcome": outcome}
        return registry.get_sample_value("switchboard_bus_handled_total", labels) or 0

    await eventually(lambda: (counted("done"), counted("failed")) == (1, 1))
    assert registry.get_sample_value("switchboard_bus_published_total", {"outcome": "confirmed"}) == 2
    assert registry.get_sample_value("switchboard_bus_handler_seconds_count", {"handler": BellPolished.type}) == 2
    await eventually(lambda: registry.get_sample_value("switchboard_bus_in_flight") == 0)
