"""Queue counts for one reader, from open conversations grouped by where they stand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.access import Access, Action, Placed, may
from shared.contracts.words import Status

GROUPED_BY = ("status", "channel", "owner", "routed")


@dataclass(frozen=True, slots=True)
class Group:
    """``number`` open conversations that stand alike."""

    status: str
    placed: Placed
    number: int

    @classmethod
    def of(cls, values: Sequence[Any], number: int) -> Group:
        """From the values of ``GROUPED_BY``."""
        status, channel, owner, routed = values
        return cls(status, Placed(channel, owner or None, teams=tuple(routed.split())), number)


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
