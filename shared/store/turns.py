"""Turns: within a process, those who want to change one aggregate are decided together and saved by one write."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic

from prometheus_client import Counter

from shared.clock import Clock
from shared.contracts.base import Meta
from shared.errors import RetryLater
from shared.store.deciding import Round, Stamp, Waiting, decide_all
from shared.store.decision import Decide, Outcome, S
from shared.store.documents import Form
from shared.store.entry import Entry, entry_id
from shared.store.failures import LostRace, StoreAway, Taken
from shared.store.group import GroupCommit, GroupRead
from shared.store.known import REMEMBERED_CAUSES, Known, Snapshots
from shared.store.outbox import Outbox
from shared.store.saving import Writer
from shared.store.trail import Trail

MOST_TOGETHER = 16
MOST_RACES = 30
LONGEST_BACKOFF = 0.25
OLD = timedelta(seconds=60)
"""A cause older than this may be a replay of something that fell out of the document's list."""


@dataclass(frozen=True, slots=True)
class Parts(Generic[S]):
    """What a turn works with."""

    form: Form[S]
    reads: GroupRead[str]
    commit: GroupCommit
    writer: Writer[S]
    outbox: Outbox
    trail: Trail | None
    snapshots: Snapshots[S]
    stamp: Stamp[S]
    clock: Clock
    lost: Counter
    saved: Callable[[S], None]


class Turns(Generic[S]):
    """One queue per aggregate that is being changed, each served by a task of its own."""

    def __init__(self, parts: Parts[S]) -> None:
        self._parts = parts
        self._queues: dict[str, list[Waiting[S]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def busy(self, id: str) -> bool:
        """Whether somebody is changing this aggregate."""
        return id in self._queues

    def take(self, id: str, cause: Meta, decide: Decide[S], *, likely_new: bool = False) -> asyncio.Future[Outcome[S]]:
        """Wait for a turn."""
        done: asyncio.Future[Outcome[S]] = asyncio.get_running_loop().create_future()
        each = Waiting(cause, decide, done, likely_new)
        if id in self._queues:
            self._queues[id].append(each)
        else:
            self._queues[id] = [each]
            task = asyncio.create_task(self._serve(id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return done

    async def idle(self, within: float) -> None:
        """Return once nobody waits, or after ``within`` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)

    async def _serve(self, id: str) -> None:
        queue = self._queues[id]
        try:
            while queue:
                await asyncio.sleep(0)  # what arrived together is decided together
                turn = [each for each in queue[:MOST_TOGETHER] if not each.done.done()]
                del queue[:MOST_TOGETHER]
                if turn:
                    await self._answer(id, turn)
        finally:
            del self._queues[id]
            for each in queue:
                each.done.cancel()

    async def _answer(self, id: str, turn: list[Waiting[S]]) -> None:
        try:
            told = await self._change(id, turn)
        except Exception as error:  # noqa: BLE001 - everybody who waits is told
            told = [error] * len(turn)
        except BaseException:
            for each in turn:
                each.done.cancel()
            raise
        for each, answer in zip(turn, told, strict=True):
            if each.done.done():
                continue
            if isinstance(answer, Exception):
                each.done.set_exception(answer)
            else:
                each.done.set_result(answer)

    async def _change(self, id: str, turn: list[Waiting[S]]) -> list[Outcome[S] | Exception]:
        known = self._parts.snapshots.get(id)
        if known is None and all(each.likely_new for each in turn):
            known = Known(id)  # not read: the write itself finds out whether there is one
        races = 0
        while True:
            if known is None:
                known = await self._load(id)
            round = await self._decide(known, turn)
            if not round.entries:
                if known.fresh:
                    self._parts.snapshots.put(known)
                    return round.told
                known = None  # a "nothing to do" from memory is asked again of the store
                continue
            try:
                await self._save(known, round)
                return round.told
            except LostRace:
                races += 1
                await self._step_back(races)
                known = None
            except StoreAway:
                known = await self._after_silence(id, round)
            except Taken as error:
                tried, known = known, await self._load(id)
                if known.version != tried.version:  # a lost race: the embedded server may name any index
                    races += 1
                    await self._step_back(races)
                elif len(turn) == 1:
                    return [error]
                else:
                    return [answer for each in turn for answer in await self._change(id, [each])]

    async def _step_back(self, races: int) -> None:
        self._parts.lost.inc()
        if races >= MOST_RACES:
            raise RetryLater("too many others are changing it: try again") from None
        await asyncio.sleep(random.random() * min(LONGEST_BACKOFF, 0.002 * 2**races))

    async def _load(self, id: str) -> Known[S]:
        return Known.read(id, await self._parts.reads.read(id), self._parts.form)

    async def _decide(self, known: Known[S], turn: list[Waiting[S]]) -> Round[S]:
        parts = self._parts
        now = parts.clock.now()
        if parts.trail is not None and len(known.causes) >= REMEMBERED_CAUSES:
            doubtful = [
                entry_id(known.id, each.cause.event_id)
                for each in turn
                if (each.cause.redelivered or each.cause.occurred_at < now - OLD)
                and not known.remembers(each.cause.event_id)[0]
            ]
            if doubtful:
                known.recalled = await parts.trail.known(doubtful)
        return decide_all(known, turn, stamp=parts.stamp, now=now, settled=parts.outbox.settled)

    async def _save(self, known: Known[S], round: Round[S]) -> None:
        parts = self._parts
        if round.state is None:
            raise TypeError("a change without a state")
        drops = parts.outbox.take_droppable(known.id)
        try:
            write, saved = parts.writer.change(known, round.state, round.entries, drops)
            await parts.commit.write(write)
        except BaseException:
            parts.snapshots.forget(known.id)
            parts.outbox.give_back(known.id, drops)
            raise
        parts.snapshots.put(saved)
        self._publish(round.entries)
        parts.saved(round.state)

    def _publish(self, entries: list[Entry]) -> None:
        for entry in self._parts.writer.kept(entries):
            self._parts.outbox.send(entry)

    async def _after_silence(self, id: str, round: Round[S]) -> Known[S]:
        """Nobody knows whether the write happened: read, and say what lies in the outbox by our hand."""
        known = await self._load(id)
        self._publish([entry for entry in round.entries if entry.id in known.outbox])
        return known
