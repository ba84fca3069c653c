"""Asking other services on somebody's behalf, once for each Idempotency-Key."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request

from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, Principal
from shared.bus import metadata
from shared.contracts.base import Command, Contract
from shared.ids import derived, new_id

R = TypeVar("R", bound=Contract)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Repeating a write with the same key does nothing and answers as before",
    ),
]


class Asking:
    """The commands of one request. The same request with the same key names its commands alike."""

    def __init__(self, parts: Parts, principal: Principal, path: str, key: str | None) -> None:
        self._parts = parts
        self._principal = principal
        self._request = derived("request", principal.access.id, path, key) if key is not None else new_id()

    @property
    def name(self) -> str:
        """Names the request: the same for a repeat with the same key."""
        return self._request

    async def ask(
        self, command: Command[R], *, service: str | None = None, part: str = "", timeout: float | None = None
    ) -> R:
        """The owner's answer; its refusals are raised as themselves. ``part`` tells commands of one request apart."""
        meta = metadata(
            command,
            cause=None,
            event_id=derived("command", self._request, command.type, part),
            actor=self._principal.actor,
            now=self._parts.clock.now(),
        )
        seconds = timeout or self._parts.settings.ask_seconds
        return await self._parts.bus.ask(command, meta=meta, service=service, timeout=seconds)


async def asking(request: Request, parts: PartsOf, principal: Me, key: IdempotencyKey = None) -> Asking:
    """The commands of this request."""
    return Asking(parts, principal, f"{request.method} {request.url.path}", key)


Asks = Annotated[Asking, Depends(asking)]
