"""Jobs that nobody waits for."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from shared.errors import NotFound, RetryLater, TimedOut
from shared.jobs import Jobs
from tests.support.eventually import eventually


async def failing(error: Exception) -> None:
    raise error


async def test_it_is_busy_while_a_job_is_under_way() -> None:
    jobs, gate = Jobs(), asyncio.Event()
    found = [jobs.busy]
    jobs.begin("a job", gate.wait())
    found.append(jobs.busy)
    gate.set()
    await eventually(lambda: not jobs.busy)
    assert found == [False, True]


async def test_stop_lets_a_job_finish_cancels_one_that_takes_longer_and_begins_none() -> None:
    jobs, done = Jobs(), []

    async def quick() -> None:
        await asyncio.sleep(0)
        done.append("quick")

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            done.append("cancelled")

    jobs.begin("quick", quick())
    jobs.begin("slow", slow())
    await jobs.stop(0.05)
    assert done == ["quick", "cancelled"]
    jobs.begin("late", slow())
    await jobs.stop(0.05)
    assert (jobs.busy, done) == (False, ["quick", "cancelled"])


@pytest.mark.parametrize(
    ("error", "said", "level"),
    [
        (RetryLater("away"), "job.put_off", "info"),
        (TimedOut("no answer"), "job.put_off", "info"),
        (NotFound("gone"), "job.refused", "warning"),
        (ValueError("a bug"), "job.failed", "error"),
    ],
)
async def test_one_that_fails_is_logged_and_stops_no_other(error: Exception, said: str, level: str) -> None:
    jobs = Jobs()
    with structlog.testing.capture_logs() as lines:
        jobs.begin("a job", failing(error))
        await eventually(lambda: not jobs.busy)
    assert [(line["event"], line["log_level"], line["job"]) for line in lines] == [(said, level, "a job")]
