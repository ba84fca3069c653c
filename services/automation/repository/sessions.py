"""Sessions of virtual agents, their silences afterwards, and the circuits of their endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.automation.domain import circuit as rules
from services.automation.domain.circuit import Circuit
from services.automation.domain.sessions import Session
from shared.bus import Publish
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Contract, Instant, Meta
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn, NoticeKind
from shared.contracts.settings import VirtualAgent
from shared.ids import derived, event_id, new_id
from shared.store import ASCENDING, Aggregates, Database, Decide, Decision, Index, Outcome, Page, Repository

WINDOW = 100


class Sessions(Aggregates[Session]):
    """Sessions by conversation: the running one, or the last."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(
            database,
            "sessions",
            Session,
            publish=publish,
            clock=clock,
            trail=False,
            indexes=(Index("agent", (("derived.agent", ASCENDING),), sparse=True),),
            document=lambda session: {} if session.over else {"agent": session.agent},
        )

    async def running_of(self, agent: str, after: str | None) -> Page[Session]:
        """The sessions that a virtual agent has now, in windows."""
        return await self.page({"derived.agent": agent}, order=(("_id", ASCENDING),), after=after, limit=WINDOW)


class Silence(Contract):
    """How long an auto-responder stays silent for a contact on a channel (AU-18)."""

    id: str
    until: Instant


class SilenceRecords(Protocol):
    """Where silences are kept."""

    async def get(self, id: str) -> Silence | None: ...

    async def put(self, item: Silence) -> None: ...


def silence_records(database: Database) -> Repository[Silence]:
    """The silences of this database."""
    return Repository(database, "silences", Silence)


class Silences:
    """Set when a session ends; the latest counts."""

    def __init__(self, records: SilenceRecords) -> None:
        self._records = records

    async def keep(self, agent: str, contact: str, channel: str, until: datetime) -> None:
        """Silent until then."""
        await self._records.put(Silence(id=_silence(agent, contact, channel), until=until))

    async def is_silent(self, agent: str, contact: str, channel: str, now: datetime) -> bool:
        """Whether it is to stay silent now."""
        found = await self._records.get(_silence(agent, contact, channel))
        return found is not None and now < found.until


class CircuitRecords(Protocol):
    """Where circuits are kept."""

    async def change(self, id: str, cause: Meta, decide: Decide[Circuit]) -> Outcome[Circuit]: ...

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Circuit]: ...


def circuit_records(database: Database, *, publish: Publish, clock: Clock) -> Aggregates[Circuit]:
    """The circuits of this database."""
    return Aggregates(database, "circuits", Circuit, publish=publish, clock=clock, trail=False)


class Circuits:
    """Circuits by virtual agent. ``named`` finds an agent, for the notice to admins."""

    def __init__(self, records: CircuitRecords, clock: Clock, named: Callable[[str], VirtualAgent | None]) -> None:
        self._records = records
        self._now = clock.now
        self._named = named

    async def of(self, agents: Sequence[str]) -> Mapping[str, Circuit]:
        """The circuits that there are of these agents."""
        return await self._records.get_many(agents)

    async def allows(self, agent: str) -> bool:
        """Whether a new conversation may begin with it; while open this takes the trial, if there is one."""
        allowed = True

        def decide(current: Circuit | None) -> Decision[Circuit] | None:
            nonlocal allowed
            after, allowed = rules.tried(current or Circuit(id=agent), self._now())
            return Decision(after) if current is not None and after != current else None

        await self._records.change(agent, self._own(), decide)
        return allowed

    async def worked(self, agent: str) -> None:
        """Its endpoint took an event. When that closes the circuit, what admins were told is taken back."""

        def decide(current: Circuit | None) -> Decision[Circuit] | None:
            before = current or Circuit(id=agent)
            after = rules.worked(before, self._now())
            if before.told is None:
                return None if after is before else Decision(after)
            return Decision(after, says=(AdminNoticeWithdrawn(told=before.told, notice=self._notice(before)),))

        await self._records.change(agent, self._own(), decide)

    async def failed(self, agent: str, problem: str) -> None:
        """An attempt failed. When that opens the circuit, admins are told, once."""
        cause = self._own()

        def decide(current: Circuit | None) -> Decision[Circuit] | None:
            before = current or Circuit(id=agent)
            after = rules.failed(before, problem, self._now())
            if before.open or not after.open:
                return Decision(after)
            told = event_id(cause.event_id, agent, AdminNotice.type)
            return Decision(after.model_copy(update={"told": told}), says=(self._notice(after),))

        await self._records.change(agent, cause, decide)

    def _notice(self, circuit: Circuit) -> AdminNotice:
        agent = self._named(circuit.id)
        return AdminNotice(
            notice=NoticeKind.VIRTUAL_AGENT_FAILING,
            at=circuit.last_failure_at or self._now(),
            kind=VirtualAgent.kind,
            id=circuit.id,
            name=agent.shown_name if agent is not None else "",
            reason=f"New conversations go to agents until its address works again. {circuit.last_error}",
        )

    def _own(self) -> Meta:
        id = new_id()
        return Meta(event_id=id, type="automation.circuit", occurred_at=self._now(), correlation_id=id, actor=SYSTEM)


def _silence(agent: str, contact: str, channel: str) -> str:
    return derived("silence", agent, contact, channel)
