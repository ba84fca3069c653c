"""A mailbox as we read it: who reads it, how far it is read, how its server stands. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.base import Contract, Instant
from shared.contracts.channels import ChannelState
from shared.contracts.settings import EmailConfig
from shared.ids import derived

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)
OVERLAP = timedelta(days=1)
"""A folder that was made anew is read again from this long before the newest mail known: dates are only by the day."""


class Mailbox(Contract):
    """``id`` is the channel's. ``held_until`` ends the lease of process ``holder``; writes are by ``version``.

    ``source`` names the folder that ``uidvalidity`` and ``last_uid`` are about. ``doubtful_below``: mail with a lower
    UID may be known by another UID already. ``newest_at``: arrival of the newest mail read, by its server.
    ``notice`` names what admins were told of its outage, until that is taken back.
    """

    id: str
    version: int = 0
    holder: str = ""
    held_until: Instant
    source: str = ""
    uidvalidity: int | None = None
    last_uid: int = 0
    doubtful_below: int = 0
    newest_at: Instant | None = None
    looked_at: Instant | None = None
    failures: int = 0
    problem: str | None = None
    since: Instant | None = None
    next_try_at: Instant | None = None
    notice: str | None = None

    def external_id(self, uid: int) -> str:
        """The identity of a mail: its UID under this UIDVALIDITY, in this folder."""
        return f"{self.source}.{self.uidvalidity}.{uid}"

    def state(self) -> ChannelState:
        """As admins see it."""
        return ChannelState(
            channel=self.id,
            state="failing" if self.problem is not None else "starting" if self.looked_at is None else "ok",
            problem=self.problem,
            since=self.since,
            looked_at=self.looked_at,
            next_try_at=self.next_try_at,
        )


def source_of(config: EmailConfig) -> str:
    """A short name of the folder that a channel reads."""
    user = config.imap_user or config.address
    return derived("mailbox", config.imap_host.lower(), config.imap_port, user.lower(), config.imap_folder)[:8]


def is_free(box: Mailbox, me: str, now: datetime) -> bool:
    """Whether process ``me`` may read it: nobody does, or whoever did has not been heard of."""
    return box.holder in ("", me) or box.held_until <= now


def held(box: Mailbox, me: str, until: datetime) -> Mailbox:
    """The lease taken, or prolonged."""
    return box.model_copy(update={"holder": me, "held_until": until})


def let_go(box: Mailbox, now: datetime) -> Mailbox:
    """The lease given back, so that another process need not wait."""
    return box.model_copy(update={"holder": "", "held_until": now})


def read_to(box: Mailbox, uid: int, newest_at: datetime | None) -> Mailbox:
    """Everything up to ``uid`` is stored."""
    times = [at for at in (box.newest_at, newest_at) if at is not None]
    return box.model_copy(update={"last_uid": max(uid, box.last_uid), "newest_at": max(times, default=None)})


def begun(box: Mailbox, source: str, uidvalidity: int, last_uid: int, doubtful_below: int, now: datetime) -> Mailbox:
    """A folder that is read from after ``last_uid`` on."""
    fields = {"source": source, "uidvalidity": uidvalidity, "last_uid": last_uid, "doubtful_below": doubtful_below}
    return box.model_copy(update={**fields, "newest_at": box.newest_at or now})


def worked(box: Mailbox, now: datetime) -> Mailbox:
    """Its server answered."""
    since = now if box.problem is not None or box.since is None else box.since
    return box.model_copy(
        update={"looked_at": now, "failures": 0, "problem": None, "since": since, "next_try_at": None}
    )


def failed(box: Mailbox, problem: str, now: datetime) -> Mailbox:
    """Its server did not: the next try waits twice as long as the one before, at most ten minutes."""
    wait = min(FIRST_PAUSE * 2 ** min(box.failures, 10), LONGEST_PAUSE)
    since = now if box.problem is None else box.since
    return box.model_copy(
        update={"failures": box.failures + 1, "problem": problem, "since": since, "next_try_at": now + wait}
    )


def notice_due(box: Mailbox, now: datetime, patience: timedelta) -> str | None:
    """The name of the notice that admins are due: it has failed for ``patience``, and they have not been told."""
    if box.problem is None or box.since is None or box.notice is not None or now - box.since < patience:
        return None
    return derived("mailbox fails", box.id, box.since.isoformat())


def told(box: Mailbox, notice: str | None) -> Mailbox:
    """Admins have been told so, or with None that it works again."""
    return box.model_copy(update={"notice": notice})
