"""The sla service: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import Sequence

from services.sla.consumers import table
from services.sla.domain.advice import Surroundings
from services.sla.domain.terms import Settings
from services.sla.handlers import Handlers, woken
from services.sla.repository import Clocks
from services.sla.resources import declarations
from shared.contracts.settings import Distribution, Policy, PrioritySettings, ScheduleSettings, WorkflowSettings
from shared.resources import Replicas, ResourceOwner, settings_table
from shared.runtime import Probe, Runtime
from shared.timers import Timers


class Sla:
    """Clocks over working time."""

    name = "sla"
    app = None

    def __init__(self, runtime: Runtime) -> None:
        database = runtime.store.database(self.name)
        self._bus = runtime.bus
        self._owner = ResourceOwner(
            database, declarations(self._surroundings), bus=runtime.bus, vault=runtime.vault, clock=runtime.clock
        )
        copied = (Distribution, WorkflowSettings, PrioritySettings)
        self._replicas = Replicas(database, copied, bus=runtime.bus, log=runtime.log)
        self._clocks = Clocks(database, publish=runtime.bus.publish, clock=runtime.clock)
        self._timers = Timers(self._clocks, woken, runtime.clock, metrics=runtime.metrics)
        self._handlers = Handlers(self._clocks, self._owner.book(ScheduleSettings), self._settings, runtime.clock)

    async def start(self) -> None:
        """Settings first, answered and asked for, then events, then time."""
        await self._clocks.start()
        await self._owner.start()
        await self._bus.start(settings_table(self._owner, self._replicas))
        await self._replicas.start()
        await self._bus.start(table(self._handlers))
        await self._timers.start()

    async def stop(self) -> None:
        """Stop consuming, finish, publish what is left."""
        await self._bus.stop_consuming()
        await self._timers.stop()
        await self._replicas.stop()
        await self._owner.stop()
        await self._clocks.stop()

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None

    def _settings(self) -> Settings:
        return Settings(
            policies=self._owner.book(Policy).all(),
            schedules=self._owner.book(ScheduleSettings).all(),
            distributions=self._replicas.book(Distribution).all(),
            workflow=self._replicas.book(WorkflowSettings).current(),
        )

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            schedules=self._owner.book(ScheduleSettings).all(),
            default_schedule=self._replicas.book(WorkflowSettings).current().default_schedule,
            prioritised=bool(self._replicas.book(PrioritySettings).current().entries),
        )


def build(runtime: Runtime) -> Sla:
    """The service, not yet started."""
    return Sla(runtime)
