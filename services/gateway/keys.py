"""Making API keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.gateway.domain.access import Scope
from services.gateway.records import ApiKey
from services.gateway.security.tokens import hashed, new_key
from shared.contracts.base import Actor
from shared.ids import new_id


def make_key(name: str, scopes: Iterable[Scope], by: Actor, now: datetime) -> tuple[ApiKey, str]:
    """A key's record and the key itself, which is not kept. Who may write may read."""
    wanted = {*scopes, Scope.READ}
    return _made(name, tuple(scope for scope in Scope if scope in wanted), by, now, None)


def make_agent_key(name: str, virtual_agent: str, by: Actor, now: datetime) -> tuple[ApiKey, str]:
    """The own key of a connected virtual agent: it may answer in its conversations, and do nothing else (AU-20)."""
    return _made(name, (), by, now, virtual_agent)


def _made(
    name: str, scopes: tuple[Scope, ...], by: Actor, now: datetime, virtual_agent: str | None
) -> tuple[ApiKey, str]:
    secret = new_key()
    key = ApiKey(
        id=new_id(),
        name=name,
        hash=hashed(secret),
        scopes=scopes,
        created_at=now,
        created_by=by,
        virtual_agent=virtual_agent,
    )
    return key, secret
