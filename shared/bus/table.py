"""Consumers as a table: which event or command goes to which handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, assert_never

from shared.bus.topology import Topology
from shared.contracts.base import Command, Contract, Event, Meta

E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Command[Any])

Handler: TypeAlias = Callable[[E, Meta], Awaitable[None]]
"""Handles an event. Returning acknowledges it; raising decides what becomes of it (``shared.bus.outcome``)."""

Answerer: TypeAlias = Callable[[C, Meta], Awaitable[Contract]]
"""Answers a command with its reply type, or raises a ``SwitchboardError`` that the asking side raises again."""


@dataclass(frozen=True, slots=True)
class Consumes:
    """An event of ``HEARD_BY``, competing consumers, delivered at least once and in no order."""

    event: type[Event]
    handler: Callable[[Any, Meta], Awaitable[None]]
    name: str | None = None
    prefetch: int | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """A command that this service answers; its verb is the command's type."""

    command: type[Command[Any]]
    handler: Callable[[Any, Meta], Awaitable[Contract]]


@dataclass(frozen=True, slots=True)
class Hears:
    """An event of the live fanout: every process hears it, while it is connected, at most once."""

    event: type[Event]
    handler: Callable[[Any, Meta], Awaitable[None]]


Row: TypeAlias = Consumes | Answers | Hears


def consumes(event: type[E], handler: Handler[E], *, name: str | None = None, prefetch: int | None = None) -> Consumes:
    """A row of the table: this event goes to this handler, from a queue of its own.

    ``name`` is the handler's in metrics (the event's type unless given); ``prefetch`` bounds how many deliveries
    are handled at once (the bus's unless given).
    """
    return Consumes(event=event, handler=handler, name=name, prefetch=prefetch)


def answers(command: type[C], handler: Answerer[C]) -> Answers:
    """A row of the table: this command is answered by this handler."""
    return Answers(command=command, handler=handler)


def hears(event: type[E], handler: Handler[E]) -> Hears:
    """A row of the table: this event of the live fanout goes to this handler; what fails is counted and forgotten."""
    return Hears(event=event, handler=handler)


def check(rows: Sequence[Row], service: str, topology: Topology) -> None:
    """Raise ValueError for a row that the topology does not know, that is another service's, or is there twice."""
    seen: set[str] = set()
    for row in rows:
        match row:
            case Hears():
                continue
            case Consumes(event=event):
                kind = event.type
                if service not in topology.heard_by.get(kind, ()):
                    raise ValueError(f"{kind} is not heard by {service}: add it to topology.HEARD_BY")
            case Answers(command=command):
                kind = command.type
                if command.service not in ("", service):
                    raise ValueError(f"{kind} is answered by {command.service}, not {service}")
            case _:
                assert_never(row)
        if kind in seen:
            raise ValueError(f"{kind} is in the table of {service} twice")
        seen.add(kind)
