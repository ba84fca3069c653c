"""The bus as services see it: publish, ask, broadcast, and a table of handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from prometheus_client import CollectorRegistry

from shared.bus.envelope import Envelope
from shared.bus.table import Row
from shared.contracts.base import Command, Contract, Event, Meta

R = TypeVar("R", bound=Contract)

Publish: TypeAlias = Callable[[Envelope], Awaitable[None]]
"""``Bus.publish``, for who needs nothing else of the bus."""


class Clock(Protocol):
    """Tells the time: aware, UTC."""

    def now(self) -> datetime: ...


class Asks(Protocol):
    """``Bus.ask``, for who needs nothing else of the bus."""

    async def ask(
        self, command: Command[R], *, meta: Meta | None = None, service: str | None = None, timeout: float = 5.0
    ) -> R: ...


class Bus:
    """One service's place on the bus. Reconnects by itself; ``healthy`` says what is amiss meanwhile."""

    def __init__(
        self,
        url: str,
        prefix: str,
        *,
        service: str,
        metrics: CollectorRegistry,
        clock: Clock,
        prefetch: int = 50,
    ) -> None:
        """``prefix`` begins the name of every exchange and queue; ``service`` is one of ``topology.SERVICES``."""
        raise NotImplementedError

    async def connect(self) -> None:
        """Wait for the broker and declare the whole topology. From here on the bus publishes and asks."""
        raise NotImplementedError

    async def start(self, table: Sequence[Row]) -> None:
        """Consume. Raises ValueError for a row that the topology does not know, or a repeated one."""
        raise NotImplementedError

    async def stop_consuming(self) -> None:
        """Take nothing new; finish what is in flight within a bound. What is not finished is delivered again."""
        raise NotImplementedError

    async def close(self) -> None:
        """Leave the broker. Safe to call twice."""
        raise NotImplementedError

    def healthy(self) -> str | None:
        """None, or what fails, in a few words."""
        raise NotImplementedError

    async def publish(self, entry: Envelope) -> None:
        """Return once the broker has it on disk in every queue it belongs to; ``RetryLater`` when unsure.

        An event that nobody hears (no services in ``HEARD_BY``) is not published.
        """
        raise NotImplementedError

    async def ask(
        self, command: Command[R], *, meta: Meta | None = None, service: str | None = None, timeout: float = 5.0
    ) -> R:
        """The owner's answer. Its errors are raised here as themselves.

        ``meta`` is the command's own metadata (``metadata()``): asking again with the same ``event_id`` is safe
        and gives the same answer. ``service`` names the owner of a verb that several services have.
        ``TimedOut`` after ``timeout`` seconds, ``RetryLater`` when the broker is away.
        """
        raise NotImplementedError

    async def broadcast(self, event: Event) -> None:
        """Tell every process that hears it now. Best effort: never raises, never waits long."""
        raise NotImplementedError
