"""What automation measures of itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram


class RuleMetrics:
    """How long a message's rules take, and how many matched."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "switchboard_rules_seconds",
            "Evaluating all rules on one message",
            registry=registry,
            buckets=(0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25),
        )
        self.runs = Counter("switchboard_rule_runs_total", "Rules that matched a message", registry=registry)


class WebhookMetrics:
    """How endpoints answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "switchboard_webhook_attempts_total", "Calls of webhooks by how they ended", ("outcome",), registry=registry
        )
        self.seconds = Histogram("switchboard_webhook_seconds", "How long endpoints take to answer", registry=registry)


class AgentMetrics:
    """What sessions of virtual agents do, and how endpoints of connected ones answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deeds = Counter(
            "switchboard_virtual_agent_deeds_total",
            "Attempts of sessions by what was done and how it ended (done, again, refused)",
            ("deed", "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "switchboard_virtual_agent_seconds",
            "How long endpoints of virtual agents take to answer",
            registry=registry,
        )
