"""Human replies as the ledger knows them: how far their authors had read, what is on its way, what failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from shared.contracts.conversations import ConversationSnapshot, InboundRef, ReplyRef
from shared.contracts.facts import Span

Position: TypeAlias = tuple[datetime, str]
_LAST = "\U0010ffff"


def position(ref: InboundRef) -> Position:
    """The place of a message in arrival order."""
    return ref.received_at, ref.id


def readings(conversation: ConversationSnapshot) -> Mapping[str, Position]:
    """By reply, the place up to which its author had read: ``seen``.

    Where that was not given, or is not (or no longer) known here, all that had been received when it was sent.
    """
    if not conversation.ledger.replies:
        return {}
    known = {ref.id: position(ref) for ref in conversation.inbound}
    return {
        reply.id: (known.get(reply.seen) if reply.seen else None) or (reply.sent[0], _LAST)
        for reply in conversation.ledger.replies
    }


def has_failed(reply: ReplyRef) -> bool:
    """Failed or uncertain, not accepted, and not sent again since."""
    return reply.accepted_at is None and bool(reply.failed) and reply.failed[-1] >= reply.sent[-1]


def flights(reply: ReplyRef) -> list[Span]:
    """When it was on its way: from each sending to its failure. The time before an acceptance never counts."""
    return _flights(reply.sent, _counting(reply))


def attempts(reply: ReplyRef) -> list[Span]:
    """When it seemed to be on its way, its acceptance left aside: what moves the status."""
    return _flights(reply.sent, reply.failed)


def _counting(reply: ReplyRef) -> tuple[datetime, ...]:
    if reply.accepted_at is None:
        return reply.failed
    last = max((sent for sent in reply.sent if sent <= reply.accepted_at), default=reply.sent[-1])
    return tuple(instant for instant in reply.failed if instant < last)


def _flights(sent: tuple[datetime, ...], failed: tuple[datetime, ...]) -> list[Span]:
    found: list[Span] = []
    start: datetime | None = None
    for instant, landed in sorted([(one, False) for one in sent] + [(one, True) for one in failed]):
        if not landed and start is None:
            start = instant
        elif landed and start is not None:
            found.append(Span(start=start, end=instant))
            start = None
    if start is not None:
        found.append(Span(start=start))
    return found


def on_its_way(reply: ReplyRef, at: datetime) -> bool:
    """Whether it had been sent before ``at`` and had not failed by then."""
    return any(flight.start < at and (flight.end is None or at < flight.end) for flight in flights(reply))


def last_word(replies: Sequence[ReplyRef]) -> tuple[ReplyRef, bool] | None:
    """The reply heard of last by its own time, and whether that was a failure."""
    found = [(instant, True, reply) for reply in replies for instant in reply.failed if reply.accepted_at is None]
    found += [(instant, False, reply) for reply in replies for instant in reply.sent]
    if not found:
        return None
    _, failure, reply = max(found, key=lambda one: one[:2])
    return reply, failure
