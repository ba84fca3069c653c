"""The owner of the gateway's settings, with the one rule that needs two users: somebody stays an active admin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field

from services.gateway.resources import NO_ADMIN_LEFT, is_admin
from shared.bus import Bus
from shared.clock import Clock
from shared.contracts.base import Contract, Done, Instant, Meta
from shared.contracts.resources import DeleteResource, Stored, UpdateResource
from shared.contracts.settings import User
from shared.errors import RetryLater, Unprocessable
from shared.resources import Declaration, ResourceOwner
from shared.secrets import Vault
from shared.store import Database, Repository

GUARD = "admins"
HELD = timedelta(seconds=60)
"""How long somebody who is about to be no admin any more counts as none: longer than any save takes."""

ATTEMPTS = 10


class Leaving(Contract):
    """The one document that every demotion of an admin goes through: who is about to leave, and until when."""

    id: str = GUARD
    version: int = 0
    until: dict[str, Instant] = Field(default_factory=dict)


class GatewayOwner(ResourceOwner):
    """Two admins who demote each other at the same moment, in two processes: the second is refused.

    Who is to be no admin any more is first written into one document by compare-and-set, counted against the admins
    that the store has now, less those written there before; then the user is saved. A crash in between leaves him an
    admin, and free to be demoted again a minute later.
    """

    def __init__(
        self,
        database: Database,
        declarations: Sequence[Declaration[Any]],
        *,
        bus: Bus,
        vault: Vault,
        clock: Clock,
    ) -> None:
        super().__init__(database, declarations, bus=bus, vault=vault, clock=clock)
        self._leaving = Repository(database, "leaving_admins", Leaving)
        self._time = clock

    async def update(self, command: UpdateResource, meta: Meta) -> Stored:
        """As every update; who stops being an admin must not be the last."""
        value = command.value
        stays = value.get("role") == "admin" and value.get("active", True) is not False
        if command.kind == User.kind and not stays:
            await self._let_go(command.id)
        return await super().update(command, meta)

    async def delete(self, command: DeleteResource, meta: Meta) -> Done:
        """As every deletion; nor may he be deleted."""
        if command.kind == User.kind:
            await self._let_go(command.id)
        return await super().delete(command, meta)

    async def _let_go(self, user: str) -> None:
        known = self.book(User).get(user)
        if known is None or not is_admin(known):
            return
        for _ in range(ATTEMPTS):
            guard = await self._leaving.get(GUARD) or Leaving()
            now = self._time.now()
            leaving = {id: until for id, until in guard.until.items() if until > now and id != user}
            await self.reload()
            admins = {id for id, one in self.book(User).all().items() if is_admin(one)}
            if not admins - leaving.keys() - {user}:
                raise Unprocessable.field("role", NO_ADMIN_LEFT)
            after = Leaving(version=guard.version + 1, until={**leaving, user: now + HELD})
            if await self._leaving.compare_and_set(after, guard.version):
                return
        raise RetryLater("Too many admins are being changed at once: try again.")
