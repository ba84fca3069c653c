"""Turns, worked out from what is known: inbound messages, replies with their outcomes, stretches in ``new``. Pure.

Everything about turns is derived here from sets, so it does not matter in which order the deliveries were heard.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from services.routing.domain.answering import Answered, replayed
from services.routing.domain.decision import Change
from services.routing.domain.sendings import Position, flights, has_failed, on_its_way, position, readings
from services.routing.domain.spans import clipped, closed, without
from shared.contracts.conversations import ConversationSnapshot, InboundRef, ReplyRef, Turn
from shared.contracts.facts import TurnEnded, TurnMerged, TurnOpened, TurnWaived

KEPT_FINAL = 4
KEPT_REPLIES = 20


def since(turn: Turn) -> Position:
    """The place of a turn's first message in arrival order."""
    return turn.started_at, turn.message


def is_open(turn: Turn) -> bool:
    """Neither ended nor being answered (workflow.md, Transitions)."""
    return turn.ended_at is None and turn.merged_into is None and not turn.answered_by


def is_being_answered(turn: Turn) -> bool:
    """A reply to it is on its way."""
    return turn.ended_at is None and turn.merged_into is None and bool(turn.answered_by)


def open_turn(conversation: ConversationSnapshot) -> Turn | None:
    """The open turn of the current episode."""
    return next((turn for turn in conversation.turns if turn.episode == conversation.episode and is_open(turn)), None)


def holding(conversation: ConversationSnapshot, message: str) -> Turn | None:
    """The turn that an inbound message of the current episode belongs to."""
    return next((turn for turn, names in _messages(conversation) if message in names), None)


def settle(change: Change) -> None:
    """Bring the turns up to date with what is known now, and say what opened, ended, merged or was left behind."""
    if not change.conversation.turns and not change.conversation.inbound:
        return
    before = change.conversation.turns
    read = readings(change.conversation)
    _unwaive(change, read)
    own = _matched(change, replayed(change.conversation, read))
    conversation = change.conversation
    former = [turn for turn in conversation.turns if turn.merged_into is None and turn.episode != conversation.episode]
    turns = [turn for turn in conversation.turns if turn.merged_into is not None]
    turns += own
    turns += [_former_state(change, turn, _replies_to(conversation, turn, former, read)) for turn in former]
    change.set(turns=tuple(sorted(turns, key=lambda turn: (turn.episode, since(turn), turn.number))))
    _say_endings(change, before)
    _prune(change)


def waive_open(change: Change) -> None:
    """An open turn ends without an answer; its messages belong to no turn any more."""
    conversation = change.conversation
    left = open_turn(conversation)
    if left is None:
        return
    ended = left.model_copy(update={"ended_at": change.at, "waived": True})
    change.set(
        turns=tuple(ended if turn == left else turn for turn in conversation.turns),
        inbound=_settled(conversation, [left]),
    )
    change.say(TurnWaived, **_figures(ended))


def _settled(conversation: ConversationSnapshot, turns: Sequence[Turn]) -> tuple[InboundRef, ...]:
    """The inbound messages, those of ``turns`` marked as settled."""
    gone = {name for turn, names in _messages(conversation) if turn in turns for name in names}
    return tuple(ref.model_copy(update={"settled": True}) if ref.id in gone else ref for ref in conversation.inbound)


def _messages(conversation: ConversationSnapshot) -> list[tuple[Turn, set[str]]]:
    """The current episode's turns with the names of their messages."""
    found = replayed(conversation, readings(conversation))
    keepers = _keepers(_own(conversation), found, conversation)
    return [(turn, {ref.id for ref in found[index].messages}) for index, turn in keepers.items()]


def _own(conversation: ConversationSnapshot) -> list[Turn]:
    """The current episode's turns that were not taken in by another."""
    return [turn for turn in conversation.turns if turn.episode == conversation.episode and turn.merged_into is None]


