"""The local timers of one collection: what rings when, what is ringing, what rang a moment ago."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

JUST_NOW = timedelta(seconds=5)


@dataclass(slots=True)
class Alarm:
    """``id`` is due at ``at``. ``tries`` counts wakes that failed, ``rings`` when it is tried (again)."""

    id: str
    at: datetime
    rings: datetime
    tries: int = 0
    waking: bool = False
    off: bool = False


class Alarms:
    """Alarms by (id, instant). An id may have several: what is obsolete finds nothing to do when it rings."""

    def __init__(self) -> None:
        self._by_id: dict[str, dict[datetime, Alarm]] = {}
        self._heap: list[tuple[datetime, int, Alarm]] = []
        self._number = 0
        self._rang: dict[tuple[str, datetime], datetime] = {}
        self._rang_order: deque[tuple[str, datetime]] = deque()

    def __len__(self) -> int:
        return sum(len(alarms) for alarms in self._by_id.values())

    @property
    def nearest(self) -> datetime | None:
        """When the next one rings."""
        while self._heap and self._heap[0][2].off:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def found(self, id: str, at: datetime, now: datetime) -> Alarm | None:
        """The index says that ``id`` is due at ``at``. None when it rang a moment ago: the index was read before."""
        rang = self._rang.get((id, at))
        if rang is not None and now - rang < JUST_NOW:
            return None
        return self._set(id, at)

    def saved(self, id: str, at: datetime | None) -> None:
        """This process saved ``id`` with ``wake_at`` at ``at`` (None: nothing near); it knows best."""
        for alarm in list(self._by_id.get(id, {}).values()):
            if alarm.at != at and not alarm.waking:
                self.done(alarm)
        if at is not None:
            self._rang.pop((id, at), None)
            self._set(id, at)

    def ringing(self, now: datetime) -> Iterator[Alarm]:
        """Those whose time has come, each once."""
        while self._heap and self._heap[0][0] <= now:
            _, _, alarm = heapq.heappop(self._heap)
            if not alarm.off and not alarm.waking:
                alarm.waking = True
                yield alarm

    def again(self, alarm: Alarm, rings: datetime) -> None:
        """It failed: ring once more then."""
        alarm.waking, alarm.rings = False, rings
        self._push(alarm)

    def done(self, alarm: Alarm, rang: datetime | None = None) -> None:
        """It is off; ``rang`` is when it was handled."""
        alarm.off = True
        alarms = self._by_id.get(alarm.id, {})
        if alarms.get(alarm.at) is alarm:
            del alarms[alarm.at]
        if not alarms:
            self._by_id.pop(alarm.id, None)
        if rang is not None:
            self._rang[alarm.id, alarm.at] = rang
            self._rang_order.append((alarm.id, alarm.at))
            while self._rang_order and self._rang.get(self._rang_order[0], rang) <= rang - JUST_NOW:
                self._rang.pop(self._rang_order.popleft(), None)

    def _set(self, id: str, at: datetime) -> Alarm:
        alarms = self._by_id.setdefault(id, {})
        if at not in alarms:
            alarms[at] = Alarm(id, at, rings=at)
            self._push(alarms[at])
        return alarms[at]

    def _push(self, alarm: Alarm) -> None:
        self._number += 1
        heapq.heappush(self._heap, (alarm.rings, self._number, alarm))
