"""What timers count: how late they are, what fails, what is parked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)

_made: Final[WeakKeyDictionary[CollectorRegistry, _Families]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class TimerMetrics:
    """Those of one collection."""

    lag: Histogram
    woken: Counter
    beaten: Counter
    failed: Counter
    parked: Counter
    armed: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry, collection: str) -> TimerMetrics:
        """The families are made once a registry, whatever collections are timed on it."""
        if registry not in _made:
            _made[registry] = _Families(registry)
        found = _made[registry]
        return cls(
            lag=found.lag.labels(collection),
            woken=found.woken.labels(collection),
            beaten=found.beaten.labels(collection),
            failed=found.failed.labels(collection),
            parked=found.parked.labels(collection),
            armed=found.armed.labels(collection),
        )


class _Families:
    def __init__(self, registry: CollectorRegistry) -> None:
        where = ("collection",)
        self.lag = Histogram(
            "switchboard_timers_lag_seconds",
            "From the instant something was due to the moment it was woken.",
            where,
            registry=registry,
            buckets=SECONDS,
        )
        self.woken = Counter(
            "switchboard_timers_woken_total", "Wakes that changed something.", where, registry=registry
        )
        self.beaten = Counter(
            "switchboard_timers_beaten_total", "Wakes that another replica had done.", where, registry=registry
        )
        self.failed = Counter("switchboard_timers_failed_total", "Wakes that failed.", where, registry=registry)
        self.parked = Counter(
            "switchboard_timers_parked_total", "Given up until their next change.", where, registry=registry
        )
        self.armed = Gauge("switchboard_timers_armed", "Local timers waiting.", where, registry=registry)
