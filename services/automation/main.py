"""The automation service: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import Sequence

from services.automation.consumers import table
from services.automation.parts import Common, Part
from services.automation.repository.budgets import StoredBudgets
from services.automation.resources import declarations
from services.automation.rules import RulesPart
from services.automation.settings import WebhookSending
from services.automation.virtual_agents import VirtualAgentsPart
from services.automation.webhooks import WebhooksPart
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.settings import (
    AutomationSettings,
    Channel,
    ContactAttribute,
    ResolveReason,
    ScheduleSettings,
    Topic,
    WorkflowSettings,
)
from shared.resources import Replicas, ResourceOwner, settings_table
from shared.runtime import Probe, Runtime
from shared.settings import load

COPIED = (Channel, ContactAttribute, ResolveReason, ScheduleSettings, Topic, WorkflowSettings)


class Automation:
    """Rules, virtual agents, webhooks out."""

    name = "automation"
    app = None

    def __init__(self, runtime: Runtime) -> None:
        database = runtime.store.database(self.name)
        self._bus = runtime.bus
        declared = declarations(allow_private=runtime.settings.allow_private_endpoints)
        self._owner = ResourceOwner(database, declared, bus=runtime.bus, vault=runtime.vault, clock=runtime.clock)
        self._replicas = Replicas(database, COPIED, bus=runtime.bus, log=runtime.log)
        self._budgets = StoredBudgets(
            database,
            publish=runtime.bus.publish,
            clock=runtime.clock,
            limit=lambda: self._owner.book(AutomationSettings).current().runs_per_hour,
        )
        common = Common(runtime, database, self._owner, self._replicas, self._budgets)
        hooks = WebhooksPart(common, load(WebhookSending))
        agents = VirtualAgentsPart(common)
        rules = RulesPart(common, takes=agents, calls=hooks.call, resolves=agents.rule_resolves)
        self._rules, self._others = rules, (agents, hooks)
        self._parts: Sequence[Part] = (rules, *self._others)

    async def start(self) -> None:
        """Settings first, answered and asked for, then events, then time."""
        await self._budgets.start()
        for part in self._parts:
            await part.start()
        await self._owner.start()
        await self._bus.start(settings_table(self._owner, self._replicas))
        await self._replicas.start()
        await self._bus.start(table(self._parts, self._on_conversation_changed))
        for part in self._parts:
            await part.begin()

    async def stop(self) -> None:
        """Stop consuming, finish, publish what is left."""
        await self._bus.stop_consuming()
        for part in reversed(self._parts):
            await part.stop()
        await self._replicas.stop()
        await self._owner.stop()
        await self._budgets.stop()

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None

    async def _on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Rules come first, and routing waits for them; nobody waits for the records of their runs."""
        noted = await self._rules.hear(event, meta)
        for part in self._others:
            await part.on_conversation_changed(event, meta)
        await self._rules.keep(noted)


def build(runtime: Runtime) -> Automation:
    """The service, not yet started."""
    return Automation(runtime)
