"""The only queries of the gateway's database, besides those of the rows (``rows.py``)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.gateway.records import (
    AdminLogEntry,
    ApiKey,
    Credential,
    Notification,
    NotificationKind,
    PreferencesRecord,
    PresenceStretch,
    Session,
    SetupLink,
)
from shared.errors import RetryLater
from shared.store import ASCENDING, DESCENDING, Database, Index, Page, Repository

NEWEST = (("at", DESCENDING),)
OLDEST = (("at", ASCENDING),)
ATTEMPTS = 10
UNREAD_SHOWN = 99
"""Unread notifications are counted this far."""


class Accounts:
    """Credentials, sessions, API keys and set-up links."""

    def __init__(self, database: Database) -> None:
        self._credentials = Repository(database, "credentials", Credential)
        self._sessions = Repository(
            database,
            "sessions",
            Session,
            indexes=(Index("user", (("user", ASCENDING),)), Index("ends_at", (("ends_at", ASCENDING),))),
        )
        self._keys = Repository(
            database, "api_keys", ApiKey, indexes=(Index("hash", (("hash", ASCENDING),), unique=True),)
        )
        self._links = Repository(database, "setup_links", SetupLink, indexes=(Index("user", (("user", ASCENDING),)),))

    async def start(self) -> None:
        """Make the indexes."""
        for repository in (self._credentials, self._sessions, self._keys, self._links):
            await repository.start()

    async def credential(self, user: str) -> Credential | None:
        return await self._credentials.get(user)

    async def set_password(self, user: str, hashed: str, now: datetime, *, must_change: bool = False) -> None:
        """The password from now on, whatever it was."""
        await self._credentials.put(Credential(id=user, hash=hashed, must_change=must_change, changed_at=now))

    async def first_password(self, user: str, hashed: str, now: datetime) -> bool:
        """The first admin's one-time password; False when another process was first."""
        return await self._credentials.insert(Credential(id=user, hash=hashed, must_change=True, changed_at=now))

    async def session(self, id: str) -> Session | None:
        return await self._sessions.get(id)

    async def open_session(self, session: Session) -> None:
        await self._sessions.insert(session)

    async def touch_session(self, id: str, seen_at: datetime, ends_at: datetime) -> None:
        """It is in use: it ends later."""
        await self._sessions.set({"_id": id}, {"seen_at": seen_at, "ends_at": ends_at})

    async def end_session(self, id: str) -> bool:
        return await self._sessions.delete(id)

    async def sessions_of(self, user: str) -> Sequence[Session]:
        return await self._sessions.find({"user": user}, limit=1000)

    async def end_sessions(self, user: str, keep: str | None = None) -> int:
        """End a person's sessions, but for ``keep``; how many."""
        return await self._sessions.delete_many({"user": user, "_id": {"$ne": keep or ""}})

    async def ended_sessions(self, since: datetime, until: datetime, limit: int) -> Sequence[Session]:
        """Sessions whose time ran out."""
        return await self._sessions.find({"ends_at": {"$gt": since, "$lte": until}}, limit=limit)

    async def key_by_hash(self, hashed: str) -> ApiKey | None:
        found = await self._keys.find({"hash": hashed}, limit=1)
        return found[0] if found else None

    async def has_key(self, id: str) -> bool:
        return await self._keys.get(id) is not None

    async def keys(self) -> Sequence[ApiKey]:
        return await self._keys.find({}, order=(("created_at", ASCENDING),), limit=1000)

    async def add_key(self, key: ApiKey) -> None:
        await self._keys.insert(key)

    async def used_key(self, id: str, now: datetime) -> None:
        await self._keys.set({"_id": id}, {"last_used_at": now})

    async def drop_key(self, id: str) -> bool:
        return await self._keys.delete(id)

    async def add_link(self, link: SetupLink) -> None:
        """A new link; the person's former ones stop working."""
        await self._links.delete_many({"user": link.user})
        await self._links.insert(link)

    async def take_link(self, id: str, now: datetime) -> SetupLink | None:
        """The link, used up: whoever deletes it has it. None when it is unknown, used or too old."""
        link = await self._links.get(id)
        if link is None or not await self._links.delete(id):
            return None
        return link if link.ends_at > now else None


