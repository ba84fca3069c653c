"""Which version last changed a turn, or the episode's stretches: orders what others hear of them. Pure.

Whoever follows turns (clocks) hears changes in any order and must not write on every one that repeats what is known.
"""

from __future__ import annotations

from shared.contracts.conversations import ConversationSnapshot, Turn
from shared.contracts.words import Status


def revised(before: ConversationSnapshot | None, after: ConversationSnapshot) -> ConversationSnapshot:
    """``after`` with the version it will be saved as on each turn, and on the stretches, that it changes."""
    version = 1 if before is None else before.version + 1
    known = {} if before is None else {(turn.episode, turn.number): turn for turn in before.turns}
    turns = tuple(_turn(turn, known.get((turn.episode, turn.number)), version) for turn in after.turns)
    update: dict[str, object] = {} if turns == after.turns else {"turns": turns}
    if before is None or _stretches(before) != _stretches(after):
        update["spans_revised"] = version
    return after.model_copy(update=update) if update else after


def _turn(turn: Turn, known: Turn | None, version: int) -> Turn:
    return turn if turn == known or turn.revised == version else turn.model_copy(update={"revised": version})


def _stretches(conversation: ConversationSnapshot) -> tuple[object, ...]:
    return conversation.episode, conversation.episode_spans, conversation.status is Status.RESOLVED
