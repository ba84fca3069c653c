"""A running clock as the page shows it, with what it needs to count down by itself (sla.md 11, 12). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from shared import schedule as working
from shared.schedule import NeverOpen, OutOfReach, Schedule, ScheduleForm


def countdown(clock: Mapping[str, Any] | None, now: datetime) -> dict[str, Any] | None:
    """The clock's colour and times as of ``now``; None when nothing runs.

    ``remaining_seconds`` is working time, ``over_seconds`` wall-clock time since the breach. ``pauses_at`` and
    ``resumes_at`` are the next closing and opening: between them the page counts alone.
    """
    if clock is None or not clock.get("running"):
        return None
    hours = _schedule(clock["schedule"])
    target, warn = timedelta(seconds=clock["target_seconds"]), timedelta(seconds=clock["warn_seconds"])
    spans = [(_instant(span["start"]), _instant(span["end"]) if span["end"] else None) for span in clock["spans"]]
    try:
        look = working.shown(hours, spans, target, warn, now)
    except (NeverOpen, OutOfReach):
        return None
    if look is None:
        return None
    change = None if hours is None else working.next_change(hours, now)
    is_open = hours is None or working.is_open(hours, now)
    return {
        "kind": clock["kind"],
        "policy_name": clock["policy_name"],
        "target_seconds": clock["target_seconds"],
        "warn_at": clock["warn_at"],
        "due_at": clock["due_at"],
        "breach_at": clock["breach_at"],
        "colour": str(look.colour),
        "remaining_seconds": look.remaining.total_seconds(),
        "over_seconds": look.over.total_seconds(),
        "paused": look.paused,
        "as_of": instant_text(now),
        "pauses_at": instant_text(change) if change and is_open else None,
        "resumes_at": instant_text(change) if change and not is_open else None,
    }


@lru_cache(maxsize=512)
def _schedule(text: str | None) -> Schedule | None:
    return None if text is None else ScheduleForm.model_validate_json(text).schedule()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant_text(moment: datetime) -> str:
    """ISO 8601 with Z."""
    return moment.isoformat().replace("+00:00", "Z")
