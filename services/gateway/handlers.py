"""What the gateway makes of events: rows, notifications, the admin log, the history of availability."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Literal

from services.gateway.domain import notifying
from services.gateway.domain.access import Action, may
from services.gateway.domain.row import CONTACT_FIELDS
from services.gateway.people import People
from services.gateway.records import AdminLogEntry, Notification, PresenceStretch
from services.gateway.repository import Accounts, AdminLog, Notifications, Presence
from services.gateway.rows import Rows
from services.gateway.taking_in import TakingIn
from shared.contracts.base import Event, Meta
from shared.contracts.clocks import (
    BREACH_LEVEL,
    Alarm,
    ClockChanged,
    SlaBreached,
    SlaCorrected,
    SlaLevelReached,
    SlaWarned,
)
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged
from shared.contracts.live import AgentMoved, PersonNotified, SessionsEnded
from shared.contracts.messages import MessageMasked
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn
from shared.contracts.presence import AgentChanged
from shared.contracts.resources import ResourceChanged
from shared.contracts.settings import User
from shared.contracts.surveys import AnswerRecorded
from shared.contracts.words import Direction
from shared.store import Row

Broadcast = Callable[[Event], Coroutine[Any, Any, None]]
Described = Callable[[Sequence[Notification], Mapping[str, Row]], list[dict[str, Any]]]
"""Notifications as the API gives them, by the rows of their conversations."""


class Snapshots:
    """State: snapshots into the rows, each iff newer, in whatever order they come."""

    def __init__(self, taking_in: TakingIn) -> None:
        self._taking_in = taking_in

    async def on_masked(self, event: MessageMasked, _meta: Meta) -> None:
        """A row that showed the message shows its shell (PR-03)."""
        await self._taking_in.message(event.message)

    async def on_contact_changed(self, event: ContactChanged, _meta: Meta) -> None:
        """The contact's part of its rows, if it holds anything that changed."""
        if event.touches(*CONTACT_FIELDS):
            await self._taking_in.contact(event.contact, event.conversations)

    async def on_clock_changed(self, event: ClockChanged, _meta: Meta) -> None:
        await self._taking_in.clock(event.clock)

    async def on_answered(self, event: AnswerRecorded, _meta: Meta) -> None:
        await self._taking_in.answer(event.answer)


