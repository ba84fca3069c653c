"""The admin log as a file an hour (PR-04)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.gateway.exporting import HourlyFiles
from services.gateway.records import AdminLogEntry
from shared.contracts.base import Actor
from shared.contracts.words import ActorKind
from tests.support.clock import ManualClock

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA = Actor(kind=ActorKind.AGENT, id="ana", name="Ana")


class Log:
    """Entries in memory."""

    def __init__(self, *minutes: int) -> None:
        self.entries = [
            AdminLogEntry(
                id=f"e{minute}",
                at=NINE + timedelta(minutes=minute),
                by=ANA,
                kind="rules",
                object="r1",
                name="Errors",
                action="changed",
                after={"name": "Errors"},
                words="errors",
            )
            for minute in minutes
        ]

    async def between(self, start: datetime, end: datetime) -> AsyncIterator[AdminLogEntry]:
        for entry in self.entries:
            if start <= entry.at < end:
                yield entry


async def test_PR_04_each_hour_that_is_over_is_a_file_of_its_entries(tmp_path: Path) -> None:
    files = HourlyFiles(Log(-1, 0, 59, 60, 125), tmp_path / "log", ManualClock())
    written = await files.write(NINE, NINE + timedelta(hours=2, minutes=6))
    assert [path.name for path in written] == ["admin-log-2026-03-02T09.jsonl", "admin-log-2026-03-02T10.jsonl"]
    lines = [json.loads(line) for line in written[0].read_text().splitlines()]
    assert [(line["id"], line["by"]["name"], line["action"]) for line in lines] == [
        ("e0", "Ana", "changed"),
        ("e59", "Ana", "changed"),
    ]
    assert "words" not in lines[0]


async def test_PR_04_an_hour_that_is_not_over_waits_and_one_written_again_is_the_same(tmp_path: Path) -> None:
    log = Log(10)
    files = HourlyFiles(log, tmp_path, ManualClock())
    assert await files.write(NINE, NINE + timedelta(minutes=64)) == []
    (path,) = await files.write(NINE, NINE + timedelta(minutes=65))
    before = path.read_text()
    log.entries.append(log.entries[0].model_copy(update={"id": "late", "at": NINE + timedelta(minutes=59)}))
    await files.write(NINE, NINE + timedelta(minutes=125))
    assert path.read_text().startswith(before)
    assert "late" in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
