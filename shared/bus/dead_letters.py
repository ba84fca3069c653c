"""Dead letters: list, show, replay, drop. For the operator's command line; services never read them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.bus.address import place
from shared.bus.intake import ATTEMPTS, CAUSES, DIED_AT, QUEUE, REASON, TRACEBACK
from shared.bus.publisher import Publisher
from shared.bus.topology import TIERS, Names
from shared.bus.wire import REPUBLISHED, Undecodable, again, read_meta
from shared.contracts.base import Meta
from shared.errors import NotFound, RetryLater

READ_AT_MOST: Final = 10_000
"""Letters looked at in one go. They are held meanwhile: what another listing sees is the rest."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. ``id`` is the same each time it is listed; ``body`` may hold what people wrote.

    ``reason``: ``failed`` (a handler raised), ``exhausted`` (it asked for another try too often), ``undecodable``,
    or ``delivery_limit`` (delivered again and again without an answer: the process died with it).
    """

    id: str
    queue: str
    type: str
    event_id: str
    reason: str
    attempts: int
    died_at: str
    causes: tuple[str, ...]
    traceback: str
    meta: Meta | None
    body: bytes


class DeadLetters:
    """Letters of one broker and prefix, read over a channel of its own. See ``dead_letters``."""

    def __init__(self, channel: AbstractChannel, names: Names) -> None:
        self._channel = channel
        self._names = names
        self._publisher = Publisher(channel, on_unroutable=lambda: None)

    async def count(self) -> int:
        """How many there are."""
        queue = await self._channel.declare_queue(self._names.dead, passive=True)
        return queue.declaration_result.message_count or 0

    async def list(self, limit: int = READ_AT_MOST) -> Sequence[Letter]:
        """The letters, oldest first."""
        async with self._held(limit) as letters:
            return tuple(letter for letter, _ in letters)

    async def show(self, letter_id: str) -> Letter:
        """One letter. ``NotFound`` when there is none of that id."""
        for letter in await self.list():
            if letter.id == letter_id:
                return letter
        raise NotFound(f"no dead letter {letter_id}: it may have been replayed or dropped")

    async def replay(self, ids: Collection[str] | None = None) -> int:
        """Return these (all when None) to the one queue each came from, as new tries; how many it were.

        A letter leaves only when its queue has it (``RetryLater`` else); one that names no queue of ours stays.
        """
        done = 0
        async with self._held(READ_AT_MOST, ids) as letters:
            for letter, message in letters:
                if not letter.queue:
                    continue
                await self._publisher.publish("", letter.queue, again(message, **{REPUBLISHED: True}))
                await message.ack()
                done += 1
        return done

    async def drop(self, ids: Collection[str] | None = None) -> int:
        """Forget these (all when None) for good; how many it were."""
        async with self._held(READ_AT_MOST, ids) as letters:
            for _, message in letters:
                await message.ack()
            return len(letters)

    @asynccontextmanager
    async def _held(
        self, limit: int, ids: Collection[str] | None = None
    ) -> AsyncIterator[Sequence[tuple[Letter, AbstractIncomingMessage]]]:
        """Hold letters, and put back whatever has not been acknowledged by the end."""
        queue = await self._channel.declare_queue(self._names.dead, passive=True)
        messages: list[AbstractIncomingMessage] = []
        try:
            while len(messages) < limit and (message := await queue.get(fail=False)) is not None:
                messages.append(message)
            letters = [(_letter(message, self._names), message) for message in messages]
            yield [(letter, message) for letter, message in letters if ids is None or letter.id in ids]
        finally:
            for message in messages:
                if not message.processed:
                    await message.nack(requeue=True)


@asynccontextmanager
async def dead_letters(url: str, prefix: str) -> AsyncIterator[DeadLetters]:
    """Connect for as long as the block lasts.

    Raises ``RetryLater`` when the broker is away, ``NotFound`` when nothing was ever set up under this prefix.
    """
    try:
        connection = await aio_pika.connect(url, timeout=5)
    except OSError as error:
        raise RetryLater(f"no broker answers at {place(url)}") from error
    async with connection:
        letters = DeadLetters(await connection.channel(on_return_raises=True), Names(prefix))
        try:
            await letters.count()
        except ChannelNotFoundEntity as error:
            raise NotFound(f"no queues of prefix {prefix!r} at {place(url)}: has Switchboard run there?") from error
        yield letters


def _letter(message: AbstractIncomingMessage, names: Names) -> Letter:
    headers: dict[str, Any] = dict(message.headers)
    queue = str(headers.get(QUEUE) or message.routing_key or "")
    if not queue.startswith(f"{names.prefix}.") or queue in {names.dead, *map(names.retry, TIERS)}:
        queue = ""
    try:
        meta = read_meta(message).model_copy(update={"redelivered": True})
    except Undecodable:
        meta = None
    event_id = message.message_id or ""
    return Letter(
        id=hashlib.sha256(b"\0".join((queue.encode(), event_id.encode(), message.body))).hexdigest()[:12],
        queue=queue,
        type=message.type or "",
        event_id=event_id,
        reason=str(headers.get(REASON) or _broker_reason(headers)),
        attempts=int(headers.get(ATTEMPTS) or 0),
        died_at=str(headers.get(DIED_AT) or ""),
        causes=tuple(map(str, headers.get(CAUSES) or ())),
        traceback=str(headers.get(TRACEBACK) or ""),
        meta=meta,
        body=message.body,
    )


def _broker_reason(headers: dict[str, Any]) -> str:
    """What RabbitMQ itself says, for letters that no handler of ours parked."""
    deaths = headers.get("x-death")
    if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
        return str(deaths[0].get("reason", "unknown"))
    return "unknown"
