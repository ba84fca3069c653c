"""Clock test: 100,000 open clocks, 2,000 alarms within 20 s, sla killed twice; each said once, in time, told once."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.demo.client import Client
from services.gateway.records import Notification
from shared.bus.topology import Topology
from shared.contracts.clocks import BREACH_LEVEL, WARNING_LEVEL
from shared.store import Repository, Store
from tests.support.clock_storm import (
    CHANNEL,
    WARNING,
    Heard,
    Key,
    Outage,
    cpu_seconds,
    due_clocks,
    fill,
    kill,
    listening,
    make_indexes,
    open_clocks,
    percentile,
    stopped_after,
)
from tests.support.eventually import eventually
from tests.support.premises import premises
from tests.support.processes import Switchboard
from tests.support.workspace import api_key

pytestmark = [pytest.mark.long, pytest.mark.integration]

OPEN = int(os.environ.get("CLOCKS_OPEN", "100000"))
DUE = int(os.environ.get("CLOCKS_DUE", "2000"))
WITHIN = timedelta(seconds=20)
KILLS = (timedelta(seconds=5), timedelta(seconds=12))[: int(os.environ.get("CLOCKS_KILLS", "2"))]
LEAD = timedelta(seconds=8)
AIM = float(os.environ.get("CLOCKS_AIM", "1"))
"""Seconds, for two cores of one's own: an alarm costs all processes together about 13 ms of CPU."""


async def test_SL_12_every_alarm_of_a_hundred_thousand_clocks_is_said_once_and_told_once_through_two_kills(
    rabbit_url: str, mongo_url: str, prefix: str, tmp_path: Path
) -> None:
    servers = {"rabbit_url": rabbit_url, "mongo_url": mongo_url, "mongo_embedded": "true", "prefix": prefix}
    sla, gateway = [Switchboard(tmp_path / name, "serve", name, **servers) for name in ("sla", "gateway")]
    async with premises(mongo_url, prefix, Topology(), rabbit_url=rabbit_url) as place, stopped_after(sla, gateway):
        await place.owns_nothing("routing")
        began = time.monotonic()
        await make_indexes(place.database("sla"))
        await fill(place.database("sla"), open_clocks(OPEN, datetime.now(UTC)))
        print(f"\n{OPEN} open clocks stored in {time.monotonic() - began:.0f} s")
        for service in (sla, gateway):
            await asyncio.to_thread(service.start, 150)
        supervisor = await asyncio.to_thread(_supervisor, gateway.url, api_key(**servers))
        now = datetime.now(UTC)
        first = now + LEAD
        wanted: dict[Key, datetime] = {}
        await fill(place.database("sla"), due_clocks(DUE, first, first + WITHIN, now, wanted))
        async with listening(rabbit_url, prefix) as heard:
            before = cpu_seconds()
            outages = [await kill(sla, first + after) for after in KILLS]
            await eventually(lambda: len(heard.first) >= len(wanted), within=120)
            told = await _told(place.store, supervisor, len(wanted))
            used = {name: seconds - before.get(name, 0.0) for name, seconds in cpu_seconds().items()}
        dead = await place.dead()
    lags = {key: (heard.first[key] - at).total_seconds() for key, at in wanted.items() if key in heard.first}
    outside = [lag for key, lag in lags.items() if not any(outage.covers(wanted[key]) for outage in outages)]
    print("CPU seconds of what lives: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in used.items()))
    _report(heard, list(lags.values()), outside, outages)
    assert set(heard.first) == set(wanted), "every alarm of these clocks, and no other"
    assert all(len(ids) == 1 for ids in heard.ids.values()), "one event id each"
    assert told == Counter((clock, WARNING_LEVEL if kind == WARNING else BREACH_LEVEL) for clock, kind in wanted)
    assert dead == []
    assert percentile(outside, 0.99) < AIM


def _supervisor(url: str, key: str) -> str:
    """The id of somebody who supervises the channel."""
    with Client(url, key) as client:
        right = {"channel": CHANNEL, "right": "supervisor"}
        value = {"name": "Sam", "email": "sam@example.org", "language": "en", "channels": [right]}
        return str(client.ensure("users", value)["id"])


async def _told(store: Store, user: str, number: int) -> Counter[tuple[str | None, int | None]]:
    """What people were told, by clock and share of the target, once it is no longer growing."""
    notices = Repository(store.database("gateway"), "notifications", Notification)
    await eventually(lambda: _count(notices, user, number), within=60)
    await asyncio.sleep(2.0)  # whoever is told twice would be so by now
    return Counter((one.clock, one.percent) for one in await notices.find({"user": user}, limit=100_000))


async def _count(notices: Repository[Notification], user: str, number: int) -> bool:
    return await notices.count({"user": user}, limit=number) >= number


def _report(heard: Heard, lags: Sequence[float], outside: Sequence[float], outages: Sequence[Outage]) -> None:
    print(f"{len(heard.first)} alarms, {heard.deliveries} deliveries, {sum(map(len, heard.ids.values()))} event ids")
    for outage in outages:
        print(f"killed, ready again after {(outage.ready - outage.killed).total_seconds():.1f} s")
    for name, values in (("outside the kills", outside), ("all", lags)):
        p50, p99, most = (percentile(values, share) for share in (0.5, 0.99, 1.0))
        print(f"lag {name}: {len(values)} alarms, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, most {most:.2f} s")