class Notifications:
    """What people should know (AG-10)."""

    def __init__(self, database: Database) -> None:
        self._all = Repository(
            database,
            "notifications",
            Notification,
            indexes=(
                Index("user_at", (("user", ASCENDING), ("at", DESCENDING))),
                Index("clock", (("clock", ASCENDING),)),
            ),
        )

    async def start(self) -> None:
        await self._all.start()

    async def add(self, notifications: Iterable[Notification]) -> Sequence[Notification]:
        """Insert once each, in bulk with what is added meanwhile; those that are new."""
        wanted = {notification.id: notification for notification in notifications}
        if not wanted:
            return ()
        new = await self._all.insert_among(wanted.values())
        return [notification for id, notification in wanted.items() if id in new]

    async def withdraw(self, placeholder: Notification) -> None:
        """It was not so: heard before or after the notification itself, it is not shown."""
        if not await self._all.insert(placeholder):
            await self._all.set({"_id": placeholder.id}, {"withdrawn": True})

    async def about(self, clock: str) -> Sequence[Notification]:
        """Breaches of this clock that people were told of."""
        return await self._all.find({"clock": clock, "kind": str(NotificationKind.SLA_BREACHED)}, limit=1000)

    async def page(self, user: str, after: str | None, limit: int) -> Page[Notification]:
        return await self._all.page({"user": user, "withdrawn": False}, order=NEWEST, after=after, limit=limit)

    async def unread(self, user: str) -> int:
        return await self._all.count({"user": user, "withdrawn": False, "read": False}, limit=UNREAD_SHOWN)

    async def read(self, user: str, ids: Sequence[str] | None) -> None:
        """Mark as read: these, or all."""
        chosen = {} if ids is None else {"_id": {"$in": list(ids)}}
        await self._all.set({"user": user, "read": False, **chosen}, {"read": True})


class Preferences:
    """Preferences of people; of two devices at once both changes count."""

    def __init__(self, database: Database) -> None:
        self._all = Repository(database, "preferences", PreferencesRecord)

    async def start(self) -> None:
        await self._all.start()

    async def of(self, user: str) -> dict[str, Any]:
        found = await self._all.get(user)
        return found.values if found is not None else {}

    async def change(self, user: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """What they are after ``change`` of what they were."""
        for _ in range(ATTEMPTS):
            found = await self._all.get(user)
            former = found.version if found is not None else 0
            values = change(dict(found.values) if found is not None else {})
            if await self._all.compare_and_set(PreferencesRecord(id=user, version=former + 1, values=values), former):
                return values
        raise RetryLater("Too many changes at once: try again.")


class AdminLog:
    """Every settings change (PR-04), once."""

    def __init__(self, database: Database) -> None:
        self._all = Repository(database, "admin_log", AdminLogEntry, indexes=(Index("at", (("at", DESCENDING),)),))

    async def start(self) -> None:
        await self._all.start()

    async def add(self, entry: AdminLogEntry) -> None:
        await self._all.insert(entry)

    async def between(self, start: datetime, end: datetime) -> AsyncIterator[AdminLogEntry]:
        """The entries of [start, end), oldest first."""
        after: str | None = None
        while True:
            found = await self._all.page({"at": {"$gte": start, "$lt": end}}, order=OLDEST, after=after, limit=500)
            for entry in found.items:
                yield entry
            if (after := found.next) is None:
                return

    async def page(self, search: str, user: str | None, after: str | None, limit: int) -> Page[AdminLogEntry]:
        """Newest first. ``search``: words that all occur, whatever their case."""
        wanted: dict[str, object] = {}
        if user is not None:
            wanted["by.id"] = user
        words = search.casefold().split()[:8]
        if words:
            wanted["$and"] = [{"words": {"$regex": re.escape(word)}} for word in words]
        return await self._all.page(wanted, order=NEWEST, after=after, limit=limit)


class Presence:
    """The history of availability (AG-08)."""

    def __init__(self, database: Database) -> None:
        self._all = Repository(database, "presence", PresenceStretch)

    async def start(self) -> None:
        await self._all.start()

    async def add(self, stretch: PresenceStretch) -> None:
        await self._all.insert(stretch)


@dataclass(frozen=True)
class Kept:
    """All that the gateway keeps beside the rows and its settings objects."""

    accounts: Accounts
    notifications: Notifications
    preferences: Preferences
    admin_log: AdminLog
    presence: Presence

    @classmethod
    def of(cls, database: Database) -> Kept:
        """In this database."""
        return cls(
            Accounts(database), Notifications(database), Preferences(database), AdminLog(database), Presence(database)
        )

    async def start(self) -> None:
        """Make the indexes."""
        for part in (self.accounts, self.notifications, self.preferences, self.admin_log, self.presence):
            await part.start()
