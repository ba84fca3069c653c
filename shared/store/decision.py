"""What a handler decides about an aggregate, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.contracts.base import Actor, Contract, Event

S = TypeVar("S", bound=Contract)


Says: TypeAlias = tuple[Event, ...] | Callable[[S], tuple[Event, ...]]
"""Events, or a function that makes them of the saved state."""

Answer: TypeAlias = Contract | Callable[[S], Contract] | None
"""A reply, or a function that makes it of the saved state."""


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """The new state of an aggregate and what is said about it.

    The store counts versions: ``state`` is saved with the former version + 1, whatever its version says. Where
    ``says`` and ``reply`` hold the very object ``state`` in a field, they get the saved one in its place; where
    they need it otherwise, give functions of the saved state instead.

    A state equal to the former one, with nothing said, writes nothing; ``remember`` writes all the same, so that
    the cause is known. ``actor`` and ``by_rule`` go into the events' metadata where the cause's are not meant.
    """

    state: S
    says: Says[S] = ()
    reply: Answer[S] = None
    remember: bool = False
    actor: Actor | None = None
    by_rule: str | None = None


Decide: TypeAlias = Callable[[S | None], Decision[S] | None]
"""Pure and synchronous: it may be called again after a lost race. None changes nothing; what it raises is raised
by ``change``."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """What ``change`` did. ``state`` is as saved (or as it was, when nothing changed; None when there is none).

    ``repeated``: the cause was known, nothing was done now, and ``reply`` is the former one, in which the
    aggregate's own state is the current one.
    """

    state: S | None
    reply: Contract | None = None
    changed: bool = False
    repeated: bool = False
