"""Which messages form which turn and which replies answer it: an episode's messages, sendings and outcomes replayed.

They are taken in the order of their own times, by the table of workflow.md (T9 to T9c, T11), so the order of hearing
does not matter. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TypeAlias

from services.routing.domain.sendings import Position, flights, position
from shared.contracts.conversations import ConversationSnapshot, InboundRef, ReplyRef
from shared.contracts.facts import Span


@dataclass(slots=True, eq=False)
class Answered:
    """A turn as replayed. ``holes``: while it was being answered; ``named``: every reply that was sent to it."""

    messages: list[InboundRef]
    named: list[ReplyRef] = field(default_factory=list)
    flying: set[str] = field(default_factory=set)
    holes: list[Span] = field(default_factory=list)
    ended_at: datetime | None = None

    @property
    def since(self) -> Position:
        """The place of its first message."""
        return position(self.messages[0])

    @property
    def answered_by(self) -> tuple[str, ...]:
        """Replies to it that have not failed, of those sent before it ended."""
        return tuple(
            reply.id
            for reply in self.named
            if reply.accepted_at is not None or reply.id in self.flying
            if self.ended_at is None or reply.sent[0] <= self.ended_at or reply.accepted_at == self.ended_at
        )


class _Kind(IntEnum):
    MESSAGE = 0
    SENDING = 1
    FAILURE = 2
    ACCEPTANCE = 3


_Event: TypeAlias = tuple[datetime, _Kind, str]


def replayed(conversation: ConversationSnapshot, read: Mapping[str, Position]) -> list[Answered]:
    """The current episode's turns in order of their first message; what a resolve left behind is not among them."""
    messages = {
        ref.id: ref
        for ref in conversation.inbound
        if ref.episode == conversation.episode and not ref.survey and not ref.settled
    }
    replies = {reply.id: reply for reply in conversation.ledger.replies if reply.episode == conversation.episode}
    replay = _Replay(read)
    for at, kind, name in _events(messages, replies, read):
        match kind:
            case _Kind.MESSAGE:
                replay.message(messages[name])
            case _Kind.SENDING:
                replay.sending(replies[name], at)
            case _Kind.FAILURE:
                replay.failure(replies[name], at)
            case _Kind.ACCEPTANCE:
                replay.acceptance(replies[name], at)
    return sorted(replay.turns, key=lambda turn: turn.since)


def _events(
    messages: Mapping[str, InboundRef], replies: Mapping[str, ReplyRef], read: Mapping[str, Position]
) -> list[_Event]:
    events: list[_Event] = [(ref.received_at, _Kind.MESSAGE, ref.id) for ref in messages.values()]
    for reply in replies.values():
        earliest = read[reply.id][0] if reply.seen in messages else reply.sent[0]
        for flight in flights(reply):
            events.append((max(flight.start, earliest), _Kind.SENDING, reply.id))
            if flight.end is not None:
                events.append((max(flight.end, earliest), _Kind.FAILURE, reply.id))
        if reply.accepted_at is not None:
            events.append((max(reply.accepted_at, earliest), _Kind.ACCEPTANCE, reply.id))
    return sorted(events)


class _Replay:
    def __init__(self, read: Mapping[str, Position]) -> None:
        self.turns: list[Answered] = []
        self._read = read
        self._open: Answered | None = None
        self._of: dict[str, Answered] = {}

    def message(self, ref: InboundRef) -> None:
        if self._open is None:
            self._open = Answered([ref])
            self.turns.append(self._open)
        else:
            self._open.messages.append(ref)

    def sending(self, reply: ReplyRef, at: datetime) -> None:
        """The open turn is being answered as far as its author had read; the rest of it is the next turn."""
        place, turn = self._read[reply.id], self._open
        if turn is not None and turn.since <= place:
            rest = [ref for ref in turn.messages if position(ref) > place]
            turn.messages = [ref for ref in turn.messages if position(ref) <= place]
            self._open = Answered(rest) if rest else None
            if self._open is not None:
                self.turns.append(self._open)
        else:
            begun = [other for other in self.turns if other.since <= place and other is not turn]
            turn = max(begun, key=lambda other: other.since, default=None)
        if turn is None:
            return
        self._of[reply.id] = turn
        if reply not in turn.named:
            turn.named.append(reply)
        if turn.ended_at is None and not turn.flying:
            turn.holes.append(Span(start=at))
        turn.flying.add(reply.id)

    def failure(self, reply: ReplyRef, at: datetime) -> None:
        """Once all have failed the turn runs on, and a later open one is taken in."""
        turn = self._of.get(reply.id)
        if turn is None:
            return
        turn.flying.discard(reply.id)
        if turn.ended_at is not None or turn.flying:
            return
        turn.holes[-1] = Span(start=turn.holes[-1].start, end=at)
        other, self._open = self._open, turn
        if other is None:
            return
        keeps, goes = (turn, other) if turn.since < other.since else (other, turn)
        keeps.messages = sorted(keeps.messages + goes.messages, key=position)
        keeps.named += [known for known in goes.named if known not in keeps.named]
        self._of = {name: keeps if at_turn is goes else at_turn for name, at_turn in self._of.items()}
        self.turns.remove(goes)
        self._open = keeps

    def acceptance(self, reply: ReplyRef, at: datetime) -> None:
        """The first one ends it."""
        turn = self._of.get(reply.id)
        if turn is not None and turn.ended_at is None:
            turn.ended_at = reply.accepted_at if reply.accepted_at is not None else at
            if self._open is turn:
                self._open = None
