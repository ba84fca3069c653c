"""What happens to a user besides being edited: set-up links, activation, the first admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.gateway.people import People
from services.gateway.records import SetupLink
from services.gateway.repository import Accounts
from services.gateway.security.passwords import Passwords
from services.gateway.security.tokens import hashed, new_password, new_token
from shared.bus import Asks, metadata
from shared.clock import Clock
from shared.contracts.base import SYSTEM, Actor
from shared.contracts.resources import CreateResource, ReadResource, UpdateResource
from shared.contracts.settings import User
from shared.contracts.words import ActorKind, Role
from shared.errors import RetryLater, StaleVersion
from shared.ids import derived, new_id
from shared.resources import ResourceOwner

ATTEMPTS = 5


async def make_link(accounts: Accounts, user: str, public_url: str, clock: Clock, hours: int) -> dict[str, Any]:
    """A new set-up link of a user; former ones stop working."""
    token, ends_at = new_token(), clock.now() + timedelta(hours=hours)
    await accounts.add_link(SetupLink(id=hashed(token), user=user, ends_at=ends_at))
    # In the fragment, so that the token is in no server's log and no Referer.
    return {"link": f"{public_url}/setup#token={token}", "expires_at": ends_at.isoformat().replace("+00:00", "Z")}


async def activate(bus: Asks, people: People, user: str, clock: Clock) -> None:
    """He has a password of his own now: he may be given conversations (AG-04)."""
    known = people.user(user)
    if known is None or known.activated:
        return
    by = Actor(kind=ActorKind.AGENT, id=user, name=known.name)
    for _ in range(ATTEMPTS):
        stored = await bus.ask(ReadResource(kind=User.kind, id=user), service=User.owner)
        if stored.value.get("activated"):
            return
        value = {**stored.value, "activated": True}
        command = UpdateResource(kind=User.kind, id=user, version=stored.version, value=value, by=by)
        meta = metadata(command, cause=None, event_id=new_id(), actor=by, now=clock.now())
        try:
            await bus.ask(command, meta=meta, service=User.owner)
        except StaleVersion:
            continue
        return


async def change_own(bus: Asks, user: str, by: Actor, chosen: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """What a person chose for himself, into his user; the value as it is then."""
    for _ in range(ATTEMPTS):
        stored = await bus.ask(ReadResource(kind=User.kind, id=user), service=User.owner)
        value = {**stored.value, **chosen}
        if value == stored.value:
            return value
        command = UpdateResource(kind=User.kind, id=user, version=stored.version, value=value, by=by)
        try:
            meta = metadata(command, cause=None, event_id=new_id(), actor=by, now=clock.now())
            return (await bus.ask(command, meta=meta, service=User.owner)).value
        except StaleVersion:
            continue
    raise RetryLater("Too many changes at once: try again.")


async def first_admin(
    owner: ResourceOwner, people: People, accounts: Accounts, passwords: Passwords, email: str, clock: Clock
) -> str | None:
    """Where nobody could sign in as admin: make one with a one-time password and give it back, once."""
    if people.has_admin():
        return None
    value = User(name="Admin", email=email, role=Role.ADMIN).model_dump(mode="json")
    command = CreateResource(kind=User.kind, value=value, by=SYSTEM)
    meta = metadata(command, cause=None, event_id=derived("first admin", email), now=clock.now())
    stored = await owner.create(command, meta)
    password = new_password()
    made = await accounts.first_password(stored.id, await passwords.hash(password), clock.now())
    return password if made else None
