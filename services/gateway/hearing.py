"""What this process hears over the live fanout and passes on to its open pages."""

from __future__ import annotations

from services.gateway.api.agents import agent_fields
from services.gateway.api.principal import Gate
from services.gateway.live import Hub, push
from services.gateway.people import People
from shared.contracts.base import Meta
from shared.contracts.live import AgentMoved, PersonHint, PersonNotified, RowsTouched, SessionsEnded, TimelineHint
from shared.contracts.resources import ResourceChanged


class Hearing:
    """One function per live event."""

    def __init__(self, hub: Hub, gate: Gate, people: People) -> None:
        self._hub = hub
        self._gate = gate
        self._people = people

    async def on_rows(self, event: RowsTouched, _meta: Meta) -> None:
        self._hub.hear(event)

    async def on_timeline(self, event: TimelineHint, _meta: Meta) -> None:
        value = {"conversation": event.conversation, "message_id": event.message_id}
        await self._hub.tell_viewers(event.conversation, push("timeline", value))

    async def on_hint(self, event: PersonHint, _meta: Meta) -> None:
        name = self._people.name(event.user)
        value = {"conversation": event.conversation, "user": event.user, "name": name, "what": event.what}
        await self._hub.tell_viewers(event.conversation, push("hint", value), but=event.user)

    async def on_notified(self, event: PersonNotified, _meta: Meta) -> None:
        self._hub.tell(push("notification", event.notification or {}), user=event.user)

    async def on_agent(self, event: AgentMoved, _meta: Meta) -> None:
        value = {"name": self._people.name(event.agent.id), **agent_fields(event.agent.id, event.agent)}
        self._hub.tell(push("agent", value))

    async def on_sessions_ended(self, event: SessionsEnded, _meta: Meta) -> None:
        self._gate.sessions.forget_all()
        self._gate.keys.forget_all()
        self._hub.end_sessions(event.user, event.sessions, event.keep)

    async def on_settings(self, event: ResourceChanged, _meta: Meta) -> None:
        self._hub.tell(push("settings", {"kind": event.stored.kind, "id": event.stored.id}))
