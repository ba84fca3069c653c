"""The closed vocabularies of the product (glossary and workflow.md)."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Canonical conversation status (workflow.md, State)."""

    TRIAGE = "triage"
    BOT = "bot"
    NEW = "new"
    PENDING = "pending"
    RESOLVED = "resolved"


class Substatus(StrEnum):
    """Second half of the status; absent for triage and bot."""

    UNTOUCHED = "untouched"
    OPEN = "open"
    ANSWERED = "answered"
    HOLD = "hold"
    CLOSED = "closed"
    IGNORED = "ignored"


class ClosedBy(StrEnum):
    """Who or what resolved the episode."""

    AGENT = "agent"
    BULK = "bulk"
    INACTIVITY = "inactivity"
    IDLE_ANSWERED = "idle_answered"
    AUTOMATION = "automation"
    VIRTUAL_AGENT = "virtual_agent"
    MUTED = "muted"


class Visibility(StrEnum):
    """A conversation has exactly one (CH-03)."""

    PRIVATE = "private"
    PUBLIC = "public"


class Medium(StrEnum):
    """The kind of network a channel is on."""

    WEBHOOK = "webhook"
    WEBCHAT = "webchat"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    X = "x"
    TELEGRAM = "telegram"
    SMS = "sms"
    LINE = "line"


class MessageKind(StrEnum):
    """What a message is on its network (CH-03)."""

    DIRECT = "direct"
    CHAT = "chat"
    MAIL = "mail"
    COMMENT = "comment"
    POST = "post"
    MENTION = "mention"
    REPLY = "reply"
    REVIEW = "review"
    NOTE = "note"


class Direction(StrEnum):
    """Inbound from the contact, outbound to him, or internal (a note)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Delivery(StrEnum):
    """Where an outbound message stands (CH-07)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class ActorKind(StrEnum):
    """Who did something."""

    AGENT = "agent"
    CONTACT = "contact"
    VIRTUAL_AGENT = "virtual_agent"
    RULE = "rule"
    API_KEY = "api_key"
    SYSTEM = "system"


class OwnerKind(StrEnum):
    """An owner is a person or a virtual agent."""

    AGENT = "agent"
    VIRTUAL_AGENT = "virtual_agent"


class Role(StrEnum):
    """Account roles (AG-01)."""

    ADMIN = "admin"
    AGENT = "agent"


class Right(StrEnum):
    """Channel and team rights (AG-02), each including the one before."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    SUPERVISOR = "supervisor"


class Availability(StrEnum):
    """AG-06."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class Strategy(StrEnum):
    """How a team or distribution picks among its available members."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"


class Vocabulary(StrEnum):
    """WF-11; a display setting of the workspace."""

    QUEUE = "queue"
    TICKET = "ticket"


class Colour(StrEnum):
    """SL-06; always shown beside text."""

    GREY = "grey"
    ORANGE = "orange"
    RED = "red"


class ClockKind(StrEnum):
    """sla.md item 5."""

    FIRST = "first"
    NEXT = "next"
    RESOLUTION = "resolution"


class AnsweredBy(StrEnum):
    """How a contact answered a survey (csat.md): typed words, a button below the message, the hosted page."""

    TYPED = "typed"
    BUTTON = "button"
    PAGE = "page"


class ClockOutcome(StrEnum):
    """How a clock stands; only ``running`` ever changes on its own."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    WAIVED = "waived"
    VOID = "void"


class Leaving(StrEnum):
    """Why a virtual agent let a conversation go (automation.md); part of the audit line."""

    SCRIPT_ENDED = "script_ended"
    ESCAPE_WORD = "escape_word"
    CONTACT_TIMEOUT = "contact_timeout"
    AGENT_TIMEOUT = "agent_timeout"
    FAILURE = "failure"
    HANDED_OVER = "handed_over"
    RESOLVED = "resolved"
    NO_SCRIPT = "no_script"
    BUDGET = "budget"
    UNAVAILABLE = "unavailable"
