"""What a conversation's change says about its clocks (sla.md 5 to 9). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.sla.domain.clocks import Observation
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, Turn
from shared.contracts.facts import Fact, Resolved, Span, TurnEnded, TurnMerged, TurnWaived
from shared.contracts.words import ClockKind, ClockOutcome, Status


def observations(event: ConversationChanged) -> tuple[Observation, ...]:
    """At most one for each clock that this very change is about.

    Every change of a turn is said by an event of its own, so what the snapshot only repeats is left alone. A turn
    that the snapshot does not list any more is told by the last fact about it.
    """
    conversation = event.conversation
    turns = [_of_turn(conversation, turn) for turn in conversation.turns if _is_news(conversation, turn)]
    return (*_of_gone_turns(conversation, event.changes), *turns, *_of_episodes(conversation, event.changes))


def _is_news(conversation: ConversationSnapshot, turn: Turn) -> bool:
    """Changed by this event, and not merely waiting in triage or with a virtual agent since the episode began."""
    if turn.revised != conversation.version:
        return False
    own = turn.episode == conversation.episode
    return not own or bool(turn.spans or conversation.episode_spans)


def _of_turn(conversation: ConversationSnapshot, turn: Turn) -> Observation:
    own = turn.episode == conversation.episode
    final = _end_of(turn)
    return Observation(
        conversation=conversation.id,
        channel=conversation.channel,
        episode=turn.episode,
        turn=turn.number,
        kind=ClockKind.FIRST if turn.first else ClockKind.NEXT,
        spans=turn.spans,
        revision=turn.revised,
        final=final,
        own=own,
        starts=own and (bool(turn.spans) or final is ClockOutcome.MET),
    )


def _end_of(turn: Turn) -> ClockOutcome | None:
    if turn.merged_into is not None:
        return ClockOutcome.VOID
    if turn.waived:
        return ClockOutcome.WAIVED
    return None if turn.ended_at is None else ClockOutcome.MET


def _of_gone_turns(conversation: ConversationSnapshot, facts: Sequence[Fact]) -> Iterator[Observation]:
    listed = {(turn.episode, turn.number) for turn in conversation.turns}
    told = {(fact.episode, fact.turn): fact for fact in facts if isinstance(fact, TurnEnded | TurnWaived | TurnMerged)}
    for key, fact in told.items():
        if key not in listed:
            yield _of_fact(conversation, fact)


def _of_fact(conversation: ConversationSnapshot, fact: TurnEnded | TurnWaived | TurnMerged) -> Observation:
    own = fact.episode == conversation.episode
    merged = isinstance(fact, TurnMerged)
    spans = () if isinstance(fact, TurnMerged) else fact.spans
    ended = isinstance(fact, TurnEnded)
    return Observation(
        conversation=conversation.id,
        channel=conversation.channel,
        episode=fact.episode,
        turn=fact.turn,
        kind=ClockKind.FIRST if not isinstance(fact, TurnMerged) and fact.first else ClockKind.NEXT,
        spans=spans,
        revision=conversation.version,
        final=ClockOutcome.VOID if merged else ClockOutcome.MET if ended else ClockOutcome.WAIVED,
        own=own,
        starts=own and (ended or bool(spans)),
    )


def _of_episodes(conversation: ConversationSnapshot, facts: Sequence[Fact]) -> Iterator[Observation]:
    """The running episode's stretches, and the end of one that this same change left behind.

    Nothing is owed to a contact who has not written (T0: no clock), so the clock starts with the first turn.
    """
    left = {
        fact.episode: fact
        for fact in facts
        if isinstance(fact, Resolved) and fact.episode != conversation.episode and fact.episode_spans
    }
    for episode, fact in left.items():
        yield _of_episode(conversation, episode, fact.episode_spans, conversation.version, ended=True)
    turns = [turn for turn in conversation.turns if turn.episode == conversation.episode]
    revisions = (conversation.spans_revised, *(turn.revised for turn in turns))
    news = conversation.version in revisions
    if news and conversation.episode_spans:
        yield _of_episode(
            conversation,
            conversation.episode,
            conversation.episode_spans,
            conversation.spans_revised,
            ended=conversation.status is Status.RESOLVED,
            starts=bool(turns),
        )


def _of_episode(
    conversation: ConversationSnapshot,
    episode: int,
    spans: tuple[Span, ...],
    revision: int,
    *,
    ended: bool,
    starts: bool = False,
) -> Observation:
    return Observation(
        conversation=conversation.id,
        channel=conversation.channel,
        episode=episode,
        turn=None,
        kind=ClockKind.RESOLUTION,
        spans=spans,
        revision=revision,
        final=ClockOutcome.MET if ended else None,
        own=episode == conversation.episode,
        starts=starts,
    )
