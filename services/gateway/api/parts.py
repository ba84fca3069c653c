"""What the routes stand on, handed to them through the application's state."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from services.gateway.counts import Counts
from services.gateway.live import Hub
from services.gateway.metrics import GatewayMetrics
from services.gateway.people import People
from services.gateway.presence import Leases
from services.gateway.repository import Accounts, AdminLog, Notifications, Preferences
from services.gateway.rows import Rows
from services.gateway.security.passwords import Passwords
from services.gateway.security.throttle import Throttle
from services.gateway.settings import GatewaySettings
from services.gateway.taking_in import TakingIn
from services.gateway.workspace import Workspace
from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Event


class Broadcasts(Protocol):
    """``Bus.broadcast``, for who needs nothing else of the bus."""

    def __call__(self, event: Event) -> Coroutine[Any, Any, None]: ...


@dataclass(frozen=True)
class Parts:
    """The gateway, as its routes see it."""

    settings: GatewaySettings
    public_url: str
    clock: Clock
    bus: Asks
    broadcast: Broadcasts
    accounts: Accounts
    passwords: Passwords
    people: People
    workspace: Workspace
    rows: Rows
    counts: Counts
    taking_in: TakingIn
    hub: Hub
    notifications: Notifications
    preferences: Preferences
    admin_log: AdminLog
    leases: Leases
    metrics: GatewayMetrics
    requests: Throttle
    sign_ins: Throttle
    survey_pages: Throttle


def parts_of(request: Request) -> Parts:
    """The parts of the application that this request came to."""
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(parts_of)]
