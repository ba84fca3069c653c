"""What a service is given (``Runtime``) and what it gives back (``Service``); the same alone or with the others."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp
from structlog.typing import FilteringBoundLogger

from shared.bus import Bus
from shared.clock import Clock
from shared.health import Probe
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Store

__all__ = ["Build", "Probe", "Runtime", "Service"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a service stands on. ``bus`` and ``metrics`` are its own, the rest belongs to the process.

    Bus and store are connected before ``build`` and closed after ``stop``, both by the runner. ``stopping`` is
    set when the process begins to stop: answers without an end (live updates) end then.
    """

    settings: CommonSettings
    clock: Clock
    bus: Bus
    store: Store
    metrics: CollectorRegistry
    vault: Vault
    log: FilteringBoundLogger
    stopping: asyncio.Event


class Service(Protocol):
    """A running service, as the runner sees it."""

    @property
    def name(self) -> str:
        """One of ``topology.SERVICES``."""

    @property
    def app(self) -> ASGIApp | None:
        """What it serves over HTTP: whole paths, no lifespan events. None for services without."""

    async def start(self) -> None:
        """Prepare its database, begin consuming, start timers and workers. Raises when it cannot serve."""

    async def stop(self) -> None:
        """Stop consuming, finish what is in flight within a bound, publish what the outbox holds."""

    def probes(self) -> Sequence[Probe]:
        """What its readiness depends on besides broker and store, which the runner asks itself."""

    def greeting(self) -> str | None:
        """Lines for the person who started it (how to sign in), once; None when there is nothing to say."""


Build: TypeAlias = Callable[[Runtime], Service]
"""``build`` of a service's ``main.py``."""
