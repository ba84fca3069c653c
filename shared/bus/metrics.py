"""The bus's own metrics. A scrape adds the label ``service``."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class BusMetrics:
    """``handler`` is an event's type (or the row's name) or a command's verb; ``outcome`` a word of a short list."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            "switchboard_bus_published",
            "Events offered to the broker: confirmed, failed (the outbox keeps them) or unheard (nobody listens).",
            ["outcome"],
            registry=registry,
        )
        self.handled = Counter(
            "switchboard_bus_handled",
            "Deliveries and commands by what became of them.",
            ["handler", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "switchboard_bus_handler_seconds", "Time in a handler.", ["handler"], registry=registry, buckets=SECONDS
        )
        self.in_flight = Gauge("switchboard_bus_in_flight", "Deliveries and commands in hand.", registry=registry)
