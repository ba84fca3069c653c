"""What the store counts: round trips, flushes, waiting, lost races, unsent events."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_made: Final[WeakKeyDictionary[CollectorRegistry, StoreMetrics]] = WeakKeyDictionary()


class StoreMetrics:
    """One set a registry, however many stores report to it: see ``of``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        where = ("service", "collection")
        self.operations = Counter(
            "switchboard_store_operations_total",
            "Round trips to the database; a bulk counts once.",
            (*where, "op"),
            registry=registry,
        )
        self.documents = Counter(
            "switchboard_store_bulk_documents_total",
            "Writes carried by bulks.",
            where,
            registry=registry,
        )
        self.flush = Histogram(
            "switchboard_store_flush_seconds", "Time a bulk took.", where, registry=registry, buckets=SECONDS
        )
        self.waited = Histogram(
            "switchboard_store_queue_age_seconds",
            "Time the oldest write of a bulk had waited when the bulk was sent.",
            where,
            registry=registry,
            buckets=SECONDS,
        )
        self.lost = Counter(
            "switchboard_store_lost_races_total", "Writes that met another version.", where, registry=registry
        )
        self.republished = Counter(
            "switchboard_store_republished_total",
            "Changes whose events the sweeper published again.",
            where,
            registry=registry,
        )
        self.unpublished = Counter(
            "switchboard_store_publish_failures_total",
            "Publishing that failed and is left to the sweeper.",
            where,
            registry=registry,
        )

    @classmethod
    def of(cls, registry: CollectorRegistry) -> StoreMetrics:
        """The registry's set, made when first asked for."""
        if registry not in _made:
            _made[registry] = cls(registry)
        return _made[registry]
