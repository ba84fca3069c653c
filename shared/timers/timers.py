"""One loop per collection that sleeps until the nearest instant it knows, and reads what comes next in windows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias

import structlog
from prometheus_client import CollectorRegistry

from shared.clock import Clock
from shared.contracts.base import SYSTEM, Contract, Meta
from shared.errors import RetryLater
from shared.ids import derived, new_id
from shared.store.decision import Decide, Decision, Outcome, S
from shared.timers.alarms import Alarm, Alarms
from shared.timers.metrics import TimerMetrics

log = structlog.get_logger(__name__)

Wake: TypeAlias = Callable[[S, datetime], Decision[S] | None]
"""Pure: what becomes of a state whose ``wake_at`` has come. It must move ``wake_at`` (later, or to None)."""

POLL_SECONDS = 3.0
AHEAD = timedelta(seconds=5)
"""Read this far ahead; more than a poll, so that what is due between two polls is armed before."""
WINDOW = 200
AT_ONCE = 50
LATE = timedelta(seconds=1)
"""What is later than this belongs to a backlog: it is worked off beside what is due now, not before it."""
LATE_AT_ONCE = 25
NEAR_WINDOW = 1000
CATCH_UP_POLLS = 2
"""With no backlog in sight it is looked for only every so many polls."""
TRIES = 8
LONGEST_BACKOFF_SECONDS = 60.0
HEAD_START_SECONDS = 0.2
REMEMBER_RIVALS = timedelta(seconds=60)


class Wakes(Protocol[S]):
    """What timers ask of aggregates."""

    @property
    def name(self) -> str: ...

    async def change(self, id: str, cause: Meta, decide: Decide[S]) -> Outcome[S]: ...

    async def due(self, until: datetime, *, after: datetime | None, limit: int) -> list[tuple[str, datetime]]: ...

    async def park(self, id: str, wake_at: datetime) -> bool: ...

    def forget(self, id: str) -> None: ...

    def on_saved(self, listener: Callable[[S], None]) -> None: ...


class NotMoved(Exception):
    """A wake left ``wake_at`` where it was: it would be woken for ever."""


class Timers(Generic[S]):
    """Wakes the aggregates of one collection. Any number of replicas may run: each instant is handled once.

    Replicas that meet give each other a head start: who is behind in the hash of (id, replica) waits up to
    0.2 s. A replica alone waits for nobody. What fell due while nobody watched is worked off beside what is due
    now, so that an outage makes nothing late but what fell into it. A wake that fails is tried again after
    2, 4, 8, … seconds and parked after eight times: it is left alone until something else changes the aggregate.
    """

    def __init__(
        self,
        aggregates: Wakes[S],
        wake: Wake[S],
        clock: Clock,
        *,
        metrics: CollectorRegistry,
        poll: float = POLL_SECONDS,
        backoff: float = 1.0,
        replica: str | None = None,
    ) -> None:
        """``poll`` is how often (seconds) the index is read, ``backoff`` scales the pauses after failures;
        ``replica`` names this process among its equals."""
        self._aggregates = aggregates
        self._wake = wake
        self._clock = clock
        self._poll = poll
        self._backoff = backoff
        self._replica = replica or new_id()
        self._metrics = TimerMetrics.of(metrics, aggregates.name)
        self._alarms = Alarms()
        self._nearer = asyncio.Event()
        self._progress = asyncio.Event()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._late_gate = asyncio.Semaphore(LATE_AT_ONCE)
        self._read_at: datetime | None = None
        self._waking: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._rival_seen: datetime | None = None
        self._running = False
        aggregates.on_saved(self._saved)

    async def start(self) -> None:
        """Begin."""
        self._running = True
        loops = (self._read_often(), self._catch_up_often(), self._ring())
        self._loops = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Let what is waking finish, then end."""
        self._running = False
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._waking:
            await asyncio.wait(self._waking, timeout=5.0)
        for task in self._waking:
            task.cancel()

    async def _read_often(self) -> None:
        while True:
            await self._tried(self._read())
            await asyncio.sleep(self._poll)

    async def _catch_up_often(self) -> None:
        while True:
            is_behind = await self._tried(self._catch_up())
            await asyncio.sleep(self._poll if is_behind else self._poll * CATCH_UP_POLLS)

    async def _tried(self, reading: Coroutine[Any, Any, bool]) -> bool:
        """What it answers; True when it failed, so that it is soon tried again."""
        try:
            return await reading
        except RetryLater:
            log.warning("timers.unread", collection=self._aggregates.name)
        except Exception:
            log.exception("timers.unread", collection=self._aggregates.name)
        return True

    async def _read(self) -> bool:
        """Arm what falls due from the last read on up to the look-ahead. Whether there was anything."""
        now = self._clock.now()
        armed = await self._arm((self._read_at or now) - LATE, now + AHEAD, NEAR_WINDOW)
        self._read_at = now
        return armed

    async def _catch_up(self) -> bool:
        """Arm what is late. A backlog is worked off window by window, not held in memory."""
        return await self._arm(None, self._clock.now() - LATE, WINDOW, patient=True)

    async def _arm(self, after: datetime | None, until: datetime, limit: int, *, patient: bool = False) -> bool:
        seen: set[str] = set()
        while True:
            window = await self._aggregates.due(until, after=after, limit=limit)
            fresh = [(id, at) for id, at in window if id not in seen]
            alarms = [self._alarms.found(id, at, self._clock.now()) for id, at in fresh]
            self._armed()
            seen.update(id for id, _ in fresh)
            if len(window) < limit or not fresh:
                return bool(seen)
            after = window[-1][1]
            if patient:
                await self._worked_off([alarm for alarm in alarms if alarm is not None])

    async def _worked_off(self, alarms: Sequence[Alarm]) -> None:
        while sum(1 for each in alarms if not each.off and each.rings <= self._clock.now()) > WINDOW // 4:
            self._progress.clear()
            await self._progress.wait()

    def _saved(self, state: Contract) -> None:
        """What this process saves with a near ``wake_at`` is armed at once."""
        if not self._running:
            return
        at = getattr(state, "wake_at", None)
        near = isinstance(at, datetime) and at <= self._clock.now() + AHEAD
        self._alarms.saved(str(getattr(state, "id")), at if near else None)  # noqa: B009 - aggregates have ids
        self._armed()

    def _armed(self) -> None:
        self._metrics.armed.set(len(self._alarms))
        self._nearer.set()

    async def _ring(self) -> None:
        while True:
            self._nearer.clear()
            for alarm in self._alarms.ringing(self._clock.now()):
                task = asyncio.create_task(self._handle(alarm))
                self._waking.add(task)
                task.add_done_callback(self._waking.discard)
            await self._sleep_until(self._alarms.nearest)

    async def _sleep_until(self, at: datetime | None) -> None:
        pause = self._poll if at is None else min(self._poll, (at - self._clock.now()).total_seconds())
        try:
            async with asyncio.timeout(max(pause, 0.001)):
                await self._nearer.wait()
        except TimeoutError:
            return

    async def _handle(self, alarm: Alarm) -> None:
        is_late = self._clock.now() - alarm.at > LATE
        try:
            async with self._late_gate if is_late else self._gate:
                await self._give_way(alarm.id)
                await self._wake_now(alarm)
        except RetryLater as error:
            self._later(alarm, error)
        except Exception as error:  # noqa: BLE001 - one that fails must not stop the others
            await self._failed(alarm, error)
        else:
            self._alarms.done(alarm, rang=self._clock.now())
        finally:
            self._progress.set()
            self._metrics.armed.set(len(self._alarms))

    async def _wake_now(self, alarm: Alarm) -> None:
        now = self._clock.now()
        woken = False

        def decide(state: S | None) -> Decision[S] | None:
            nonlocal woken
            due = getattr(state, "wake_at", None)
            if state is None or not isinstance(due, datetime) or due > now:
                woken = False
                return None
            woken = True
            decision = self._wake(state, now)
            after = getattr(decision.state, "wake_at", None) if decision is not None else due
            if isinstance(after, datetime) and after <= due:
                raise NotMoved(f"the wake of {alarm.id} left wake_at at {after.isoformat()}")
            return decision

        # A name of its own: compare-and-set makes an instant count once, and a state may come back to an instant.
        name = derived("wake", self._aggregates.name, alarm.id, alarm.at.isoformat(), new_id())
        cause = Meta(event_id=name, type="timer", occurred_at=now, correlation_id=name, actor=SYSTEM)
        outcome = await self._aggregates.change(alarm.id, cause, decide)
        if outcome.changed or outcome.repeated:
            self._metrics.lag.observe(max(0.0, (now - alarm.at).total_seconds()))
            self._metrics.woken.inc()
        elif not woken:
            self._metrics.beaten.inc()
            self._rival_seen = now

    async def _give_way(self, id: str) -> None:
        if self._rival_seen is None or self._clock.now() - self._rival_seen > REMEMBER_RIVALS:
            return
        digest = hashlib.blake2b(f"{id} {self._replica}".encode(), digest_size=2).digest()
        await asyncio.sleep(HEAD_START_SECONDS * int.from_bytes(digest) / 65536)
        self._aggregates.forget(id)  # a rival may have had it by now: look before deciding

    async def _failed(self, alarm: Alarm, error: Exception) -> None:
        alarm.tries += 1
        self._metrics.failed.inc()
        log.error("timers.failed", collection=self._aggregates.name, tries=alarm.tries, exc_info=error)
        if alarm.tries < TRIES:
            self._later(alarm, error)
            return
        try:
            parked = await self._aggregates.park(alarm.id, alarm.at)
        except RetryLater as away:
            self._later(alarm, away)
            return
        if parked:
            self._metrics.parked.inc()
            log.error("timers.parked", collection=self._aggregates.name, id=alarm.id)
        self._alarms.done(alarm)

    def _later(self, alarm: Alarm, error: Exception) -> None:
        pause = min(LONGEST_BACKOFF_SECONDS, self._backoff * 2.0**alarm.tries)
        log.warning("timers.again", collection=self._aggregates.name, error=type(error).__name__, seconds=pause)
        self._alarms.again(alarm, self._clock.now() + timedelta(seconds=pause))
        self._nearer.set()
