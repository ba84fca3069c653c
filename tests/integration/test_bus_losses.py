"""The bus when the broker, the connection or the topology breaks."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from shared.bus import Bus, answers, consumes, hears
from shared.bus.session import LOOK_EVERY
from shared.contracts.base import Meta
from shared.errors import RetryLater
from shared.local.rabbitmq import find_rabbitmq
from shared.startup import BadSetting, StartupError
from tests.support.bells import BellPolished, BellRang, RingBell, Rung, rang, said
from tests.support.eventually import eventually
from tests.support.listener import Listener
from tests.support.servers import LocalRabbit
from tests.support.towns import RealTown, real_town
from tests.support.wire import Wire

pytestmark = pytest.mark.integration


@pytest.fixture
async def town(rabbit_url: str, prefix: str) -> AsyncIterator[RealTown]:
    async with real_town(rabbit_url, prefix) as town:
        yield town


@pytest.fixture
async def wire(rabbit_url: str) -> AsyncIterator[Wire]:
    wire = Wire(rabbit_url)
    yield wire
    await wire.close()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[LocalRabbit]:
    broker = LocalRabbit(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


async def published(bus: Bus, event_id: str, bell: str = "Maria", within: float = 20.0) -> None:
    """Publish as an outbox does: again until it is confirmed."""

    async def confirmed() -> bool:
        try:
            await bus.publish(rang(bell, event_id))
        except RetryLater:
            return False
        return True

    await eventually(confirmed, within)


@asynccontextmanager
async def channel_of(url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(url) as connection:
        yield await connection.channel()


async def test_a_cut_connection_comes_back_by_itself_and_consumes(town: RealTown, wire: Wire) -> None:
    tower, listener, live = town.new_bus("tower", await wire.open()), Listener(), Listener()
    connects: list[bool] = []
    tower.on_connect(lambda: connects.append(True))
    await tower.connect()
    await tower.start([consumes(BellRang, listener), hears(BellPolished, live)])
    for number in range(3):
        wire.cut()
        await eventually(lambda: tower.healthy() is not None)
        await published(tower, str(number), str(number))
        await eventually(lambda: tower.healthy() is None)
        await listener.times(number + 1)
        await tower.broadcast(BellPolished(bell="x"))
        await live.times(number + 1)
    assert {"0", "1", "2"} <= set(listener.bells)
    assert len(connects) == 4


async def test_while_the_broker_is_away_publish_and_ask_say_retry_later_at_once(town: RealTown, wire: Wire) -> None:
    tower = town.new_bus("tower", await wire.open())
    await tower.connect()
    wire.cut(down=True)
    await eventually(lambda: tower.healthy() is not None)
    started = monotonic()
    with pytest.raises(RetryLater):
        await tower.publish(rang("x"))
    with pytest.raises(RetryLater):
        await tower.ask(RingBell(bell="x"))
    await tower.broadcast(BellRang(bell="x"))
    assert monotonic() - started < 3.0  # one that waited would take 5
    wire.down = False
    await eventually(lambda: tower.healthy() is None)
    await tower.publish(rang("x"))


async def test_publishing_when_the_wire_breaks_raises_and_never_hangs(town: RealTown, wire: Wire) -> None:
    tower, listener = town.new_bus("tower", await wire.open()), Listener()
    church = await town.bus("church")
    await church.start([consumes(BellRang, listener)])
    await tower.connect()
    publishing = [asyncio.create_task(tower.publish(rang(str(number), str(number)))) for number in range(300)]
    await asyncio.sleep(0.02)
    wire.cut()
    async with asyncio.timeout(30):
        results = await asyncio.gather(*publishing, return_exceptions=True)
    assert all(result is None or isinstance(result, RetryLater) for result in results)
    confirmed = {str(number) for number, result in enumerate(results) if result is None}
    await eventually(lambda: confirmed <= set(listener.bells))


async def test_who_waits_for_an_answer_is_told_that_the_connection_broke(town: RealTown, wire: Wire) -> None:
    tower, church = await town.bus("tower"), town.new_bus("church", await wire.open())
    asked = asyncio.Event()

    async def ring(command: RingBell, meta: Meta) -> Rung:
        asked.set()
        await asyncio.sleep(0.2)
        return Rung(times=1)

    await tower.start([answers(RingBell, ring)])
    await church.connect()
    asking = asyncio.create_task(church.ask(RingBell(bell="x"), timeout=30))
    await asked.wait()
    wire.cut()
    async with asyncio.timeout(15):
        with pytest.raises(RetryLater):
            await asking


async def test_a_handler_is_not_cancelled_by_a_lost_connection_and_its_event_comes_again(
    town: RealTown, wire: Wire
) -> None:
    tower, release, ended = town.new_bus("tower", await wire.open()), asyncio.Event(), []

    async def slow(event: BellPolished, meta: Meta) -> None:
        await release.wait()
        ended.append(meta.redelivered)

    await tower.connect()
    await tower.start([consumes(BellPolished, slow)])
    await tower.publish(said(BellPolished(bell="a")))
    await eventually(lambda: tower._work._tasks)
    wire.cut()
    await eventually(lambda: tower.healthy() is not None)
    release.set()
    await eventually(lambda: len(ended) == 2)
    assert ended == [False, True]


async def test_a_deleted_queue_is_declared_and_consumed_again(town: RealTown, rabbit_url: str) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.start([consumes(BellRang, listener)])
    async with channel_of(rabbit_url) as channel:
        await channel.queue_delete(f"{town.prefix}.tower.bell.rang")
    await eventually(lambda: tower.healthy() is not None)
    await eventually(lambda: tower.healthy() is None)
    await published(tower, "1")
    await listener.times(1)


async def test_an_unroutable_publish_is_an_error_and_the_topology_is_mended(town: RealTown, rabbit_url: str) -> None:
    tower, listener = await town.bus("tower"), Listener()
    await tower.start([consumes(BellPolished, listener)])
    async with channel_of(rabbit_url) as channel:
        queue = await channel.get_queue(f"{town.prefix}.tower.bell.polished")
        await queue.unbind(f"{town.prefix}.events", "bell.polished.v1.#")
    with pytest.raises(RetryLater, match="no queue"):
        await tower.publish(said(BellPolished(bell="a")))

    async def confirmed() -> bool:
        try:
            await tower.publish(said(BellPolished(bell="b")))
        except RetryLater:
            return False
        return True

    await eventually(confirmed)
    await listener.times(1)
    assert listener.bells == ["b"]


async def test_a_deleted_exchange_is_declared_again(town: RealTown, rabbit_url: str) -> None:
    tower = await town.bus("tower")
    async with channel_of(rabbit_url) as channel:
        await channel.exchange_delete(f"{town.prefix}.events")
    with pytest.raises(RetryLater):
        await tower.publish(rang("x"))
    await published(tower, "1")


async def test_a_half_declared_topology_is_completed(town: RealTown, rabbit_url: str) -> None:
    async with channel_of(rabbit_url) as channel:
        await channel.declare_exchange(f"{town.prefix}.events", "topic", durable=True)
        await channel.declare_queue(
            f"{town.prefix}.retry.1s",
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-message-ttl": 1000,
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
    tower, listener = await town.bus("tower"), Listener(RetryLater("once"))
    await tower.start([consumes(BellRang, listener)])
    await tower.publish(rang("a"))
    await listener.times(2)


async def test_a_retry_waits_for_its_tier_to_be_declared_again(town: RealTown, rabbit_url: str) -> None:
    tower, listener = await town.bus("tower"), Listener(RetryLater("once"))
    await tower.start([consumes(BellRang, listener)])
    async with channel_of(rabbit_url) as channel:
        await channel.queue_delete(f"{town.prefix}.retry.1s")
    await tower.publish(rang("a"))
    await listener.times(2)


async def test_a_queue_of_another_kind_ends_the_start_with_a_reason(town: RealTown, rabbit_url: str) -> None:
    async with channel_of(rabbit_url) as channel:
        await channel.declare_queue(f"{town.prefix}.tower.bell.rang", durable=True)
    with pytest.raises(StartupError, match="another kind"):
        await town.bus("tower")


async def test_a_refused_password_ends_the_start_with_a_reason(town: RealTown, rabbit_url: str) -> None:
    with pytest.raises(BadSetting, match="SWITCHBOARD_RABBIT_URL"):
        await town.new_bus("tower", rabbit_url.replace("://", "://not", 1)).connect()


async def test_an_address_that_is_none_ends_the_start_with_a_reason(town: RealTown) -> None:
    with pytest.raises(BadSetting, match="SWITCHBOARD_RABBIT_URL"):
        await town.new_bus("tower", "amqp://broker:notaport/").connect()


async def test_a_killed_broker_keeps_what_was_confirmed_and_a_wiped_one_is_set_up_anew(
    own_broker: LocalRabbit, tmp_path: Path
) -> None:
    town, listener = RealTown(own_broker.url, "kill"), Listener()
    tower, church = await town.bus("tower"), await town.bus("church")
    try:
        await church.publish(rang("before", "1"))
        await asyncio.to_thread(own_broker.kill)
        await eventually(lambda: tower.healthy() is not None)
        await asyncio.to_thread(own_broker.start)
        await tower.start([consumes(BellRang, listener)])
        await listener.times(1)
        assert listener.bells == ["before"]

        await asyncio.to_thread(own_broker.kill)
        shutil.rmtree(tmp_path / "broker" / "data")
        await asyncio.to_thread(own_broker.start)
        await published(church, "2", "after", within=30)
        await listener.times(2)
        assert listener.bells == ["before", "after"]
    finally:
        await tower.close()
        await church.close()


async def test_a_broker_out_of_memory_fails_readiness_and_publishing_but_loses_nothing(
    own_broker: LocalRabbit,
) -> None:
    town, listener = RealTown(own_broker.url, "full"), Listener()
    tower = await town.bus("tower")

    def memory(limit: str) -> None:
        control = Path(find_rabbitmq()).with_name("rabbitmqctl")
        environment = dict(own_broker._environment())
        command = [str(control), "set_vm_memory_high_watermark", limit]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    try:
        await tower.start([consumes(BellRang, listener)])
        await asyncio.to_thread(memory, "0.000001")
        with pytest.raises(RetryLater):
            await tower.publish(rang("kept", "1"))
        await eventually(lambda: "memory" in (tower.healthy() or ""))
        await asyncio.to_thread(memory, "0.4")
        await eventually(lambda: tower.healthy() is None)
        await published(tower, "1", "kept")
        await listener.times(1)
    finally:
        await tower.close()


async def test_an_asker_who_left_does_not_harm_who_answers(town: RealTown, wire: Wire) -> None:
    tower, church = await town.bus("tower"), town.new_bus("church", await wire.open())
    asked, release, answered = asyncio.Event(), asyncio.Event(), Listener()

    async def ring(command: RingBell, meta: Meta) -> Rung:
        asked.set()
        await release.wait()
        return Rung(times=1)

    await tower.start([answers(RingBell, ring), consumes(BellRang, answered)])
    reconnected: list[bool] = []
    tower.on_connect(lambda: reconnected.append(True))
    await church.connect()
    asking = asyncio.create_task(church.ask(RingBell(bell="x")))
    await asked.wait()
    wire.cut()
    with pytest.raises(RetryLater):
        await asking
    release.set()
    await published(tower, "1")
    await answered.times(1)
    await asyncio.sleep(LOOK_EVERY + 0.1)  # one look of the watch
    assert tower.healthy() is None
    assert reconnected == []


async def test_a_bus_closed_while_it_connects_leaves_nothing_behind(town: RealTown, wire: Wire) -> None:
    tower = town.new_bus("tower", await wire.open())
    connecting = asyncio.create_task(tower.connect())
    await eventually(lambda: wire.accepted)
    await tower.close()
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    await eventually(lambda: not wire.carrying)


async def test_a_bus_waits_for_a_broker_that_is_not_up_yet(town: RealTown, wire: Wire) -> None:
    wire.down = True
    tower = town.new_bus("tower", await wire.open())
    connecting = asyncio.create_task(tower.connect())
    await asyncio.sleep(0.3)
    assert not connecting.done()
    assert tower.healthy() is not None
    wire.down = False
    async with asyncio.timeout(30):
        await connecting
    assert tower.healthy() is None
