"""Wakes the live streams of chat visitors when their conversation's timeline changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from shared.contracts.base import Meta
from shared.contracts.live import TimelineHint
from shared.errors import TooManyRequests


class Ear:
    """One open stream: rings when something changed, and knows which messages were named."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self._named: set[str] = set()

    def ring(self, message: str | None = None) -> None:
        """Something changed."""
        if message is not None:
            self._named.add(message)
        self._bell.set()

    async def heard(self, within: float) -> frozenset[str] | None:
        """Wait until it rings: the messages named since the last time. None when it does not for ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._bell.wait()
        except TimeoutError:
            return None
        self._bell.clear()
        named, self._named = frozenset(self._named), set()
        return named


class Streams:
    """The open streams by conversation. A hint that gets lost costs a stream one later look, nothing more."""

    def __init__(self, per_visitor: int, gauge: Gauge) -> None:
        self._per_visitor = per_visitor
        self._open: dict[str, set[Ear]] = defaultdict(set)
        gauge.set_function(lambda: self.count)

    @property
    def count(self) -> int:
        """Open streams."""
        return sum(map(len, self._open.values()))

    async def on_hint(self, hint: TimelineHint, _meta: Meta | None = None) -> None:
        """A timeline changed, here or in another process."""
        for ear in tuple(self._open.get(hint.conversation, ())):
            ear.ring(hint.message_id)

    def admit(self, conversation: str) -> None:
        """TooManyRequests past the visitor's number of streams."""
        if len(self._open.get(conversation, ())) >= self._per_visitor:
            raise TooManyRequests("This chat is open in too many windows.", retry_after=30)

    @contextmanager
    def listening(self, conversation: str) -> Iterator[Ear]:
        """An ear for this conversation while the stream is open."""
        ear = Ear()
        self._open[conversation].add(ear)
        try:
            yield ear
        finally:
            self._open[conversation].discard(ear)
            if not self._open[conversation]:
                del self._open[conversation]

    def wake_all(self) -> None:
        """Let every stream look up, for example to end."""
        for ears in tuple(self._open.values()):
            for ear in tuple(ears):
                ear.ring()
