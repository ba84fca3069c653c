"""A small aggregate, its events and its plain records, for the tests of the store and of timers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from shared.contracts.base import Actor, Command, Contract, Event, Instant, Meta
from shared.contracts.words import ActorKind
from shared.ids import new_id
from shared.store import Decision, Index

ANN = Actor(kind=ActorKind.AGENT, id="ann", name="Ann")


class Case(Contract):
    """An aggregate: counts what happened to it."""

    id: str
    version: int = 0
    count: int = 0
    colour: str = "grey"
    claims: tuple[str, ...] = ()
    wake_at: Instant | None = None


class CaseChanged(Event):
    type: ClassVar[str] = "case.changed.v1"

    case: Case
    message: dict[str, str] | None = None
    note: str = ""

    def about(self) -> tuple[str, ...]:
        return ("counts",)


class CaseCounted(Event):
    type: ClassVar[str] = "case.counted.v1"

    count: int


class CaseReply(Contract):
    case: Case
    note: str = ""


class CountCase(Command[CaseReply]):
    type: ClassVar[str] = "case.count"
    service: ClassVar[str] = "case"


class Record(Contract):
    """A plain record."""

    id: str
    version: int = 1
    name: str = ""
    rank: int = 0
    at: Instant = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    tags: tuple[str, ...] = ()
    address: str | None = None


CLAIMS = Index("claims", (("derived.claims", 1),), unique=True, sparse=True)
COLOURS = Index("colour", (("state.colour", 1), ("state.count", 1)))
NAMES = Index("name", (("name", 1),), unique=True)


def claims(case: Case) -> dict[str, object]:
    """Index fields: absent without a claim."""
    return {"claims": list(case.claims)} if case.claims else {}


def cause(name: str | None = None, *, at: datetime | None = None, redelivered: bool = False) -> Meta:
    """The metadata of something that happened."""
    name = name or new_id()
    return Meta(
        event_id=name,
        type="something.happened.v1",
        occurred_at=at or datetime.now(UTC),
        correlation_id="story",
        actor=ANN,
        redelivered=redelivered,
    )


def count(id: str) -> Callable[[Case | None], Decision[Case]]:
    """One more, said and answered."""

    def decide(case: Case | None) -> Decision[Case]:
        case = case or Case(id=id)
        more = case.model_copy(update={"count": case.count + 1})
        event = CaseChanged(case=more, message={"text": "secret words"}, note="n")
        return Decision(more, says=(event,), reply=CaseReply(case=more, note=f"count {more.count}"))

    return decide


def paint(colour: str, *claims: str) -> Callable[[Case | None], Decision[Case] | None]:
    """A new colour for what is there, in silence."""

    def decide(case: Case | None) -> Decision[Case] | None:
        return Decision(case.model_copy(update={"colour": colour, "claims": claims})) if case is not None else None

    return decide
