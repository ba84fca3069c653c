"""What people, API keys, rules and virtual agents do to a conversation (T2a, T5 to T8, T10, T13, T16). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from services.routing.domain import guards
from services.routing.domain.attributes import change_labels, change_topics, set_boost, set_language, set_team
from services.routing.domain.boomerangs import boomerang_at, set_by_hand
from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.entering import (
    begin_era,
    cancel_boomerang,
    closer,
    enter_new,
    enter_resolved,
    move,
    own,
    set_boomerang,
)
from services.routing.domain.turns import open_turn, settle
from services.routing.domain.virtual_agents import check_delegation, check_own, delegate
from shared.contracts.acts import (
    Act,
    AssignOwner,
    AssignTeam,
    CancelBoomerang,
    ChangeLabels,
    ChangeTopics,
    Owner,
    Resolve,
    SetBoomerang,
    SetLanguage,
    SetNew,
    SetPending,
    SetPriorityBoost,
)
from shared.contracts.conversation_commands import ActOnConversation
from shared.contracts.conversations import Boomerang, ConversationSnapshot
from shared.contracts.words import ActorKind, OwnerKind, Status, Substatus
from shared.errors import Unprocessable

GUARDED = (SetNew, SetPending, Resolve, AssignOwner)
PEOPLE = (ActorKind.AGENT, ActorKind.API_KEY)


def act(conversation: ConversationSnapshot, command: ActOnConversation, desk: Desk, now: datetime) -> Decision:
    """Apply a command. What already is so changes nothing and is not refused.

    Raises StaleVersion (409, with the current snapshot) by the guard, Unprocessable (422) for an act without a row
    or a requirement not met, NotFound (404) for a virtual agent whose conversation it is not (any more).
    """
    if command.by.kind is ActorKind.VIRTUAL_AGENT:
        check_own(conversation, command.by.id)
    if is_so(conversation, command.act):
        return unchanged(conversation)
    if isinstance(command.act, GUARDED):
        guards.check(conversation, command.seen, command.status_number)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=command.by)
    apply(change, command.act, bulk=command.bulk)
    return change.decide()


def apply(change: Change, wanted: Act, *, bulk: bool = False) -> None:
    """One act by its row of the table; raises Unprocessable (422) where there is none, before anything is changed."""
    match wanted:
        case SetNew():
            _set_new(change)
        case SetPending():
            _set_pending(change, wanted)
        case Resolve():
            _resolve(change, wanted, bulk=bulk)
        case AssignOwner():
            _assign(change, wanted.owner)
        case AssignTeam():
            set_team(change, wanted.team)
        case ChangeTopics():
            change_topics(change, wanted.add, wanted.remove)
        case ChangeLabels():
            change_labels(change, wanted.add, wanted.remove)
        case SetBoomerang():
            set_by_hand(change, wanted.boomerang)
        case CancelBoomerang():
            cancel_boomerang(change)
            begin_era(change)
        case SetPriorityBoost():
            set_boost(change, wanted.boost)
        case SetLanguage():
            set_language(change, wanted.language)
        case _:
            assert_never(wanted)


def is_so(conversation: ConversationSnapshot, wanted: Act) -> bool:
    """Whether a status or owner is already what is asked for: no line in the trail, no refusal."""
    status = conversation.status
    match wanted:
        case SetNew():
            return status is Status.NEW
        case SetPending():
            return status is Status.PENDING and wanted.boomerang is None
        case Resolve():
            same = wanted.reason in (None, conversation.resolve_reason)
            return status is Status.RESOLVED and wanted.boomerang is None and same and not wanted.ignored
        case AssignOwner():
            return conversation.owner == wanted.owner
        case _:
            return False


def _leave_hold(change: Change) -> None:
    """A human acts in triage (T2a) or on what a virtual agent holds (T5): new first."""
    if change.conversation.status is Status.TRIAGE:
        enter_new(change, "T2a")
    elif change.conversation.status is Status.BOT:
        own(change, None, "manual")
        enter_new(change, "T5")
        change.set(previous_owner=None)
    settle(change)


def _set_new(change: Change) -> None:
    if change.conversation.status in (Status.PENDING, Status.RESOLVED):
        enter_new(change, "T16")
        settle(change)
    else:
        _leave_hold(change)


def _set_pending(change: Change, wanted: SetPending) -> None:
    if change.conversation.status is Status.RESOLVED:
        raise Unprocessable("A resolved conversation cannot be set to pending. Set it to new first.")
    boomerang = boomerang_at(change, wanted.boomerang)
    if change.conversation.status is not Status.PENDING:
        _leave_hold(change)
        substatus = Substatus.HOLD if open_turn(change.conversation) else Substatus.ANSWERED
        move(change, Status.PENDING, substatus, "T10", rule=_rule(change))
        change.set(notice=None)
        settle(change)
        boomerang = boomerang or _default_boomerang(change)
    if boomerang is not None:
        set_boomerang(change, boomerang)


def _default_boomerang(change: Change) -> Boomerang | None:
    """WF-07: only where it is shorter than auto-resolve of Pending, else that would win."""
    timers = change.conversation.timers
    delay, limit = timers.default_boomerang, timers.auto_resolve_pending
    if delay is None or (limit is not None and delay >= limit):
        return None
    return boomerang_at(change, None, default=delay)


def _resolve(change: Change, wanted: Resolve, *, bulk: bool) -> None:
    conversation = change.conversation
    boomerang = boomerang_at(change, wanted.boomerang)
    if conversation.status is Status.RESOLVED:
        if boomerang is None or wanted.reason not in (None, conversation.resolve_reason):
            raise Unprocessable("The conversation is resolved already. Set it to new first.")
        set_boomerang(change, boomerang)
        return
    _check_reason(change, wanted.reason)
    by_virtual = change.by.kind is ActorKind.VIRTUAL_AGENT
    if not by_virtual:
        _leave_hold(change)
    enter_resolved(
        change,
        "T6" if by_virtual else "T13",
        closer(change.by, bulk),
        reason=wanted.reason,
        ignored=wanted.ignored,
        boomerang=boomerang,
        rule=_rule(change),
    )


def _check_reason(change: Change, reason: str | None) -> None:
    """WF-24, WF-26: what is required is required of people only."""
    conversation, desk = change.conversation, change.desk
    if reason is not None and reason not in desk.reasons:
        raise Unprocessable.field("reason", "There is no such resolve reason.")
    if change.by.kind not in PEOPLE:
        return
    place = conversation.channel, conversation.visibility
    if reason is None and desk.workflow.resolve_reasons.required and desk.reasons_apply(*place):
        raise Unprocessable.field("reason", "Choose a resolve reason.")
    if not conversation.topics and desk.topic_required(*place):
        raise Unprocessable.field("topics", "Add a topic before resolving.")


def _assign(change: Change, owner: Owner | None) -> None:
    conversation = change.conversation
    how = "rule" if change.by.kind is ActorKind.RULE else "manual"
    if conversation.status is Status.RESOLVED:
        raise Unprocessable("A resolved conversation has no owner to choose. Set it to new first.")
    if owner is None:
        _leave_hold(change)
        own(change, None, how)
    elif owner.kind is OwnerKind.AGENT:
        if not change.desk.can_reply(owner.id, conversation.channel):
            raise Unprocessable.field("owner", "He is not activated, or may not reply on this channel.")
        _leave_hold(change)
        own(change, owner, how)
    else:
        check_delegation(change, owner)
        _leave_hold(change)
        delegate(change, owner, rule=_rule(change))
    settle(change)


def _rule(change: Change) -> str | None:
    return change.by.name or change.by.id if change.by.kind is ActorKind.RULE else None
