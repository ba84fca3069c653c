"""What is due on a message, and by when it is due again if whoever does it dies. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.ingest.domain.message import ANNOUNCE_AGAIN, StoredMessage, Task, armed
from services.ingest.domain.sending import attempted

FETCH_LEASE = timedelta(minutes=2)
MOST_FETCHES = 5
LONGEST_SILENCE = timedelta(hours=1)


def woken(state: StoredMessage, now: datetime, by: str) -> StoredMessage:
    """The state with what is due claimed by process ``by``; the very same state when nothing is."""
    after = state
    if state.send is not None and state.send.at <= now:
        after = attempted(after, now, by) or after.model_copy(update={"send": None})
    if state.fetch is not None and state.fetch.at <= now:
        after = after.model_copy(update={"fetch": _claimed(state.fetch, now + FETCH_LEASE, by)})
    if state.announce is not None and state.announce.at <= now:
        wait = min(ANNOUNCE_AGAIN * 2 ** min(state.announce.number, 10), LONGEST_SILENCE)
        after = after.model_copy(update={"announce": _claimed(state.announce, now + wait, by)})
    return state if after is state else armed(after)


def fetch_pause(tries: int) -> timedelta | None:
    """How long to wait after the ``tries``-th failed fetch (from 1); None: give up."""
    return None if tries >= MOST_FETCHES else timedelta(seconds=10) * 4 ** (tries - 1)


def _claimed(task: Task, until: datetime, by: str) -> Task:
    return Task(at=until, number=task.number + 1, by=by)
