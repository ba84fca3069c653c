"""What becomes of a delivery: decided here and nowhere else. Pure."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import ValidationError

from shared.errors import RetryLater, TimedOut
from shared.field_errors import field_errors

LADDER: Final = (("1s", 5), ("10s", 12), ("60s", 30))
"""Tiers and how often each is tried: about half an hour in all, then the dead letters."""

CAUSES: Final = 8
CAUSE_LENGTH: Final = 500
TRACEBACK_LENGTH: Final = 8_000


@dataclass(frozen=True, slots=True)
class Done:
    """Acknowledge."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Deliver again to this queue alone, after the tier's delay; ``attempt`` tries have been made."""

    tier: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Park:
    """To the dead letters: ``reason`` is ``failed``, ``exhausted`` or ``undecodable``."""

    reason: str
    attempts: int
    causes: tuple[str, ...]
    traceback: str


Outcome: TypeAlias = Done | Retry | Park


def decide(error: BaseException | None, attempts: int, *, decoded: bool = True) -> Outcome:
    """The outcome of a delivery that has been tried ``attempts`` times before this one.

    ``TimedOut`` is an owner that did not answer in time, which another try may mend as well as ``RetryLater``.
    """
    if error is None:
        return Done()
    made = attempts + 1
    if not decoded:
        return _park("undecodable", made, error)
    if isinstance(error, RetryLater | TimedOut):
        tier = _tier(made)
        return Retry(tier=tier, attempt=made) if tier else _park("exhausted", made, error)
    return _park("failed", made, error)


def causes(error: BaseException) -> tuple[str, ...]:
    """The error and what led to it, outermost first, each ``Class: message``, bounded."""
    found: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(found) < CAUSES:
        found.append(_clean(f"{type(seen).__name__}: {_message(seen)}")[:CAUSE_LENGTH])
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return tuple(found)


def _park(reason: str, attempts: int, error: BaseException) -> Park:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return Park(reason, attempts, causes(error), _clean(frames)[-TRACEBACK_LENGTH:])


def _tier(attempt: int) -> str | None:
    for tier, times in LADDER:
        if attempt <= times:
            return tier
        attempt -= times
    return None


def _message(error: BaseException) -> str:
    if isinstance(error, ValidationError):  # its own text quotes the input
        return "; ".join(f"{one['field']}: {one['message']}" for one in field_errors(error))
    return str(error)


def _clean(text: str) -> str:
    """Text that can be encoded whatever is in it."""
    return text.encode("utf-8", "backslashreplace").decode()
