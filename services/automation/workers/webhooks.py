"""Calls webhooks: what is due, a few at once for each endpoint, and forgets old deliveries."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from services.automation.domain.deliveries import (
    OFF,
    Delivery,
    Result,
    attempted,
    body_of,
    came_out,
    given_back,
    given_up,
    held,
    made,
)
from services.automation.domain.lanes import Lane
from services.automation.domain.telling import Telling
from services.automation.metrics import WebhookMetrics
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Meta
from shared.contracts.settings.webhooks import Webhook
from shared.contracts.webhooks import DeliveryStatus
from shared.errors import RetryLater, Unprocessable
from shared.ids import new_id
from shared.jobs import Jobs
from shared.outside import Answer, NoAnswer, Unreachable
from shared.store import Decide, Decision, Outcome
from shared.webhooks import sign

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
WAIT_FOR_PLACE = timedelta(seconds=60)
"""How long an attempt may wait for others to end before it is given back; with a call's time it fits in its lease."""

Webhooks = Callable[[], Mapping[str, Webhook]]
GaveUp = Callable[[Delivery, datetime], Awaitable[None]]


class Deliveries(Protocol):
    """What this asks of the repository."""

    async def insert(self, state: Delivery, cause: Meta) -> bool: ...

    async def change(self, id: str, cause: Meta, decide: Decide[Delivery]) -> Outcome[Delivery]: ...

    async def held(self, webhook: str, limit: int) -> Sequence[Delivery]: ...


class Forgets(Protocol):
    """What is kept for a while."""

    async def drop_before(self, instant: datetime) -> int: ...


