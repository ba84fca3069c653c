"""How live pages are told that a timeline changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from shared.contracts.live import TimelineHint

Show: TypeAlias = Callable[[TimelineHint], Awaitable[None]]
"""Tell this process's streams, and every other process that hears it. Never raises, never waits long."""
