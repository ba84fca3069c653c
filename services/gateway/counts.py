"""Queue counts: kept by the rows that are read for open pages anyway, read whole only where that was not possible."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from services.gateway.domain.access import Access
from services.gateway.domain.counting import Group, Standing, counts, standing
from shared.store import Row

FRESH_SECONDS = 1.0
"""Where rows are not followed, as no page is open, they are read whole at most this often."""
WHOLE_SECONDS = 60.0
"""How often they are read whole in any case, should news of a row have been lost on the way."""
SHARE_OF_TIME = 10
"""Reading them whole takes at most this fraction (one in …) of the time, however slow the store."""

Seen = tuple[int, Standing | None]
"""The version of a row's conversation, and where it stands; None: it is not open."""


class Rows(Protocol):
    """What counting asks of the rows."""

    async def standing(self) -> Mapping[str, tuple[int, Standing]]: ...


class Counts:
    """Open conversations by where they stand, shared by all readers of this process."""

    def __init__(self, rows: Rows, now: Callable[[], float] = time.monotonic) -> None:
        self._rows = rows
        self._now = now
        self._known: dict[str, tuple[int, Standing]] = {}
        self._numbers: Counter[Standing] = Counter()
        self._groups: Sequence[Group] = ()
        self._meanwhile: dict[str, Seen] | None = None
        self._read_at = float("-inf")
        self._took = 0.0
        self._missed = True
        self._turn = asyncio.Lock()

    def saw(self, rows: Iterable[Row]) -> None:
        """These rows changed, and are so now."""
        for row in rows:
            seen = row.versions["conversation"], standing(row.parts["conversation"])
            if self._meanwhile is not None:
                self._meanwhile[row.id] = seen
            self._move(row.id, *seen)
        self._regroup()

    def missed(self) -> None:
        """Rows changed and were not read: read them whole when next asked, unless that was just done."""
        self._missed = True

    @property
    def behind(self) -> bool:
        """Whether rows changed that were not read since."""
        return self._missed

    async def of(self, access: Access) -> dict[str, Any]:
        """The counts for one reader."""
        async with self._turn:
            if self._due():
                await self._read()
        return counts(access, self._groups)

    def _due(self) -> bool:
        pause = FRESH_SECONDS if self._missed else WHOLE_SECONDS
        return self._now() - self._read_at >= max(pause, SHARE_OF_TIME * self._took)

    async def _read(self) -> None:
        """Read them whole; what is seen meanwhile counts where it is newer."""
        started = self._now()
        self._missed, self._meanwhile = False, {}
        try:
            self._known = dict(await self._rows.standing())
            self._numbers = Counter(where for _, where in self._known.values())
            for id, seen in self._meanwhile.items():
                self._move(id, *seen)
        except BaseException:
            self._missed = True
            raise
        finally:
            self._meanwhile = None
        self._regroup()
        self._read_at = self._now()
        self._took = self._read_at - started

    def _move(self, id: str, version: int, where: Standing | None) -> None:
        known = self._known.get(id)
        if known is not None:
            if known[0] >= version:
                return
            self._numbers[known[1]] -= 1
            del self._known[id]
        if where is not None:
            self._known[id] = version, where
            self._numbers[where] += 1

    def _regroup(self) -> None:
        self._numbers = +self._numbers
        self._groups = [Group.of(where, number) for where, number in self._numbers.items()]
