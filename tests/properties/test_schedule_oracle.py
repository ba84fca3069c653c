"""The working-time core agrees with a slow minute-by-minute reading of the rules."""

from collections import Counter
from random import Random

import pytest

from shared.schedule import NeverOpen, due, elapsed, working_time
from shared.schedule.open_time import stretches
from tests.support.minutes import DAYS_AROUND, MINUTE, Minutes
from tests.support.random_schedules import Case, random_case
from tests.support.schedules import DAY

KINDS = (
    "autumn",
    "holidays",
    "overnight",
    "paused",
    "public holidays",
    "several shifts a day",
    "special days",
    "spring",
)


def agrees(case: Case, chance: Random) -> None:
    schedule = case.schedule
    slow = Minutes(schedule, case.middle)
    last = slow.first + 2 * DAYS_AROUND * DAY

    opened = bytearray(len(slow.open))
    for opens, closes in stretches(schedule, slow.first, last):
        opened[slow.index(opens) : slow.index(closes)] = bytes([1]) * ((closes - opens) // MINUTE)
    assert opened == slow.open

    assert working_time(schedule, case.start, case.end) == slow.working_minutes(case.start, case.end) * MINUTE

    used = max(elapsed(schedule, case.spans, last) // MINUTE, 1)
    target = chance.choice((used, chance.randint(1, used)))
    due_at, breach_at = slow.due(case.spans, target)
    if breach_at is not None:
        found = due(schedule, case.spans, target * MINUTE)
        assert (found.due_at, found.breach_at) == (due_at, breach_at)
    elif case.spans[-1][1] is not None:
        with pytest.raises(NeverOpen):
            due(schedule, case.spans, target * MINUTE)


def try_many(number: int, seed: int) -> None:
    """A case is named by its number under the seed: ``Random(f"{seed} {n}")`` makes it again."""
    tried: Counter[str] = Counter()
    for n in range(number):
        chance = Random(f"{seed} {n}")
        case = random_case(chance)
        tried.update(case.kinds())
        try:
            agrees(case, chance)
        except Exception as disagreement:
            raise AssertionError(f"case {seed} {n}: {case}") from disagreement
    assert min(tried[kind] for kind in KINDS) > number // 30, tried


def test_every_open_minute_every_sum_and_every_due_time_of_500_schedules_agree_with_the_wall_clock() -> None:
    try_many(500, seed=20261121)


@pytest.mark.long
def test_20000_schedules_agree_with_the_wall_clock(request: pytest.FixtureRequest) -> None:
    seed = Random().randrange(10**9)
    print(f"seed {seed}")
    try_many(20_000, seed)
