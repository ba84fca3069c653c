"""Who hears what: the one list from which queues and bindings are declared by every process.

``consumes()`` refuses an event that is not listed here, and a test compares the list with the services' tables.
"""

from __future__ import annotations

HEARD_BY: dict[str, tuple[str, ...]] = {
    "message.received.v1": ("routing",),
    "message.queued.v1": ("routing",),
    "message.accepted.v1": ("routing", "automation"),
    "message.failed.v1": ("routing", "automation"),
    "message.uncertain.v1": ("routing", "automation"),
    "message.tagged.v1": ("routing",),
    "message.masked.v1": ("gateway", "automation"),
    "contact.changed.v1": ("gateway", "routing", "automation"),
    "conversation.changed.v1": ("ingest", "sla", "automation", "csat", "gateway"),
    "conversation.triaged.v1": ("routing",),
    "rule.acted.v1": ("routing", "ingest"),
    "rule.due.v1": ("automation",),
    "act.refused.v1": ("automation",),
    "automation.halted.v1": ("routing",),
    "clock.changed.v1": ("gateway",),
    "sla.warned.v1": ("gateway", "automation"),
    "sla.breached.v1": ("gateway", "automation"),
    "sla.level_reached.v1": ("gateway",),
    "sla.corrected.v1": ("gateway", "automation"),
    "survey.decided.v1": ("routing",),
    "survey.answered.v1": ("gateway", "automation"),
    "agent.changed.v1": ("gateway", "routing"),
    "resource.changed.v1": ("gateway", "routing"),
    "routing.look.v1": ("routing",),
    "admin.notice.v1": ("gateway",),
    "admin.notice_withdrawn.v1": ("gateway",),
}
"""Event type → services with a queue for it, named ``<service>.<event type without version>``."""

ONLY_ABOUT: dict[tuple[str, str], str] = {
    ("conversation.changed.v1", "sla"): "turns",
    ("conversation.changed.v1", "csat"): "surveys",
}
"""(Event type, service) → the one word of ``Event.about`` for which that service hears the event."""

SINGLE_ACTIVE: frozenset[str] = frozenset({"routing.look.v1"})
"""Events whose queue has one active consumer at a time (the dispatcher)."""

SERVICES: tuple[str, ...] = ("ingest", "routing", "sla", "automation", "csat", "gateway")