def _matched(change: Change, found: Sequence[Answered]) -> list[Turn]:
    """The current episode's turns: those known go on, new ones open, those that are one now are merged."""
    conversation = change.conversation
    known = _own(conversation)
    keepers = _keepers(known, found, conversation)
    result: list[Turn] = []
    for turn in known:
        if any(keeper is turn for keeper in keepers.values()):
            continue
        place = _place(turn, found)
        if place in keepers and not turn.waived:
            _merge(change, turn, keepers[place])
        else:
            result.append(turn)
    for index, answered in enumerate(found):
        turn = keepers[index] if index in keepers else _opened(change, answered.messages[0])
        result.append(_state(conversation, turn, answered))
    return _first_first(result)


def _keepers(known: Sequence[Turn], found: Sequence[Answered], conversation: ConversationSnapshot) -> dict[int, Turn]:
    """Which known turn goes on as which replayed one: that with its first message, else one with the same reply."""
    listed = {ref.id for ref in conversation.inbound}
    begun: dict[int, list[Turn]] = {}
    for turn in sorted(known, key=since):
        place = _place(turn, found) if turn.message in listed else _beyond_list(turn, found)
        if place is not None and not turn.waived:
            begun.setdefault(place, []).append(turn)
    keepers = {place: turns[0] for place, turns in begun.items()}
    for index, answered in enumerate(found):
        if index in keepers:
            continue
        later = (place for place in sorted(keepers) if place > index)
        same = (place for place in later if set(answered.answered_by) & set(keepers[place].answered_by))
        if (place := next(same, None)) is not None:
            keepers[index] = keepers.pop(place)
            for turn in begun[place]:
                if turn is not keepers[index]:
                    keepers.setdefault(place, turn)
    return keepers


def _beyond_list(turn: Turn, found: Sequence[Answered]) -> int | None:
    """The replayed turn of one that began before the oldest message listed: by its replies, else the open first."""
    replies = set(turn.answered_by)
    if replies:
        return next((index for index, answered in enumerate(found) if replies & set(answered.answered_by)), None)
    return 0 if found and turn.ended_at is None else None


def _place(turn: Turn, found: Sequence[Answered]) -> int | None:
    """The replayed turn that holds this turn's first message."""
    return next(
        (index for index, answered in enumerate(found) if any(ref.id == turn.message for ref in answered.messages)),
        None,
    )


def _first_first(turns: Sequence[Turn]) -> list[Turn]:
    """The earliest turn of the episode is its first, whichever was heard of first."""
    if all(turn.number != 1 for turn in turns):
        return list(turns)
    first = min(turns, key=since)
    return [
        turn if turn.first == (turn is first) else turn.model_copy(update={"first": turn is first}) for turn in turns
    ]


def _opened(change: Change, first: InboundRef) -> Turn:
    conversation = change.conversation
    number = 1 + max((turn.number for turn in conversation.turns if turn.episode == conversation.episode), default=0)
    turn = Turn(
        number=number,
        episode=conversation.episode,
        first=number == 1,
        message=first.id,
        started_at=first.received_at,
    )
    change.set(turns=(*conversation.turns, turn))
    change.say(TurnOpened, turn=number, first=turn.first, started_at=turn.started_at)
    return turn


def _merge(change: Change, turn: Turn, into: Turn) -> None:
    spans = closed(turn.spans, change.at)
    shell = turn.model_copy(update={"merged_into": into.number, "answered_by": (), "spans": spans})
    change.set(turns=tuple(shell if other == turn else other for other in change.conversation.turns))
    change.say(TurnMerged, turn=turn.number, into=into.number)


def _unwaive(change: Change, read: Mapping[str, Position]) -> None:
    """A reply that was on its way when its turn was waived, but is heard of later, is answering it all the same."""
    for reply in change.conversation.ledger.replies:
        conversation = change.conversation
        named = _named(reply.episode, read[reply.id], conversation.turns)
        if named is None or not named.waived or named.ended_at is None or has_failed(reply):
            continue
        if not on_its_way(reply, named.ended_at):
            continue
        back = named.model_copy(update={"waived": False, "ended_at": None})
        change.set(
            turns=tuple(back if turn == named else turn for turn in conversation.turns),
            inbound=tuple(
                ref.model_copy(update={"settled": False})
                if ref.settled and ref.episode == named.episode and since(named) <= position(ref) <= read[reply.id]
                else ref
                for ref in conversation.inbound
            ),
        )


