"""How an outbound message gets on (CH-07): which status may follow which, and when to try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.words import Delivery, Medium

_ORDER = (Delivery.QUEUED, Delivery.SENDING, Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
TAKEN = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.READ})
"""The network has it."""

UNDER_WAY = frozenset({Delivery.QUEUED, Delivery.SENDING})
TAKES_OUR_ID = frozenset({Medium.WEBHOOK, Medium.WEBCHAT})
"""Media that drop a repeat by our message id, so that an attempt without an answer is simply repeated."""

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 30, 60, 120, 300))
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Took:
    """The network took it; ``external_id`` is its name for the message, if it told."""

    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The network will never take it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """It did not work this time; ``after`` is what the network asked for. ``may_have_arrived``: no answer came."""

    reason: str
    after: timedelta | None = None
    may_have_arrived: bool = False


Outcome = Took | Refused | Postponed


def moves(current: Delivery | None, reported: Delivery) -> bool:
    """Whether a report moves the status: forward only; a failure ends only what is not yet delivered.

    A positive receipt after *failed* or *uncertain* counts: the network knows better (T9b).
    """
    if current is None or reported in (Delivery.QUEUED, Delivery.SENDING):
        return False
    if reported in (Delivery.FAILED, Delivery.UNCERTAIN):
        return current in UNDER_WAY or (reported is Delivery.FAILED and current in (Delivery.SENT, Delivery.UNCERTAIN))
    if current in (Delivery.FAILED, Delivery.UNCERTAIN):
        return True
    return _ORDER.index(reported) > _ORDER.index(current)


def pause(attempts: int, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after the ``attempts``-th failed attempt (from 1); None: give up.

    What the network asks for is honoured within bounds and never shortens our own pause.
    """
    if attempts > len(RETRY_AFTER):
        return None
    own = RETRY_AFTER[attempts - 1]
    return own if asked is None else min(max(own, asked), LONGEST_PAUSE)


def of_answer(status: int, retry_after: float | None = None) -> Outcome:
    """What the status of an HTTP answer means: 2xx taken; 408, 425, 429 and 5xx later; anything else never."""
    if 200 <= status < 300:
        return Took()
    if status in (408, 425, 429) or status >= 500:
        asked = None if retry_after is None else timedelta(seconds=min(max(retry_after, 0.0), 86400.0))
        return Postponed(f"The endpoint answered {status}.", after=asked)
    if 300 <= status < 400:
        return Refused(f"The endpoint answered {status}; redirects are not followed.")
    return Refused(f"The endpoint answered {status}.")