class Facts:
    """Facts: what people should know and what must be kept, once each, however late."""

    def __init__(
        self,
        rows: Rows,
        taking_in: TakingIn,
        people: People,
        notifications: Notifications,
        *,
        described: Described,
        broadcast: Broadcast,
    ) -> None:
        self._rows = rows
        self._taking_in = taking_in
        self._people = people
        self._notifications = notifications
        self._described = described
        self._broadcast = broadcast

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """The row from the snapshot, notifications from the facts and from mentions in a note."""
        await self._taking_in.conversation(
            event.conversation, changes=event.changes, message=event.message, contact=event.contact
        )
        facts = notifying.of_facts(event, meta, self._people.members)
        found = [one for one in facts if self._people.user(one.user) is not None]
        message = event.message
        if message is not None and message.direction is Direction.INTERNAL and message.mentions:
            found.extend(await self._seeing(notifying.of_mentions(message)))
        await self._notify(found)

    async def on_alarm(self, event: SlaWarned | SlaBreached | SlaLevelReached, _meta: Meta) -> None:
        """The owner is told, and who supervises the channel: once for each level reached (SL-12)."""
        if not event.levels:
            return
        row = await self._rows.get_among(event.clock.conversation)
        concerned, clock, at = self._concerned(event, row), event.clock, event.at
        told = [notifying.of_alarm(clock, level, at, user) for level in event.levels for user in concerned]
        await self._notify(told, {} if row is None else {row.id: row})

    async def on_corrected(self, event: SlaCorrected, _meta: Meta) -> None:
        """The clock was met after all: what was said of its breach is taken back, even if that is heard later."""
        clock = event.clock
        for notice in await self._notifications.about(clock.id):
            await self._withdraw(notice)
        for user in self._concerned(event, await self._rows.get_among(clock.conversation)):
            for level in {BREACH_LEVEL, *(level for level in clock.levels if level >= BREACH_LEVEL)}:
                await self._withdraw(notifying.of_alarm(clock, level, event.at, user))

    async def on_notice(self, event: AdminNotice, meta: Meta) -> None:
        """Something that runs by itself has stopped: every admin is told, once."""
        await self._notify([notifying.of_notice(event, meta.event_id, user) for user in self._people.admins()])

    async def on_notice_withdrawn(self, event: AdminNoticeWithdrawn, _meta: Meta) -> None:
        """It works again: the notice is taken back, even if that is heard first."""
        for user in self._people.admins():
            await self._withdraw(notifying.of_notice(event.notice, event.told, user))

    async def _withdraw(self, notice: Notification) -> None:
        await self._notifications.withdraw(notice.model_copy(update={"withdrawn": True, "read": True}))
        await self._broadcast(PersonNotified(user=notice.user))

    def _concerned(self, event: Alarm | SlaCorrected, row: Row | None) -> Sequence[str]:
        place = self._rows.place(row) if row is not None else None
        owner = [place.owner] if place is not None and place.owner is not None else []
        return list(dict.fromkeys((*owner, *self._people.supervisors(event.clock.channel))))

    async def _seeing(self, mentions: Iterable[Notification]) -> list[Notification]:
        """Mentions of people who may see the conversation; others are ignored silently (WF-19)."""
        wanted = list(mentions)
        place = await self._rows.placed(wanted[0].conversation) if wanted else None
        if place is None:
            return []
        return [one for one in wanted if may(self._people.access(one.user), Action.VIEW, place)]

    async def _notify(self, wanted: Sequence[Notification], found: Mapping[str, Row] | None = None) -> None:
        """Keep them once each and tell who is there; ``found``: the rows of their conversations, where known."""
        new = await self._notifications.add(wanted)
        if found is None and new:
            found = await self._rows.get_many({one.conversation for one in new if one.conversation})
        for one, described in zip(new, self._described(new, found or {}), strict=True):
            await self._broadcast(PersonNotified(user=one.user, notification=described))


class Records:
    """What is kept of settings changes and of availability; what a change of a user ends."""

    def __init__(self, admin_log: AdminLog, presence: Presence, accounts: Accounts, broadcast: Broadcast) -> None:
        self._admin_log = admin_log
        self._presence = presence
        self._accounts = accounts
        self._broadcast = broadcast

    async def on_resource_changed(self, event: ResourceChanged, meta: Meta) -> None:
        """A line of the admin log (PR-04); a user who was deactivated or deleted is signed out."""
        await self._admin_log.add(_log_entry(event, meta))
        stored = event.stored
        if stored.kind == User.kind and (stored.deleted or not stored.value.get("active", True)):
            await self._accounts.end_sessions(stored.id)
            await self._broadcast(SessionsEnded(user=stored.id))

    async def on_agent_changed(self, event: AgentChanged, meta: Meta) -> None:
        """The stretch that ended (AG-08), and the dot that colleagues see."""
        stretch = PresenceStretch(
            id=meta.event_id,
            agent=event.agent.id,
            availability=event.before,
            away_state=event.before_away_state,
            start=event.before_since,
            end=event.agent.since,
        )
        await self._presence.add(stretch)
        await self._broadcast(AgentMoved(agent=event.agent))


def _log_entry(event: ResourceChanged, meta: Meta) -> AdminLogEntry:
    stored = event.stored
    action: Literal["created", "changed", "deleted"] = "changed"
    if stored.deleted or event.after is None:
        action = "deleted"
    elif event.before is None:
        action = "created"
    name = str(stored.value.get("name", "")) or stored.kind
    words = json.dumps(
        [name, stored.kind, action, stored.changed_by.name, event.before, event.after], ensure_ascii=False
    )
    return AdminLogEntry(
        id=meta.event_id,
        at=meta.occurred_at,
        by=stored.changed_by,
        kind=stored.kind,
        object=stored.id,
        name=name,
        action=action,
        before=event.before,
        after=event.after,
        words=words.casefold()[:20_000],
    )
