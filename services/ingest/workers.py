"""Timed and background work: sending, fetching attachments, announcing again what nobody took, forgetting uploads."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from weakref import WeakValueDictionary

import structlog

from services.ingest.connectors import Connector
from services.ingest.domain.contact import silenced
from services.ingest.domain.delivery import Outcome, Postponed, Refused, Took
from services.ingest.domain.message import StoredMessage, Task
from services.ingest.domain.sending import WAIT_FOR_PLACE, attempted, came_out, cut_off, given_back
from services.ingest.domain.waking import woken
from services.ingest.files import Files
from services.ingest.handlers.accepting import arrival_cause, received_event
from services.ingest.handlers.attaching import Attaching
from services.ingest.handlers.showing import Show
from services.ingest.metrics import IngestMetrics
from services.ingest.repository import IngestRepository, Remembered
from services.ingest.settings import IngestSettings
from shared.bus import Envelope, envelope
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Meta
from shared.contracts.live import TimelineHint
from shared.contracts.settings import Channel
from shared.contracts.words import Medium
from shared.errors import RetryLater, SwitchboardError
from shared.ids import derived, event_id
from shared.jobs import Jobs
from shared.resources import Book
from shared.store import Decision

log = structlog.get_logger(__name__)

KEEP_AGAIN_SECONDS = 0.2
SWEEP_SECONDS = 1800.0


class Courier:
    """Does what messages need, once each: a task is claimed in the message by ``me``, then done here.

    A claim is a lease; what a crash cut off is due again when it ends, for any process.
    """

    def __init__(
        self,
        repository: IngestRepository,
        channels: Book[Channel],
        connectors: Mapping[Medium, Connector],
        files: Files,
        *,
        publish: Callable[[Envelope], Awaitable[None]],
        show: Show,
        clock: Clock,
        metrics: IngestMetrics,
        settings: IngestSettings,
        me: str,
    ) -> None:
        self._repository = repository
        self._channels = channels
        self._connectors = connectors
        self._files = files
        self._publish = publish
        self._show = show
        self._clock = clock
        self._metrics = metrics
        self._me = me
        self._claimed: Remembered[bool] = Remembered(50_000)
        self._jobs = Jobs()
        self._sending = asyncio.Semaphore(settings.sending)
        self._fetching = asyncio.Semaphore(settings.fetching)
        self._per_channel: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(settings.sending_per_channel)
        )
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def wake(self, state: StoredMessage, now: datetime) -> Decision[StoredMessage] | None:
        """For the timers: claim what is due; an attempt that a crash cut off is uncertain where a repeat would show."""
        if (step := cut_off(state, now)) is not None:
            return Decision(step.state, says=step.says, actor=state.message.author)
        after = woken(state, now, self._me)
        return None if after is state else Decision(after)

    def look(self, state: StoredMessage) -> None:
        """Begin what a saved state says is claimed by this process and not begun."""
        for name, task, job in (
            ("send", state.send, self._send),
            ("fetch", state.fetch, self._fetch),
            ("announce", state.announce, self._announce),
        ):
            if (
                task is not None
                and task.by == self._me
                and not self._begun(f"{state.id} {name} {task.number} {task.at}")
            ):
                self._jobs.begin(name, job(state, task))

    def send_soon(self, message: str) -> None:
        """The first attempt at once, without waiting for the timers."""
        self._jobs.begin("first try", self._try_first(message))

    async def stop(self, within: float) -> None:
        """Let what is under way finish, at most this many seconds; the rest is due again by its lease."""
        await self._jobs.stop(within)

    # --- sending -------------------------------------------------------------------------------------------------

    async def _try_first(self, message: str) -> None:
        now = self._clock.now()

        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            after = attempted(current, now, self._me, early=True) if current is not None else None
            return None if after is None else Decision(after)

        await self._repository.messages.change(message, _own_cause("first try", message, self._me, now), decide)

    async def _send(self, state: StoredMessage, task: Task) -> None:
        async with AsyncExitStack() as places:
            try:
                async with asyncio.timeout(WAIT_FOR_PLACE.total_seconds()):
                    await places.enter_async_context(self._line(state.message.conversation))
                    await places.enter_async_context(self._per_channel[state.thread.channel])
                    await places.enter_async_context(self._sending)
            except TimeoutError:
                await self._give_back(state, task)
                return
            with self._metrics.send_seconds.time():
                outcome = await self._attempt(state)
        await self._note(state, task, outcome)

    def _line(self, conversation: str) -> asyncio.Lock:
        """Messages of one conversation are sent in turn, so that quick ones arrive as they were written."""
        line = self._lines.get(conversation)
        if line is None:
            line = self._lines[conversation] = asyncio.Lock()
        return line

    async def _give_back(self, state: StoredMessage, task: Task) -> None:
        now = self._clock.now()

        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            after = given_back(current, task.number, now) if current is not None else None
            return None if after is None or after is current else Decision(after)

        await self._repository.messages.change(state.id, _own_cause("no place", state.id, self._me, now), decide)

    async def _note(self, state: StoredMessage, task: Task, outcome: Outcome) -> None:
        self._metrics.sends.labels(state.medium.value, type(outcome).__name__.lower()).inc()
        if not isinstance(outcome, Took):
            log.warning("send.failed", channel=state.thread.channel, attempt=task.number, why=outcome.reason)
        elif (name := outcome.external_id) is not None:
            await kept(
                lambda: self._repository.name_outside(state.thread.channel, name, state.id), self._clock, task.at
            )
        now = self._clock.now()

        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            if current is None:
                return None
            step = came_out(current, task.number, outcome, now)
            return None if step.state is current else Decision(step.state, says=step.says, actor=current.message.author)

        cause = _own_cause("came out", state.id, str(task.number), now)
        await kept(lambda: self._repository.messages.change(state.id, cause, decide), self._clock, task.at)
        await self._show(TimelineHint(conversation=state.message.conversation, message_id=state.id))

    async def _attempt(self, state: StoredMessage) -> Outcome:
        channel = self._channels.get(state.thread.channel)
        connector = self._connectors.get(state.medium)
        if channel is None or connector is None:
            return Refused("The channel is gone.")
        if not channel.enabled:
            return Postponed("The channel is switched off.")
        return await connector.send(state, channel)

    # --- the other tasks -----------------------------------------------------------------------------------------

    async def _fetch(self, state: StoredMessage, task: Task) -> None:
        async with self._fetching:
            fetched = await self._files.fetch(state)
        now = self._clock.now()

        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            after = fetched(current, now) if current is not None else None
            return None if after is None or after is current else Decision(after)

        cause = _own_cause("fetched", state.id, str(task.number), now)
        outcome = await self._repository.messages.change(state.id, cause, decide)
        if outcome.state is not None and outcome.state.message.masked_at is not None:
            await self._files.forget(state)
        await self._show(TimelineHint(conversation=state.message.conversation, message_id=state.id))

    async def _announce(self, state: StoredMessage, task: Task) -> None:
        contact = await self._repository.contacts.get(state.contact)
        if contact is None:
            return
        log.warning("message.not_taken", channel=state.thread.channel, times=task.number)
        is_muted = silenced(contact, self._channels.get(state.thread.channel), state.thread.channel)
        event = received_event(state, contact.snapshot(state.thread.address), is_muted)
        first = arrival_cause(state.id, state.contact, state.message.received_at)
        said = envelope(
            event, cause=first, event_id=event_id(first.event_id, state.id, event.type), now=self._clock.now()
        )
        again = replace(said, meta=said.meta.model_copy(update={"redelivered": True}))
        await self._publish(again)
        self._metrics.announced_again.inc()

    # --- keeping house -------------------------------------------------------------------------------------------

    def _begun(self, token: str) -> bool:
        if self._claimed.get(token):
            return True
        self._claimed.put(token, True)
        return False


class Sweep:
    """Forgets uploads that were never sent, now and then."""

    def __init__(self, attaching: Attaching) -> None:
        self._attaching = attaching
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="unsent uploads")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._attaching.forget_unsent()
            except SwitchboardError as away:
                log.info("uploads.not_swept", code=away.code)


async def kept(write: Callable[[], Awaitable[object]], clock: Clock, until: datetime) -> None:
    """How an attempt came out, written although the store is away for a while; RetryLater when it is past ``until``.

    By then its lease is over and somebody else has decided: what nobody wrote down is repeated, or uncertain.
    """
    while True:
        try:
            await write()
            return
        except RetryLater:
            if clock.now() >= until:
                raise
        await asyncio.sleep(KEEP_AGAIN_SECONDS)


def _own_cause(what: str, message: str, mark: str, now: datetime) -> Meta:
    id = derived(what, message, mark, now.isoformat())
    return Meta(event_id=id, type=f"ingest.{what}", occurred_at=now, correlation_id=id, actor=SYSTEM)
