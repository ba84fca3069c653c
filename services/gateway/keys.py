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
    secret = new_key()
    wanted = {*scopes, Scope.READ}
    given = tuple(scope for scope in Scope if scope in wanted)
    key = ApiKey(id=new_id(), name=name, hash=hashed(secret), scopes=given, created_at=now, created_by=by)
    return key, secret
