"""Measures the bus against a real broker: messages a second, and CPU milliseconds of this process for each."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter

import pytest

from shared.bus import answers, consumes
from shared.contracts.base import Meta
from tests.support.bells import BellPolished, RingBell, Rung, said
from tests.support.towns import RealTown, real_town

pytestmark = [pytest.mark.bench, pytest.mark.integration]

MESSAGES = 3_000
AT_ONCE = 32


@pytest.fixture
async def town(rabbit_url: str, prefix: str) -> AsyncIterator[RealTown]:
    async with real_town(rabbit_url, prefix) as town:
        yield town


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measured(what: str, count: int, work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    wall, used = perf_counter(), cpu()
    await work()
    wall, used = perf_counter() - wall, cpu() - used
    figures = {"per_second": round(count / wall), "cpu_ms_each": round(used / count * 1000, 3)}
    print(json.dumps({what: figures}))
    return figures


async def at_once(count: int, places: int, one: Callable[[int], Awaitable[None]]) -> None:
    numbers = iter(range(count))

    async def place() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(place() for _ in range(places)))


async def test_publish_and_consume(town: RealTown) -> None:
    tower, ended, heard = await town.bus("tower"), asyncio.Event(), 0
    entries = [said(BellPolished(bell="x" * 1_000)) for _ in range(MESSAGES)]

    async def hear(event: BellPolished, meta: Meta) -> None:
        nonlocal heard
        heard += 1
        if heard == MESSAGES:
            ended.set()

    async def consume() -> None:
        await tower.start([consumes(BellPolished, hear)])
        await ended.wait()

    async def publish(number: int) -> None:
        await tower.publish(entries[number])

    published = await measured(
        f"publish, {AT_ONCE} at once, 1 kB", MESSAGES, lambda: at_once(MESSAGES, AT_ONCE, publish)
    )
    consumed = await measured("consume, prefetch 50", MESSAGES, consume)
    assert published["per_second"] > 200
    assert consumed["per_second"] > 200


async def test_ask(town: RealTown) -> None:
    tower, church = await town.bus("tower"), await town.bus("church")

    async def ring(command: RingBell, meta: Meta) -> Rung:
        return Rung(times=command.times)

    async def ask(number: int) -> None:
        await church.ask(RingBell(bell="x", times=number))

    await tower.start([answers(RingBell, ring)])
    one = await measured("ask, one at a time (both sides)", 500, lambda: at_once(500, 1, ask))
    many = await measured("ask, 16 at once (both sides)", 2_000, lambda: at_once(2_000, 16, ask))
    assert one["per_second"] > 50
    assert many["per_second"] > 100
