"""What ingest counts and measures; no ids, few labels."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class IngestMetrics:
    """Registered once per service instance."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.arrivals = Counter(
            "switchboard_ingest_arrivals",
            "Inbound items by medium and outcome: stored, known (a repeat), rejected, blocked",
            ("medium", "outcome"),
            registry=registry,
        )
        self.refusals = Counter(
            "switchboard_ingest_refusals",
            "Deliveries refused as a whole, by reason",
            ("reason",),
            registry=registry,
        )
        self.accept_seconds = Histogram(
            "switchboard_ingest_accept_seconds",
            "From the last byte of a delivery to its acknowledgement",
            registry=registry,
            buckets=BUCKETS,
        )
        self.sends = Counter(
            "switchboard_ingest_sends",
            "Attempts to send by medium and outcome: took, refused, postponed",
            ("medium", "outcome"),
            registry=registry,
        )
        self.send_seconds = Histogram(
            "switchboard_ingest_send_seconds", "Duration of an attempt to send", registry=registry, buckets=BUCKETS
        )
        self.fetches = Counter(
            "switchboard_ingest_fetches",
            "Attachments by outcome: kept, refused, later",
            ("outcome",),
            registry=registry,
        )
        self.announced_again = Counter(
            "switchboard_ingest_announced_again", "Messages that no conversation had taken in time", registry=registry
        )
        self.acts_refused = Counter(
            "switchboard_ingest_acts_refused", "Acts of rules that could not be applied", ("act",), registry=registry
        )
        self.mails = Counter(
            "switchboard_ingest_mails",
            "Mails read by outcome: stored, known, report, own, unreadable",
            ("outcome",),
            registry=registry,
        )
        self.mailboxes = Gauge(
            "switchboard_ingest_mailboxes",
            "Mailboxes this process reads, by state: ok, failing",
            ("state",),
            registry=registry,
        )
        self.streams = Gauge("switchboard_ingest_streams", "Open live streams of chat visitors", registry=registry)
