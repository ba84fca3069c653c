"""The routing service: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.routing.consumers import Handlers, table
from services.routing.desk import COPIED, DeskSource
from services.routing.dispatcher import Dispatcher
from services.routing.domain import assignment, waking
from services.routing.domain.decision import Decision as Decided
from services.routing.handlers.acts import Acts
from services.routing.handlers.changing import Changing
from services.routing.handlers.desk_changes import DeskChanges
from services.routing.handlers.messages import Messages
from services.routing.handlers.presence import Departures, Heard, Presence
from services.routing.handlers.rules import Rules
from services.routing.repository import Agents, Conversations
from services.routing.resources import declarations
from services.routing.settings import RoutingSettings
from services.routing.workers import Sweep
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import ConversationReply
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.resources import ResourceChanged
from shared.contracts.settings import User
from shared.ids import new_id
from shared.resources import Replicas, ResourceOwner, settings_table
from shared.runtime import Probe, Runtime
from shared.settings import load
from shared.store import Decision
from shared.timers import Timers


class Routing:
    """Conversations, and who gets what next."""

    name = "routing"
    app = None

    def __init__(self, runtime: Runtime, settings: RoutingSettings) -> None:
        self._runtime = runtime
        database, bus, clock = runtime.store.database(self.name), runtime.bus, runtime.clock
        self._owner = ResourceOwner(database, declarations(), bus=bus, vault=runtime.vault, clock=clock)
        self._replicas = Replicas(database, COPIED, bus=bus, log=runtime.log)
        self._conversations = Conversations(database, publish=bus.publish, clock=clock)
        self._agents = Agents(database, publish=bus.publish, clock=clock)
        self._desk = DeskSource(self._owner, self._replicas, self._agents, clock)
        self._agents.on_saved(self._desk.saw)
        self._changing = Changing(self._conversations, self._desk, bus.publish, clock)
        self._dispatcher = Dispatcher(
            self._conversations, self._agents, self._take, self._desk, clock, window=settings.window
        )
        self._presence = Presence(
            self._agents,
            self._replicas.book(User),
            clock,
            lease=timedelta(seconds=settings.lease_seconds),
            heard=Heard(),
        )
        self._handlers = self._handlers_of(settings)
        self._timers = Timers(self._conversations, self._woken, clock, metrics=runtime.metrics)
        self._leases = Timers(self._agents, self._presence.woken, clock, metrics=runtime.metrics)
        self._sweep = Sweep(self._dispatcher.sweep, self._ask_for_look, runtime.log, seconds=settings.sweep_seconds)

    async def start(self) -> None:
        """Settings and presence first, then events, then time."""
        await self._conversations.start()
        await self._agents.start()
        await self._owner.start()
        await self._runtime.bus.start(settings_table(self._owner, self._replicas))
        await self._replicas.start()
        await self._desk.start()
        await self._runtime.bus.start(table(self._handlers))
        await self._timers.start()
        await self._leases.start()
        await self._sweep.start()

    async def stop(self) -> None:
        """Stop consuming, finish, publish what is left."""
        await self._runtime.bus.stop_consuming()
        await self._sweep.stop()
        await self._leases.stop()
        await self._timers.stop()
        await self._desk.stop()
        await self._replicas.stop()
        await self._owner.stop()
        await self._agents.stop()
        await self._conversations.stop()

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None

    def _handlers_of(self, settings: RoutingSettings) -> Handlers:
        clock, changing, desk = self._runtime.clock, self._changing, self._desk
        desk_changes = DeskChanges(changing, self._conversations, desk, self._refresh, clock)
        return Handlers(
            messages=Messages(changing, desk, clock),
            acts=Acts(changing, self._conversations, desk, clock, window=settings.window),
            rules=Rules(changing, desk, clock),
            presence=self._presence,
            departures=Departures(self._look_for, desk_changes.signed_out),
            desk_changes=desk_changes,
            dispatcher=self._dispatcher,
        )

    async def _refresh(self, event: ResourceChanged, meta: Meta) -> None:
        await self._owner.on_changed(event, meta)
        await self._replicas.on_changed(event, meta)

    async def _take(self, seen: ConversationSnapshot, agent: str, cause: Meta, until: datetime) -> bool:
        """Make the agent the owner, if it still waits and it is not too late; whether he has it now."""

        def decide(current: ConversationSnapshot | None) -> Decided:
            now_so = seen if current is None else current
            return assignment.assigned(now_so, agent, self._desk.current(), self._runtime.clock.now(), until)

        outcome = await self._changing.change(seen.id, cause, decide)
        owner = None if outcome.state is None else outcome.state.owner
        return owner is not None and owner.id == agent

    def _woken(self, conversation: ConversationSnapshot, now: datetime) -> Decision[ConversationSnapshot] | None:
        decided = waking.wake(conversation, self._desk.current(), now)
        if not decided.changed:
            return None
        return Decision(
            decided.conversation,
            says=lambda saved: (ConversationChanged(conversation=saved, changes=decided.facts),),
            reply=lambda saved: ConversationReply(conversation=saved),
        )

    async def _look_for(self, agent: str) -> None:
        await self._changing.look(self._own_meta(), agent=agent)

    async def _ask_for_look(self) -> None:
        await self._changing.look(self._own_meta())

    def _own_meta(self) -> Meta:
        id = new_id()
        return Meta(event_id=id, type="routing.own", occurred_at=self._runtime.clock.now(), correlation_id=id)


def build(runtime: Runtime) -> Routing:
    """The service, not yet started."""
    return Routing(runtime, load(RoutingSettings))
