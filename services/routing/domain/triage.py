"""What rules answer: in triage (T2 to T4), too late, and outside it as acts of their own (workflow.md). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from services.routing.domain.acts import apply
from services.routing.domain.decision import Change, Decision, waits
from services.routing.domain.desk import Desk
from services.routing.domain.entering import enter_new, enter_resolved
from services.routing.domain.sendings import position
from services.routing.domain.turns import open_turn, settle
from services.routing.domain.virtual_agents import take
from shared.contracts.acts import (
    AssignOwner,
    AssignTeam,
    CallWebhookAct,
    CancelBoomerang,
    MuteContactAct,
    NotifyAct,
    Resolve,
    RuleAction,
    RuleRun,
    SendTextAct,
    SetAttribute,
    SetBoomerang,
    SetNew,
    SetPending,
    TagMessageAct,
    WriteNoteAct,
)
from shared.contracts.base import SYSTEM, Actor
from shared.contracts.conversations import ConversationSnapshot, ConversationTriaged, RuleActed
from shared.contracts.facts import RuleApplied, RuleTooLate
from shared.contracts.words import ActorKind, ClosedBy, Status, Visibility
from shared.errors import Unprocessable

INGEST = (TagMessageAct, WriteNoteAct, SendTextAct, SetAttribute, MuteContactAct)
OTHERS = (*INGEST, NotifyAct, CallWebhookAct)
"""Acts that routing leaves to their owners. Ingest hears ``rule.acted`` itself; the others hear it from the fact."""
MOVING = (Resolve, AssignOwner, SetNew, SetPending, SetBoomerang, CancelBoomerang)


def triaged(conversation: ConversationSnapshot, event: ConversationTriaged, desk: Desk, now: datetime) -> Decision:
    """The rules' answer for a message. All acts in listed order, resolve last.

    The answer for the message that made T1 ends triage; one that comes after triage is late and moves only what
    nobody has touched.
    """
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    if event.episode != conversation.episode:
        _too_late(change, event.runs, lambda _: True)
    elif conversation.status is Status.TRIAGE:
        _in_triage(change, event)
    else:
        _late(change, event)
    settle(change)
    return change.decide()


def rule_acted(conversation: ConversationSnapshot, event: RuleActed, desk: Desk, now: datetime) -> Decision:
    """What a rule does outside triage takes the row of an agent's act; what is refused is recorded, the rest go on."""
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    if event.episode != conversation.episode or _is_over(conversation, event):
        _too_late(change, [event.run], lambda _: True)
        return change.decide()
    problems: list[str] = []
    for action in sorted(event.run.actions, key=lambda one: isinstance(one, Resolve)):
        if isinstance(action, Resolve):
            why = _no_resolve(change, event.run, event.message_id, first=event.first_message)
            if why is not None:
                problems.append(f"resolve: {why}")
                continue
        _try(change, event.run, action, problems)
    left = tuple(action for action in _of_others(event.run) if not isinstance(action, INGEST))
    _say_applied(change, event.run, problems, left, event.message_id)
    settle(change)
    return change.decide()


def _is_over(conversation: ConversationSnapshot, event: RuleActed) -> bool:
    """A time-based rule's wait ended before this was heard."""
    if event.turn is not None:
        turn = open_turn(conversation)
        return conversation.status is not Status.NEW or turn is None or turn.number != event.turn
    if event.pending_since is not None:
        return conversation.status is not Status.PENDING or conversation.status_since != event.pending_since
    return False


def _in_triage(change: Change, event: ConversationTriaged) -> None:
    ends = event.message_id == change.conversation.triage_message
    problems: dict[str, list[str]] = {run.run: [] for run in event.runs}
    for run in event.runs:
        for action in run.actions:
            if not isinstance(action, MOVING):
                _try(change, run, action, problems[run.run])
    resolving = _resolving(change, event, problems)
    if resolving is not None:
        _resolve(change, *resolving)
    elif event.virtual_agent is not None and change.conversation.visibility is Visibility.PRIVATE:
        _taken(change, event, problems)
    else:
        if ends:
            enter_new(change, "T2")
        _move(change, event.runs, problems, allowed=(AssignOwner, SetNew, SetPending, SetBoomerang) if ends else ())
    for run in event.runs:
        _say_applied(change, run, problems[run.run], _of_others(run), event.message_id)


def _late(change: Change, event: ConversationTriaged) -> None:
    """Late answers of rules (workflow.md)."""
    free = waits(change.conversation) and not change.conversation.touched
    problems: dict[str, list[str]] = {run.run: [] for run in event.runs}

    def late(action: RuleAction) -> bool:
        if isinstance(action, AssignTeam):
            return team_set and action.team != change.conversation.team
        return not free and isinstance(action, (*MOVING, SendTextAct))

    team_set = change.conversation.team is not None
    _too_late(change, event.runs, late)
    for run in event.runs:
        for action in run.actions:
            if not isinstance(action, MOVING) and not late(action):
                _try(change, run, action, problems[run.run])
    if free:
        resolving = _resolving(change, event, problems)
        if resolving is not None:
            _resolve(change, *resolving)
        elif event.virtual_agent is not None and change.conversation.visibility is Visibility.PRIVATE:
            _taken(change, event, problems)
        else:
            _move(change, event.runs, problems, allowed=MOVING)
    for run in event.runs:
        if problems[run.run] or not run.actions or not all(late(action) for action in run.actions):
            left = tuple(action for action in _of_others(run) if not late(action))
            _say_applied(change, run, problems[run.run], left, event.message_id)


