"""The driver's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo.errors

from shared.errors import Conflict, RetryLater, SwitchboardError

DUPLICATE_KEY = 11000
PASSING = frozenset({24, 50, 112, 262, 11601})
"""Lock and time limits, write conflicts, interruptions: the write has not happened, the next try may succeed."""


class StoreAway(RetryLater):
    """The database gave no answer: a write may or may not have happened."""

    code = "store_away"


class LostRace(Exception):
    """The document is at another version (or there already)."""


class Taken(Conflict):
    """A unique index refuses: ``extra["keys"]`` are its paths."""

    code = "taken"


class Refused(SwitchboardError):
    """The database refuses the document itself (too large, not allowed)."""

    code = "store_refused"


def refusal(error: dict[str, object]) -> Exception:
    """What one failed write of a bulk means."""
    if error.get("code") in PASSING:
        return StoreAway(f"the database could not write now (code {error.get('code')})")
    if error.get("code") != DUPLICATE_KEY:
        return Refused(f"the database refuses the write: {error.get('errmsg')} (code {error.get('code')})")
    pattern = error.get("keyPattern")
    keys = list(pattern) if isinstance(pattern, dict) else []
    if keys == ["_id"] or (not keys and "index: _id_" in str(error.get("errmsg"))):
        return LostRace()
    return Taken("another one has it already", keys=keys)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise ``StoreAway`` for whatever is a matter of time."""
    try:
        yield
    except (pymongo.errors.ConnectionFailure, pymongo.errors.ExecutionTimeout, pymongo.errors.WTimeoutError) as error:
        raise StoreAway(f"the database gives no answer ({type(error).__name__})") from error
    except pymongo.errors.DuplicateKeyError as error:
        raise refusal(dict(error.details or {})) from error
    except pymongo.errors.WriteConcernError as error:
        raise StoreAway("the database has not confirmed the write") from error
