"""The admin log as a file an hour (PR-04): JSON lines, for whoever archives them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from services.gateway.records import AdminLogEntry
from shared.clock import Clock
from shared.errors import RetryLater

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
CATCH_UP = timedelta(hours=48)
"""A process that was away writes the hours it missed, this far back."""

LATE = timedelta(minutes=5)
"""An hour is written this long after its end; and once more with the next, for what was heard later still."""


class Entries(Protocol):
    """``AdminLog.between``."""

    def between(self, start: datetime, end: datetime) -> AsyncIterator[AdminLogEntry]: ...


class HourlyFiles:
    """``admin-log-2026-11-22T09.jsonl`` in ``folder``: the entries of that hour (UTC), oldest first.

    A file is written whole and then named, so nobody reads half of one; writing it again gives the same. Hours
    without entries have no file.
    """

    def __init__(self, entries: Entries, folder: Path, clock: Clock) -> None:
        self._entries = entries
        self._folder = folder
        self._clock = clock

    async def run(self) -> None:
        """Now what was missed, then every hour."""
        since = self._clock.now() - CATCH_UP
        while True:
            now = self._clock.now()
            try:
                await self.write(since, now)
                since = now - 2 * HOUR
            except (RetryLater, OSError) as error:
                log.warning("admin_log.not_written", error=type(error).__name__)
            end = _hour_of(self._clock.now() - LATE) + HOUR + LATE
            await asyncio.sleep(max(1.0, (end - self._clock.now()).total_seconds()))

    async def write(self, since: datetime, now: datetime) -> list[Path]:
        """The files of the hours from ``since`` that are over by ``now``."""
        hour, written = _hour_of(since), []
        while hour + HOUR + LATE <= now:
            lines = [
                entry.model_dump_json(exclude={"words"}) async for entry in self._entries.between(hour, hour + HOUR)
            ]
            if lines:
                path = self._folder / f"admin-log-{hour:%Y-%m-%dT%H}.jsonl"
                await asyncio.to_thread(_put, path, "\n".join(lines) + "\n")
                written.append(path)
            hour += HOUR
        return written


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