def _named(episode: int, place: Position, turns: Sequence[Turn]) -> Turn | None:
    """The turn at this place in arrival order: the last of its episode that had begun."""
    own = sorted((turn for turn in turns if turn.episode == episode and turn.merged_into is None), key=since)
    index = bisect_right([since(turn) for turn in own], place)
    return own[index - 1] if index else None


def _replies_to(
    conversation: ConversationSnapshot, turn: Turn, turns: Sequence[Turn], read: Mapping[str, Position]
) -> list[ReplyRef]:
    return [
        reply
        for reply in conversation.ledger.replies
        if reply.episode == turn.episode and _named(reply.episode, read[reply.id], turns) == turn
    ]


def _state(conversation: ConversationSnapshot, turn: Turn, answered: Answered) -> Turn:
    """The turn as replayed, with its spans; its first message stays where that is too old to be listed."""
    first = answered.messages[0]
    if since(turn) < position(first) and all(ref.id != turn.message for ref in conversation.inbound):
        start, message = turn.started_at, turn.message
    else:
        start, message = first.received_at, first.id
    stretches = conversation.ledger.new_spans
    known = stretches[0].start if stretches else None
    earlier = tuple(span for span in turn.spans if span.end is not None and (known is None or span.end <= known))
    return turn.model_copy(
        update={
            "message": message,
            "started_at": start,
            "answered_by": answered.answered_by,
            "ended_at": answered.ended_at,
            "spans": earlier + without(clipped(stretches, start, answered.ended_at), answered.holes),
        }
    )


def _former_state(change: Change, turn: Turn, replies: Sequence[ReplyRef]) -> Turn:
    """A turn of an earlier episode: an acceptance ends it, and when all its replies have failed it is waived."""
    if turn.ended_at is not None:
        return turn
    accepted = min((reply.accepted_at for reply in replies if reply.accepted_at), default=None)
    answers = tuple(reply.id for reply in replies if not has_failed(reply))
    spans = without(turn.spans, [flight for reply in replies for flight in flights(reply)])
    if not answers:
        last = max((reply.failed[-1] for reply in replies if reply.failed), default=change.at)
        return turn.model_copy(update={"answered_by": (), "spans": spans, "ended_at": last, "waived": True})
    return turn.model_copy(update={"answered_by": answers, "spans": spans, "ended_at": accepted})


def _say_endings(change: Change, before: Sequence[Turn]) -> None:
    over = {(turn.episode, turn.number): turn.waived for turn in before if turn.ended_at is not None}
    for turn in change.conversation.turns:
        if turn.ended_at is None or turn.merged_into is not None:
            continue
        if over.get((turn.episode, turn.number)) is turn.waived:
            continue
        if turn.waived:
            change.say(TurnWaived, at=turn.ended_at, episode=turn.episode, **_figures(turn))
            continue
        reply = next(
            reply
            for reply in change.conversation.ledger.replies
            if reply.id in turn.answered_by and reply.accepted_at == turn.ended_at
        )
        change.say(TurnEnded, at=turn.ended_at, by=reply.by, episode=turn.episode, reply=reply.id, **_figures(turn))


def _figures(turn: Turn) -> dict[str, object]:
    return {"turn": turn.number, "first": turn.first, "started_at": turn.started_at, "spans": turn.spans}


def _prune(change: Change) -> None:
    """Forget turns that are over, but for the last few, and replies that can no longer matter."""
    conversation = change.conversation
    gone = [turn for turn in conversation.turns if turn.ended_at is not None or turn.merged_into is not None]
    gone = gone[:-KEPT_FINAL]
    if gone:
        change.set(
            inbound=_settled(conversation, gone), turns=tuple(turn for turn in conversation.turns if turn not in gone)
        )
    replies = change.conversation.ledger.replies
    if len(replies) <= KEPT_REPLIES:
        return
    conversation = change.conversation
    live = {name for turn in conversation.turns if is_being_answered(turn) for name in turn.answered_by}
    old = [reply for reply in replies if reply.id not in live][: len(replies) - KEPT_REPLIES]
    answered = [turn for turn in conversation.turns if any(reply.id in turn.answered_by for reply in old)]
    change.set(inbound=_settled(conversation, answered))
    change.note(replies=tuple(reply for reply in replies if reply not in old))
