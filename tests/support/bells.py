"""A tiny trade of its own to test the bus with: bells ring, and two services hear them."""

from typing import ClassVar

from shared.bus import Envelope, envelope
from shared.bus.topology import Topology
from shared.clock import SystemClock
from shared.contracts.base import Command, Contract, Event
from shared.ids import new_id


class BellRang(Event):
    """A bell rang; heard by both services."""

    type: ClassVar[str] = "bell.rang.v1"

    bell: str


class BellPolished(Event):
    """A bell was polished; the church hears only of golden ones."""

    type: ClassVar[str] = "bell.polished.v1"

    bell: str

    def about(self) -> tuple[str, ...]:
        return ("size", "gold", "age") if self.bell == "Gold" else ("size",)


class BellLookedAt(Event):
    """Somebody looked; one process of the tower at a time hears it."""

    type: ClassVar[str] = "bell.looked.v1"

    bell: str


class BellCracked(Event):
    """Nobody hears it."""

    type: ClassVar[str] = "bell.cracked.v1"

    bell: str


class Rung(Contract):
    """How often it was rung."""

    times: int


class RingBell(Command[Rung]):
    """Ring it."""

    type: ClassVar[str] = "tower.ring"
    service: ClassVar[str] = "tower"

    bell: str
    times: int = 1


class CountBells(Command[Rung]):
    """A verb that both services have."""

    type: ClassVar[str] = "bells.count"
    service: ClassVar[str] = ""


BELLS = Topology(
    heard_by={
        "bell.rang.v1": ("tower", "church"),
        "bell.polished.v1": ("tower", "church"),
        "bell.looked.v1": ("tower",),
        "bell.cracked.v1": (),
    },
    single_active=frozenset({"bell.looked.v1"}),
    services=("tower", "church"),
    only_about={("bell.polished.v1", "church"): "gold"},
)


def rang(bell: str, event_id: str | None = None) -> Envelope:
    """An envelope that says this bell rang."""
    return said(BellRang(bell=bell), event_id)


def said(event: Event, event_id: str | None = None) -> Envelope:
    """An envelope for this event, now, without a cause."""
    return envelope(event, cause=None, event_id=event_id or new_id(), now=SystemClock().now())