class Posts(Protocol):
    """``shared.outside.Outside``, as far as this needs it."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer: ...


class Deliverer:
    """Makes deliveries and attempts them, each attempt claimed in its document by ``me`` before the call.

    A claim is a lease (``wake_at``): what a crash cut off is due again when it ends, for any process. What finds
    its endpoint's lane full is held in the store and taken up, oldest first, whenever a place is free.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        webhooks: Webhooks,
        outside: Posts,
        gave_up: GaveUp,
        *,
        clock: Clock,
        metrics: WebhookMetrics,
        me: str,
        places: int,
        calls: int,
        patience: timedelta = WAIT_FOR_PLACE,
    ) -> None:
        """``gave_up`` is told before a delivery ends undelivered; ``places`` a lane has, ``calls`` all together."""
        self._deliveries = deliveries
        self._webhooks = webhooks
        self._outside = outside
        self._gave_up = gave_up
        self._clock = clock
        self._metrics = metrics
        self._me = me
        self._places = places
        self._patience = patience
        self._calls = asyncio.Semaphore(calls)
        self._per_lane: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(places))
        self._lanes: dict[str, Lane] = {}
        self._resting: set[str] = set()
        self._begun: dict[str, int] = {}
        self._draining: set[str] = set()
        self._jobs = Jobs()

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return self._jobs.busy

    def start(self) -> None:
        """Take up what an earlier process left held."""
        for id in self._webhooks():
            self._go_on(id)

    async def stop(self, within: float) -> None:
        """Let what is under way finish, at most this many seconds; the rest is due again by its lease."""
        await self._jobs.stop(within)

    async def add(self, webhook: str, telling: Telling) -> bool:
        """A delivery of this to this webhook, once; attempted at once where there is a place. Returns once stored."""
        now = self._clock.now()
        fresh = made(webhook, telling, now)
        lane = self._lane(webhook)
        place = lane.take(now)
        state = attempted(fresh, now, self._me) if place else held(fresh, now)
        try:
            return await self._deliveries.insert(state, _cause("made", now))
        finally:
            if place:  # kept while it is stored; an attempt that began meanwhile has its own (``saw``)
                lane.give_back()
                self._go_on(webhook)

    def wake(self, state: Delivery, now: datetime) -> Decision[Delivery] | None:
        """For the timers: attempt what is due, or hold it."""
        if state.status is not DeliveryStatus.WAITING:
            return Decision(state.model_copy(update={"wake_at": None}))
        webhook = self._webhooks().get(state.webhook)
        if webhook is None or not webhook.enabled:
            return Decision(given_up(state, now, OFF))
        full = self._lane(state.webhook).free(now) == 0
        return Decision(held(state, now) if full else attempted(state, now, self._me))

    def saw(self, state: Delivery) -> None:
        """Begin the attempt that a saved state says this process has claimed; note what is held."""
        if state.status is not DeliveryStatus.WAITING:
            return
        lane = self._lane(state.webhook)
        if state.held:
            lane.waiting = True
            self._go_on(state.webhook)
        elif state.by == self._me and self._begun.get(state.id, 0) < state.attempts:
            self._begun[state.id] = state.attempts
            lane.taken += 1
            self._jobs.begin("webhook", self._attempt(state, lane))

    # --- one attempt ---------------------------------------------------------------------------------------------

    async def _attempt(self, state: Delivery, lane: Lane) -> None:
        placed, result = False, None
        try:
            async with AsyncExitStack() as places:
                placed = await self._placed(state.webhook, places)
                result = await self._call(state) if placed else None
        finally:
            if result is None:  # nothing was called
                lane.give_back()
            else:
                lane.ended(result.taken, self._clock.now())
            self._go_on(state.webhook)
        if not placed:
            del self._begun[state.id]  # the next attempt has the same number
            await self._change(state, "no place", given_back)
            return
        if result is None:
            await self._change(state, "off", lambda current, at: given_up(current, at, OFF))
        else:
            await self._note(state, result)
        self._begun.pop(state.id, None)

    async def _placed(self, webhook: str, places: AsyncExitStack) -> bool:
        """One of the endpoint's places and one of all of them, in time."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await places.enter_async_context(self._per_lane[webhook])
                await places.enter_async_context(self._calls)
        except TimeoutError:
            return False
        return True

    async def _call(self, state: Delivery) -> Result | None:
        """None: the webhook is off by now."""
        webhook = self._webhooks().get(state.webhook)
        if webhook is None or not webhook.enabled or not webhook.secret:
            return None
        body = body_of(state)
        headers = {**sign(webhook.secret, state.event, self._clock.now(), body), "content-type": "application/json"}
        began = time.perf_counter()
        try:
            answer = await self._outside.post(str(webhook.url), body, headers)
        except (Unprocessable, Unreachable, NoAnswer) as error:
            return Result(None, _milliseconds(began), error.detail)
        spent = _milliseconds(began)
        self._metrics.seconds.observe(spent / 1000)
        asked = answer.headers.get("retry-after", "")
        return Result(
            answer.status,
            spent,
            "" if 200 <= answer.status < 300 else f"It answered {answer.status}.",
            answer.body.decode("utf-8", "replace"),
            timedelta(seconds=min(int(asked), 86_400))
            if asked.isascii() and asked.isdigit() and len(asked) < 9
            else None,
        )

    async def _note(self, state: Delivery, result: Result) -> None:
        now, chance = self._clock.now(), random.random()
        self._metrics.attempts.labels("delivered" if result.taken else "failed").inc()
        if not result.taken:
            log.warning("webhook.failed", webhook=state.webhook, attempt=state.attempts, status=result.code)
            end = came_out(state, result, now, chance)
            if end.status is DeliveryStatus.FAILED:
                await self._gave_up(end, now)

        def after(current: Delivery, at: datetime) -> Delivery:
            if not result.taken and (current.by, current.attempts) != (self._me, state.attempts):
                return current  # a later attempt has overtaken it
            return came_out(current, result, at, chance)

        await self._change(state, "came out", after)

    async def _change(self, state: Delivery, what: str, step: Callable[[Delivery, datetime], Delivery]) -> bool:
        """Change it by ``step`` while it waits; whether that changed anything."""
        now = self._clock.now()

        def decide(current: Delivery | None) -> Decision[Delivery] | None:
            if current is None or current.status is not DeliveryStatus.WAITING:
                return None
            after = step(current, now)
            return None if after is current else Decision(after)

        return (await self._deliveries.change(state.id, _cause(what, now), decide)).changed

    # --- lanes ---------------------------------------------------------------------------------------------------

    def _lane(self, webhook: str) -> Lane:
        return self._lanes.setdefault(webhook, Lane(self._places))

    def _go_on(self, webhook: str) -> None:
        """Take up what is held, if there are places, or else when the endpoint has rested."""
        lane, now = self._lane(webhook), self._clock.now()
        if not lane.waiting:
            return
        if lane.free(now):
            self._jobs.begin("held webhooks", self._drain(webhook, lane))
        elif lane.rests_until is not None and lane.rests_until > now and webhook not in self._resting:
            self._resting.add(webhook)
            pause = (lane.rests_until - now).total_seconds()
            asyncio.get_running_loop().call_later(pause, self._rested, webhook)

    def _rested(self, webhook: str) -> None:
        self._resting.discard(webhook)
        self._go_on(webhook)

    async def _drain(self, webhook: str, lane: Lane) -> None:
        """Take up what is held, oldest first, until the places are taken, or others are faster."""
        if webhook in self._draining:
            return
        self._draining.add(webhook)
        try:
            while lane.waiting and (free := lane.free(self._clock.now())):
                lane.waiting = False  # what is held from here on says so (``saw``)
                found = await self._deliveries.held(webhook, free)
                taken_up = await asyncio.gather(*(self._take_up(state) for state in found))
                lane.waiting = lane.waiting or len(found) == free
                if not any(taken_up):
                    return
        except RetryLater:
            lane.waiting = True
            raise
        finally:
            self._draining.discard(webhook)

    async def _take_up(self, state: Delivery) -> bool:
        def step(current: Delivery, now: datetime) -> Delivery:
            return attempted(current, now, self._me) if current.held else current

        return await self._change(state, "taken up", step)


async def forget_old(deliveries: Forgets, masked: Forgets, days: int, clock: Clock) -> None:
    """Every hour: the log is kept so many days."""
    while True:
        before = clock.now() - timedelta(days=days)
        try:
            gone = await deliveries.drop_before(before)
            await masked.drop_before(before)
        except RetryLater as error:
            log.info("webhooks.kept", code=error.code)
        else:
            log.debug("webhooks.forgotten", deliveries=gone)
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


def _milliseconds(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _cause(what: str, now: datetime) -> Meta:
    """A name of its own: compare-and-set makes a step count once, and a state may come back to where it was."""
    id = new_id()
    return Meta(event_id=id, type=f"automation.webhook {what}", occurred_at=now, correlation_id=id, actor=SYSTEM)
