"""Those who follow conversations: clocks computed again by the pure model, surveys gated again, rows that show both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.csat.domain.gate import before_frequency
from services.csat.domain.invitations import Invitation, Stage
from services.gateway.domain.countdown import instant_text
from services.ingest.domain.message import StoredMessage
from services.sla.domain.clocks import is_started, observe
from services.sla.domain.observations import observations
from services.sla.domain.terms import Settings, terms
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import Resolved, StatusChanged, SurveyAnswered, SurveyCommented
from shared.contracts.settings import Survey
from shared.contracts.words import ActorKind, AnsweredBy, ClockKind, Direction, Status
from tests.support.chaos.replay import Changed
from tests.support.chaos.respondents import Respondents

UNCOMPARED = {"version", "wake_at"}
"""How many writes it took, and alarms, which are hours away."""


def clocks_are_the_models(
    said: Mapping[int, ConversationChanged], stored: Sequence[ClockSnapshot], settings: Settings
) -> Iterator[str]:
    """A conversation's clocks follow from its changes alone, taken in the order of its versions."""
    computed: dict[str, ClockSnapshot] = {}
    for _, event in sorted(said.items()):
        for seen in observations(event):
            known = computed.get(_key(seen.episode, seen.turn))
            found = terms(event.conversation, seen.kind, settings)
            after = observe(known, seen, found, event.conversation.changed_at)
            if after is not None:
                computed[_key(seen.episode, seen.turn)] = after[0]
    kept = {_key(one.episode, one.turn): one for one in stored}
    yield from (f"clock {key} is not stored" for key in computed.keys() - kept.keys())
    yield from (f"clock {key} follows from nothing" for key in kept.keys() - computed.keys())
    for key in computed.keys() & kept.keys():
        ours, theirs = (one.model_dump(mode="json", exclude=UNCOMPARED) for one in (computed[key], kept[key]))
        different = [name for name in ours if ours[name] != theirs[name]]
        yield from (f"clock {key}: the model has {name} {ours[name]}, stored is {theirs[name]}" for name in different)


def row_shows_the_clock(
    conversation: ConversationSnapshot, clocks: Sequence[ClockSnapshot], row: Mapping[str, Any]
) -> Iterator[str]:
    """In New the open turn's clock, else the episode's; otherwise none (SL-06)."""
    open_turns = [turn.number for turn in conversation.turns if turn.ended_at is None and turn.merged_into is None]
    running = [one for one in clocks if is_started(one) and one.running and one.episode == conversation.episode]
    wanted = next((one for one in running if open_turns and one.turn == open_turns[-1]), None)
    wanted = wanted or next((one for one in running if one.kind is ClockKind.RESOLUTION), None)
    if conversation.status is not Status.NEW or wanted is None:
        expected = None
    else:
        expected = (str(wanted.kind), wanted.due_at and instant_text(wanted.due_at))
    shown = row.get("sla")
    found = None if shown is None else (shown["kind"], shown["due_at"])
    if found != expected:
        yield f"{conversation.id}: the row shows the clock {found}, sla has {expected}"


def surveys_follow_the_gate(
    survey: Survey, histories: Mapping[str, Sequence[Changed]], invitations: Sequence[Invitation]
) -> Iterator[str]:
    """Every resolved episode was gated; what was sent or skipped is what the gate says of one of its resolves.

    The survey asks everybody each time, so that frequency and sampling refuse nobody.
    """
    resolves: dict[tuple[str, int], list[Resolved]] = defaultdict(list)
    for conversation, changes in histories.items():
        for fact in (fact for one in changes for fact in one.facts if isinstance(fact, Resolved)):
            resolves[conversation, fact.episode].append(fact)
    known = {(one.conversation, one.episode): one for one in invitations}
    yield from (f"{key} was resolved and never gated" for key in resolves.keys() - known.keys())
    yield from (f"{key} has an invitation and was never resolved" for key in known.keys() - resolves.keys())
    for key in resolves.keys() & known.keys():
        refusals = {before_frequency(survey, fact) for fact in resolves[key]}
        reason = known[key].reason if known[key].stage is Stage.SKIPPED else None
        if reason not in refusals:
            yield f"{key} is {known[key].stage} for {known[key].reason}, the gate says {refusals}"


def answers_are_recorded(
    histories: Mapping[str, Sequence[Changed]],
    invitations: Sequence[Invitation],
    rows: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    """The last answer and comment that a conversation heard are csat's, and the latest answer is on its row."""
    kept = {one.id: one for one in invitations}
    for id, changes in histories.items():
        heard = [fact for one in changes for fact in one.facts if isinstance(fact, SurveyAnswered | SurveyCommented)]
        for invitation in {fact.invitation for fact in heard}:
            own = [fact for fact in heard if fact.invitation == invitation]
            options = [fact.option for fact in own if isinstance(fact, SurveyAnswered)]
            comments = [fact.message for fact in own if isinstance(fact, SurveyCommented)]
            recorded = kept[invitation]
            if recorded.option != options[-1] or recorded.comment_message != next(iter(comments), None):
                yield f"{id}: heard {options} {comments}, csat has {recorded.option} {recorded.comment_message}"
        if answers := [fact for fact in heard if isinstance(fact, SurveyAnswered)]:
            shown = rows[id].get("survey") or {}
            if shown.get("option") != answers[-1].option:
                yield f"{id}: the row shows the answer {shown}, heard was {answers[-1].option}"


def pages_are_kept(
    respondents: Respondents, histories: Mapping[str, Sequence[Changed]], messages: Sequence[StoredMessage]
) -> Iterator[str]:
    """What hosted pages took is in the conversation; each comment is one note with its text."""
    facts = [fact for changes in histories.values() for one in changes for fact in one.facts]
    answers = {(fact.invitation, fact.option) for fact in facts if isinstance(fact, SurveyAnswered)}
    yield from (f"the page took {pair}, nobody heard" for pair in respondents.answers.items() - answers)
    comments = [one for one in facts if isinstance(one, SurveyCommented) and one.how is AnsweredBy.PAGE]
    notes = {
        one.id: one.message.text
        for one in messages
        if one.message.direction is Direction.INTERNAL and one.message.author.id.startswith("survey:")
    }
    wanted = {fact.message: respondents.comments.get(fact.invitation) for fact in comments}
    if notes != wanted or len(wanted) < len(comments):
        yield f"comments heard {wanted}, notes stored {notes}"


def greeted_once_a_session(
    histories: Mapping[str, Sequence[Changed]], messages: Sequence[StoredMessage]
) -> Iterator[str]:
    """Script and bot say at most one thing each time that a virtual agent has the conversation."""
    greetings = Counter(
        one.message.conversation for one in messages if one.message.author.kind is ActorKind.VIRTUAL_AGENT
    )
    for id, changes in histories.items():
        taken = sum(
            isinstance(fact, StatusChanged) and fact.after is Status.BOT for one in changes for fact in one.facts
        )
        if greetings[id] > taken:
            yield f"{id} was greeted {greetings[id]} times, taken {taken} times"


def _key(episode: int, turn: int | None) -> str:
    return f"{episode}/{'episode' if turn is None else turn}"
