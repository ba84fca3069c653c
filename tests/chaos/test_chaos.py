"""Nothing is lost or doubled, whatever is killed: services, broker, database and IMAP server under load and SIGKILL.

``SWITCHBOARD_CHAOS_FORM`` is short or long, ``CHAOS_SEED`` repeats a run's plan (what is said, done and killed when;
how it interleaves is up to the machine).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.chaos.house import House
from tests.support.chaos.letters import MAILBOX, Servers
from tests.support.chaos.network import Endpoint
from tests.support.chaos.office import furnish
from tests.support.chaos.plan import COPYING, SERVICES, Plan, form_of_environment, seed_of_environment
from tests.support.chaos.record import Record, Recorder
from tests.support.chaos.stores import stores
from tests.support.chaos.storm import ENDINGS, OUTGOING, Outcome, Storm
from tests.support.dovecot import Account
from tests.support.mail import listening as taking_mail
from tests.support.mail_house import config
from tests.support.receiver import listening

pytestmark = pytest.mark.chaos

PATIENCE = float(os.environ.get("CHAOS_PATIENCE", "1"))
"""More than 1 for a machine that is busy with other things besides: the bounds below are for two cores of one's own."""
SETTLED_WITHIN = 30.0 * PATIENCE
ENDED_WITHIN = 150.0 * PATIENCE


@pytest.fixture
def house(tmp_path: Path, prefix: str) -> Iterator[House]:
    house = House(tmp_path, prefix)
    try:
        yield house
    finally:
        house.close()


async def test_nothing_is_lost_or_doubled_whatever_is_killed(house: House) -> None:
    seed, form = seed_of_environment(), form_of_environment()
    plan = Plan.drawn(seed, form, house.killable)
    print(f"\nCHAOS_SEED={seed}: {form}")
    house.open()
    recorder = Recorder(house.rabbit_url, house.prefix)
    await recorder.begin()
    house.start(name for name in SERVICES if name != "routing 2")
    tell("services ready")
    async with (
        listening(Endpoint(seed)) as endpoint,
        taking_mail(Servers(seed)) as servers,
        stores(house.mongo_url, house.prefix, embedded=house.embedded) as found,
    ):
        mailbox = config(Account(house.mailboxes, MAILBOX), servers, import_days=1)
        office = furnish(house.url("gateway"), house.api_key(), endpoint.url, mailbox)
        endpoint.secret, endpoint.bot_secret = office.outbound_secret, office.bot_secret
        house.start(COPYING)
        tell("workspace set up")
        storm = Storm(plan, house, office, endpoint, servers)
        began = time.monotonic()
        await storm.rage()
        raged = time.monotonic() - began
        tell("load over, everything started again")

        record = Record()
        settled = await storm.settle(recorder, found, SETTLED_WITHIN, but=OUTGOING)
        tell(f"settled in {settled:.1f} s")
        first = await storm.judge(recorder, found, record, SETTLED_WITHIN, but=OUTGOING)
        tell("judged")
        ended = await storm.settle(recorder, found, ENDED_WITHIN)
        tell(f"ended in {ended:.1f} s")
        last = await storm.judge(recorder, found, record, ENDED_WITHIN)
    report(house, last, raged=raged, settled=settled, ended=ended)
    for name in ENDINGS:  # what a kill cut off goes on when its lease ends
        first.wrong.pop(name, None)
    for when, outcome in (("settled", first), ("ended", last)):
        if outcome.wrong:
            pytest.fail(f"CHAOS_SEED={seed}, {when}:\n{outcome.told()}", pytrace=False)
    assert house.killed.total() == len(plan.outages)


def tell(what: str) -> None:
    """Where the run stands."""
    print(f"  {datetime.now(UTC):%H:%M:%S} {what}", flush=True)


def report(house: House, outcome: Outcome, **seconds: float) -> None:
    """Counts for whoever reads the run."""
    for name, value in {**outcome.figures, **{name: f"{s:.1f} s" for name, s in seconds.items()}}.items():
        print(f"  {name:28} {value}")
    print(f"  {'killed':28} {house.killed.total()}: {dict(house.killed)}")
    print(f"  {'gave up by themselves':28} {dict(house.exited)}")
