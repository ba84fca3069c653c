"""What a conversation's change says about its clocks (sla.md 5 to 9). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.sla.domain.clocks import Observation
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, Turn
from shared.contracts.facts import Resolved, Span, TurnEnded, TurnMerged, TurnWaived
from shared.contracts.words import ClockKind, ClockOutcome, Status


def observations(event: ConversationChanged) -> Iterator[Observation]:
    """Facts first (each complete, whenever it comes), then the turns and the episode of the snapshot."""
    conversation = event.conversation
    told: set[tuple[int, int]] = set()
    for fact in event.changes:
        match fact:
            case TurnEnded():
                told.add((fact.episode, fact.turn))
                yield _turn(conversation, fact.episode, fact.turn, fact.first, fact.spans, ClockOutcome.MET)
            case TurnWaived():
                told.add((fact.episode, fact.turn))
                yield _turn(conversation, fact.episode, fact.turn, fact.first, fact.spans, ClockOutcome.WAIVED)
            case TurnMerged():
                told.add((fact.episode, fact.turn))
                yield _turn(conversation, fact.episode, fact.turn, False, (), ClockOutcome.VOID)
            case Resolved() if fact.episode != conversation.episode:
                yield _episode(conversation, fact.episode, fact.episode_spans, ended=True)
            case _:
                pass
    for turn in conversation.turns:
        if (turn.episode, turn.number) not in told:
            yield _turn(conversation, turn.episode, turn.number, turn.first, turn.spans, _end_of(turn))
    if conversation.episode_spans:
        yield _episode(
            conversation,
            conversation.episode,
            conversation.episode_spans,
            ended=conversation.status is Status.RESOLVED,
        )


def _end_of(turn: Turn) -> ClockOutcome | None:
    if turn.merged_into is not None:
        return ClockOutcome.VOID
    if turn.waived:
        return ClockOutcome.WAIVED
    return None if turn.ended_at is None else ClockOutcome.MET


def _turn(
    conversation: ConversationSnapshot,
    episode: int,
    number: int,
    first: bool,
    spans: tuple[Span, ...],
    final: ClockOutcome | None,
) -> Observation:
    return Observation(
        conversation=conversation.id,
        channel=conversation.channel,
        episode=episode,
        turn=number,
        kind=ClockKind.FIRST if first else ClockKind.NEXT,
        spans=spans,
        version=conversation.version,
        owner=None if conversation.owner is None else conversation.owner.id,
        final=final,
    )


def _episode(conversation: ConversationSnapshot, episode: int, spans: tuple[Span, ...], *, ended: bool) -> Observation:
    return Observation(
        conversation=conversation.id,
        channel=conversation.channel,
        episode=episode,
        turn=None,
        kind=ClockKind.RESOLUTION,
        spans=spans,
        version=conversation.version,
        owner=None if conversation.owner is None else conversation.owner.id,
        final=ClockOutcome.MET if ended else None,
    )
