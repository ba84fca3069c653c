"""Conversations that time-based rules follow."""

from __future__ import annotations

from services.automation.domain.waiting import Followed
from shared.bus import Publish
from shared.clock import Clock
from shared.store import Aggregates, Database


class Following(Aggregates[Followed]):
    """Followed conversations by id, woken by timers."""

    def __init__(self, database: Database, *, publish: Publish, clock: Clock) -> None:
        super().__init__(database, "following", Followed, publish=publish, clock=clock, trail=False)
