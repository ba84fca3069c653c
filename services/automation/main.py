"""The automation service: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.consumers import table
from services.automation.domain.rules import RuleSet
from services.automation.handlers.rules import Handlers
from services.automation.metrics import RuleMetrics
from services.automation.repository.runs import Runs
from services.automation.resources import declarations
from shared.contracts.settings import Rule
from shared.resources import ResourceOwner, settings_table
from shared.runtime import Probe, Runtime


class Automation:
    """Rules over messages."""

    name = "automation"
    app = None

    def __init__(self, runtime: Runtime) -> None:
        database = runtime.store.database(self.name)
        self._bus = runtime.bus
        declared = declarations(allow_private=runtime.settings.allow_private_endpoints)
        self._owner = ResourceOwner(database, declared, bus=runtime.bus, vault=runtime.vault, clock=runtime.clock)
        self._runs = Runs(database)
        self._compiled: RuleSet | None = None
        self._owner.book(Rule).on_change(self._forget)
        self._handlers = Handlers(
            self._rules, self._runs, runtime.bus.publish, runtime.clock, RuleMetrics(runtime.metrics)
        )

    async def start(self) -> None:
        """Load the rules, then consume."""
        await self._runs.start()
        await self._owner.start()
        await self._bus.start((*settings_table(self._owner, None), *table(self._handlers)))

    async def stop(self) -> None:
        """Stop consuming, finish, publish what is left."""
        await self._bus.stop_consuming()
        await self._owner.stop()

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None

    def _rules(self) -> RuleSet:
        if self._compiled is None:
            self._compiled = RuleSet(self._owner.book(Rule).all())
        return self._compiled

    def _forget(self) -> None:
        self._compiled = None


def build(runtime: Runtime) -> Automation:
    """The service, not yet started."""
    return Automation(runtime)
