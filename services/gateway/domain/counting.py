"""Queue counts for one reader, from open conversations grouped by where they stand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.gateway.domain.access import Access, Action, Placed, may
from services.gateway.domain.row import OPEN
from shared.contracts.words import Status

STANDING = ("status", "channel", "owner", "routed")
"""The fields of a row's conversation that say where it stands."""
Standing: TypeAlias = tuple[str, str, str, str]
"""Their values."""


@dataclass(frozen=True, slots=True)
class Group:
    """``number`` open conversations that stand alike."""

    status: str
    placed: Placed
    number: int

    @classmethod
    def of(cls, where: Standing, number: int) -> Group:
        """``number`` that stand there."""
        status, channel, owner, routed = where
        return cls(status, Placed(channel, owner or None, teams=tuple(routed.split())), number)


def standing(conversation: Mapping[str, Any]) -> Standing | None:
    """Where the conversation of a row stands; None unless it is open."""
    status, channel, owner, routed = (str(conversation[name]) for name in STANDING)
    return (status, channel, owner, routed) if status in OPEN else None


def counts(access: Access, groups: Iterable[Group]) -> dict[str, Any]:
    """What this access may see of them: by status, his own, nobody's, and New and Pending by channel."""
    by_status = Counter[str]()
    mine = Counter[str]()
    unowned = Counter[str]()
    channels: dict[str, Counter[str]] = {}
    for group in groups:
        if not may(access, Action.VIEW, group.placed):
            continue
        by_status[group.status] += group.number
        if group.placed.owner == access.id:
            mine[group.status] += group.number
        if group.placed.owner is None:
            unowned[group.status] += group.number
        channels.setdefault(group.placed.channel, Counter())[group.status] += group.number
    return {
        **{str(status): by_status[status] for status in (Status.NEW, Status.PENDING, Status.BOT)},
        "mine": _queues(mine),
        "unowned": _queues(unowned),
        "channels": {channel: _queues(count) for channel, count in sorted(channels.items())},
    }


def _queues(count: Counter[str]) -> dict[str, int]:
    return {str(status): count[status] for status in (Status.NEW, Status.PENDING)}
