"""Reads every mailbox, one process each: a lease in the store, the cursor moved after the mail is stored."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog

from services.ingest.connectors.imap import Folder, Received
from services.ingest.connectors.mail_server import ServerProblem
from services.ingest.domain.mailbox import (
    OVERLAP,
    Mailbox,
    begun,
    failed,
    held,
    is_free,
    let_go,
    notice_due,
    read_to,
    source_of,
    told,
    worked,
)
from services.ingest.handlers.mailing import Posted
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings
from shared.clock import Clock
from shared.contracts.channels import ChannelState
from shared.contracts.settings import Channel, EmailConfig
from shared.errors import RetryLater, SwitchboardError
from shared.resources import Book
from shared.store import Repository

log = structlog.get_logger(__name__)

AT_ONCE = 20
"""Mails fetched at once, and at most ``BATCH_BYTES`` of them but for a single larger one."""

BATCH_BYTES = 8_388_608
LARGE, LARGE_AT_ONCE = 1_048_576, 2
"""Bytes of mail from which on a batch waits for its turn, of all mailboxes of a process: reading takes several times as
much memory as the mail has.
"""
LOOKED_EVERY = timedelta(seconds=30)
STORE_AWAY_SECONDS = 2.0


class MailFolder(Protocol):
    """``connectors.imap.ImapFolder``."""

    async def after(self, uid: int) -> list[int]: ...

    async def since(self, day: datetime) -> list[int]: ...

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]: ...

    async def fetch(self, uids: Sequence[int], limit: int) -> list[Received]: ...

    async def wait(self, within: float) -> None: ...


class Notices(Protocol):
    """``handlers.noticing.Noticing``."""

    async def fails(self, told: str, box: Mailbox) -> None: ...

    async def works(self, told: str, box: Mailbox) -> None: ...


Opens = Callable[[EmailConfig], contextlib.AbstractAsyncContextManager[tuple[MailFolder, Folder]]]
Takes = Callable[[str, Channel, Posted], Awaitable[str]]


class LeaseLost(Exception):
    """Another process reads the mailbox now."""


class Lease:
    """The mailbox while it is ours: every write says so, and fails as soon as it is not."""

    def __init__(self, boxes: Repository[Mailbox], box: Mailbox) -> None:
        self._boxes = boxes
        self._turn = asyncio.Lock()
        self.box = box

    async def save(self, change: Callable[[Mailbox], Mailbox]) -> Mailbox:
        """Apply a change; LeaseLost when somebody else has written since."""
        async with self._turn:
            before = self.box
            after = change(before)
            if after == before:
                return before
            after = after.model_copy(update={"version": before.version + 1})
            if not await self._boxes.compare_and_set(after, before.version):
                raise LeaseLost
            self.box = after
            return after


class Mailboxes:
    """One task for each mailbox that a channel names; begun, ended and begun anew as channels change."""

    def __init__(
        self,
        boxes: Repository[Mailbox],
        channels: Book[Channel],
        opens: Opens,
        takes: Takes,
        notices: Notices,
        *,
        clock: Clock,
        metrics: IngestMetrics,
        settings: IngestSettings,
        me: str,
    ) -> None:
        self._boxes = boxes
        self._channels = channels
        self._opens = opens
        self._takes = takes
        self._notices = notices
        self._clock = clock
        self._metrics = metrics
        self._settings = settings
        self._me = me
        self._lease = timedelta(seconds=settings.mail_lease)
        self._watched: dict[str, tuple[EmailConfig, asyncio.Task[None]]] = {}
        self._failing: set[str] = set()
        self._held: set[str] = set()
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._running = False
        channels.on_change(self._follow)
        metrics.mailboxes.labels("failing").set_function(lambda: len(self._failing & self._held))
        metrics.mailboxes.labels("ok").set_function(lambda: len(self._held - self._failing))

    def start(self) -> None:
        """Begin with every mailbox there is."""
        self._running = True
        self._follow()

    async def stop(self) -> None:
        """End all; what is being stored is finished by whoever reads it next."""
        self._running = False
        tasks = [task for _, task in self._watched.values()]
        self._watched.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def states(self) -> tuple[ChannelState, ...]:
        """How every mailbox of an enabled channel stands, whoever reads it."""
        found = await self._boxes.get_many(self._wanted())
        return tuple(
            found[id].state() if id in found else ChannelState(channel=id, state="starting") for id in self._wanted()
        )

    def _wanted(self) -> dict[str, EmailConfig]:
        return {
            id: channel.config
            for id, channel in self._channels.all().items()
            if channel.enabled and isinstance(channel.config, EmailConfig)
        }

    def _follow(self) -> None:
        """Tasks as channels are now."""
        if not self._running:
            return
        wanted = self._wanted()
        for id, (config, task) in tuple(self._watched.items()):
            if wanted.get(id) != config or task.done():
                task.cancel()
                del self._watched[id]
        for id, config in wanted.items():
            if id not in self._watched:
                self._watched[id] = (config, asyncio.create_task(self._watch(id, config), name="mailbox"))

    async def _watch(self, id: str, config: EmailConfig) -> None:
        while True:
            try:
                await self._hold(await self._take(id), config)
            except LeaseLost:
                log.info("mailbox.taken_over", channel=id)
            except SwitchboardError as away:
                log.warning("mailbox.store_away", channel=id, code=away.code)
                await asyncio.sleep(STORE_AWAY_SECONDS)
            except Exception as error:
                log.error("mailbox.bug", channel=id, error=type(error).__name__, exc_info=error)
                await asyncio.sleep(self._settings.mail_lease)

    async def _take(self, id: str) -> Lease:
        """The lease, as soon as it is to be had: given back, or at the end of one whose holder died."""
        while True:
            now = self._clock.now()
            box = await self._boxes.get(id) or Mailbox(id=id, held_until=now)
            if is_free(box, self._me, now):
                lease = Lease(self._boxes, box)
                await lease.save(lambda known: held(known, self._me, self._clock.now() + self._lease))
                return lease
            left = (box.held_until - now).total_seconds()
            await asyncio.sleep(min(left, self._settings.mail_lease / 2) + random.uniform(0.1, 0.5))

    async def _hold(self, lease: Lease, config: EmailConfig) -> None:
        """Read while the lease is kept; ends by an exception, its cancellation or another's taking over."""
        id = lease.box.id
        self._held.add(id)
        try:
            await _either(self._keep(lease), self._read_for_ever(lease, config))
        except asyncio.CancelledError:
            with contextlib.suppress(LeaseLost, SwitchboardError):
                await lease.save(lambda box: let_go(box, self._clock.now()))
            raise
        finally:
            self._held.discard(id)
            self._failing.discard(id)

    async def _keep(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self._settings.mail_lease / 3)
            try:
                await lease.save(lambda box: held(box, self._me, self._clock.now() + self._lease))
            except RetryLater:
                if lease.box.held_until <= self._clock.now():
                    raise LeaseLost from None

    async def _read_for_ever(self, lease: Lease, config: EmailConfig) -> None:
        while True:
            try:
                async with self._opens(config) as (folder, about):
                    await self._read(lease, config, folder, about)
            except ServerProblem as problem:
                self._failing.add(lease.box.id)
                box = await lease.save(partial(failed, problem=problem.detail, now=self._clock.now()))
                log.warning("mailbox.failing", channel=box.id, failures=box.failures)
                await self._tell(lease)
                await self._until(box.next_try_at or self._clock.now())

    async def _tell(self, lease: Lease) -> None:
        """Admins are told of an outage that lasts, once, and of its end.

        Said before it is noted: dying in between says the same again. With the broker away, the next look says it.
        """
        box = lease.box
        try:
            if (due := notice_due(box, self._clock.now(), timedelta(seconds=self._settings.mail_patience))) is not None:
                await self._notices.fails(due, box)
                await lease.save(partial(told, notice=due))
            elif box.notice is not None and box.problem is None:
                await self._notices.works(box.notice, box)
                await lease.save(partial(told, notice=None))
        except RetryLater as away:
            log.info("mailbox.notice_later", channel=box.id, code=away.code)

    async def _until(self, instant: datetime) -> None:
        wait = (instant - self._clock.now()).total_seconds()
        await asyncio.sleep(max(0.1, wait * random.uniform(1.0, 1.1)))

    # --- reading -------------------------------------------------------------------------------------------------

    async def _read(self, lease: Lease, config: EmailConfig, folder: MailFolder, about: Folder) -> None:
        """For one ``mail_poll``: then it is opened anew.

        A server may let us wait for ever in a folder that is gone, while another has its name.
        """
        opened = asyncio.get_running_loop().time()
        await self._begin(lease, config, folder, about)
        while True:
            # Until there is none: what comes before the waiting begins might not end it.
            while found := await folder.after(lease.box.last_uid):
                for uids in _parts(found, 500):
                    for batch, size in _batches(uids, await folder.sizes(uids)):
                        async with self._large if size > LARGE else contextlib.nullcontext():
                            await self._store(lease, folder, batch)
            now = self._clock.now()
            if lease.box.problem is not None or (lease.box.looked_at or now - LOOKED_EVERY) <= now - LOOKED_EVERY:
                await lease.save(lambda box: worked(box, self._clock.now()))
            await self._tell(lease)
            self._failing.discard(lease.box.id)
            await folder.wait(self._settings.mail_poll)
            if asyncio.get_running_loop().time() - opened >= self._settings.mail_poll:
                return

    async def _begin(self, lease: Lease, config: EmailConfig, folder: MailFolder, about: Folder) -> None:
        """Where to read on: after the cursor; in a folder never read, from now or some days ago.

        A folder made anew (another UIDVALIDITY, another server) has new names for mail that is known: it is read again
        from a day before the newest known, and what is known by its Message-ID is passed over.
        """
        box, source, now = lease.box, source_of(config), self._clock.now()
        if (box.source, box.uidvalidity) == (source, about.uidvalidity):
            return
        last = about.next_uid - 1 if about.next_uid else max(await folder.after(0), default=0)
        doubtful = 0
        if box.uidvalidity is not None and box.newest_at is not None:
            first, doubtful = await folder.since(box.newest_at - OVERLAP), last + 1
            last = min(first, default=last + 1) - 1
            log.warning("mailbox.made_anew", channel=box.id)
        elif config.import_days:
            last = min(await folder.since(now - timedelta(days=config.import_days)), default=last + 1) - 1
        await lease.save(lambda known: begun(known, source, about.uidvalidity, last, doubtful, now))

    async def _store(self, lease: Lease, folder: MailFolder, batch: Sequence[int]) -> None:
        """Fetch and store some mails, then move the cursor: cut short in between, they are fetched again, known."""
        mails = await folder.fetch(batch, self._settings.mail_limit)
        for mail in mails:
            channel = self._channels.get(lease.box.id)
            if channel is None:
                return
            posted = Posted(
                external_id=lease.box.external_id(mail.uid),
                raw=mail.raw,
                at=mail.at,
                doubtful=mail.uid < lease.box.doubtful_below,
                cut=mail.cut,
            )
            await self._take_in(lease.box.id, channel, posted)
        newest = max((mail.at for mail in mails if mail.at is not None), default=None)
        await lease.save(lambda box: read_to(box, batch[-1], newest))

    async def _take_in(self, id: str, channel: Channel, posted: Posted) -> None:
        """One mail; what can never be stored as it is is stored as its first lines, so that it stops no other."""
        try:
            outcome = await self._takes(id, channel, posted)
        except RetryLater:
            raise
        except Exception as error:  # a bug of ours is no reason to read no mail any more
            log.error("mail.unreadable", channel=id, error=type(error).__name__, exc_info=error)
            outcome = "unreadable"
            await self._takes(id, channel, _stub(posted))
        self._metrics.mails.labels(outcome).inc()


def _stub(posted: Posted) -> Posted:
    head = posted.raw.partition(b"\r\n\r\n")[0][:20_000]
    kept = b"\r\n".join(
        line for line in head.split(b"\r\n") if line.lower().startswith((b"from:", b"date:", b"message-id:"))
    )
    return Posted(posted.external_id, kept + b"\r\n\r\nThis mail cannot be read.", posted.at, posted.doubtful, cut=True)


def _parts(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _batches(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[tuple[list[int], int]]:
    """Consecutive mails, at most ``AT_ONCE`` and ``BATCH_BYTES``, and how many bytes they have."""
    batch: list[int] = []
    total = 0
    for uid in uids:
        size = sizes.get(uid, 0)
        if batch and (len(batch) == AT_ONCE or total + size > BATCH_BYTES):
            yield batch, total
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch, total


async def _either(*jobs: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends or fails; then the other is ended, and the failure raised as itself."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