def _resolving(
    change: Change, event: ConversationTriaged, problems: dict[str, list[str]]
) -> tuple[RuleRun, Resolve] | None:
    """The first resolve in list order that may be done."""
    found: tuple[RuleRun, Resolve] | None = None
    for run in event.runs:
        for action in run.actions:
            if not isinstance(action, Resolve):
                continue
            first = event.message_id == _opening(change.conversation)
            why = _no_resolve(change, run, event.message_id, first=first)
            if why is None and action.reason is not None and action.reason not in change.desk.reasons:
                why = "There is no such resolve reason."
            if why is not None:
                problems[run.run].append(f"resolve: {why}")
            elif found is None:
                found = run, action
    return found


def _opening(conversation: ConversationSnapshot) -> str | None:
    """The first message of the episode."""
    own = [ref for ref in conversation.inbound if ref.episode == conversation.episode]
    return conversation.triage_message or (own[0].id if own else None)


def _no_resolve(change: Change, run: RuleRun, message: str | None, *, first: bool) -> str | None:
    """Why a rule's resolve gives way: AU-04, and a customer message that arrived since (automation.md)."""
    if run.text_condition and not first:
        return "Only the first message of an episode resolves it."
    places = {ref.id: position(ref) for ref in change.conversation.inbound if not ref.survey}
    if message in places and places[message] < max(places.values()):
        return "A customer message arrived since."
    return None


def _resolve(change: Change, run: RuleRun, action: Resolve) -> None:
    """T3; a late one is T13, a rule's act taking the row of an agent's."""
    change.by = _rule(run)
    row = "T3" if change.conversation.status is Status.TRIAGE else "T13"
    enter_resolved(change, row, ClosedBy.AUTOMATION, reason=action.reason, ignored=action.ignored, rule=run.name)
    change.by = SYSTEM


def _taken(change: Change, event: ConversationTriaged, problems: dict[str, list[str]]) -> None:
    """T4; what rules would have done about status and owner gives way to it, and their lines say so."""
    take(change, event.virtual_agent or "")
    for run in event.runs:
        problems[run.run] += [
            f"{action.act}: A virtual agent has it."
            for action in run.actions
            if isinstance(action, MOVING) and not isinstance(action, Resolve)
        ]


def _move(
    change: Change, runs: Iterable[RuleRun], problems: dict[str, list[str]], allowed: tuple[type[RuleAction], ...]
) -> None:
    for run in runs:
        for action in run.actions:
            if not isinstance(action, MOVING) or isinstance(action, Resolve):
                continue
            if isinstance(action, allowed):
                _try(change, run, action, problems[run.run])
            else:
                problems[run.run].append(f"{action.act}: Not for a message that joins triage.")


def _try(change: Change, run: RuleRun, action: RuleAction, problems: list[str]) -> None:
    """One act as the rule's; a refusal is noted and leaves nothing behind."""
    if isinstance(action, OTHERS):
        return
    conversation, facts = change.conversation, list(change.facts)
    change.by = _rule(run)
    try:
        apply(change, action)
    except Unprocessable as refusal:
        change.conversation, change.facts = conversation, facts
        problems.append(f"{action.act}: {refusal.detail}")
    change.by = SYSTEM


def _too_late(change: Change, runs: Iterable[RuleRun], late: Callable[[RuleAction], bool]) -> None:
    for run in runs:
        acts = tuple(action.act for action in run.actions if late(action))
        if acts:
            change.say(RuleTooLate, by=_rule(run), run=run.run, rule=run.rule, name=run.name, acts=acts)
            change.set(changed_at=change.now)


def _of_others(run: RuleRun) -> tuple[RuleAction, ...]:
    """The acts of a run that others own; they hear of them with the fact."""
    return tuple(action for action in run.actions if isinstance(action, OTHERS))


def _say_applied(
    change: Change,
    run: RuleRun,
    problems: Iterable[str],
    left: tuple[RuleAction, ...] = (),
    message: str | None = None,
) -> None:
    named = {"run": run.run, "rule": run.rule, "name": run.name}
    change.say(
        RuleApplied, by=_rule(run), failed=tuple(problems), left=left, message=message if left else None, **named
    )
    change.set(changed_at=change.now)


def _rule(run: RuleRun) -> Actor:
    return Actor(kind=ActorKind.RULE, id=run.rule, name=run.name)
