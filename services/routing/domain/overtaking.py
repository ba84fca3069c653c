"""Timers and deliveries that overtake one another: a timer fires at its own time, whatever is heard first. Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.decision import Change
from services.routing.domain.entering import enter_new, enter_resolved, own
from services.routing.domain.retracing import fire_boomerang, retrace
from services.routing.domain.timers import Timer, next_timer
from services.routing.domain.turns import settle
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import ConversationSnapshot, Overtaken
from shared.contracts.facts import BoomerangChanged, OwnerChanged, StatusChanged
from shared.contracts.words import ClosedBy, Status

ROWS = {Timer.BOOMERANG: "T12", Timer.INACTIVITY: "T14", Timer.IDLE: "T15"}


def fire(change: Change) -> None:
    """Do what is due first, as of the instant it was due (T2 by time-out, T12, T14, T15)."""
    found = next_timer(change.conversation)
    if found is None:
        return
    due, timer = found
    cause = change.at, change.by
    change.at, change.by = due, SYSTEM
    before = change.conversation
    match timer:
        case Timer.TRIAGE:
            enter_new(change, "T2")
        case Timer.BOOMERANG:
            _boomerang(change)
        case Timer.INACTIVITY:
            reason = change.conversation.timers.auto_resolve_reason
            enter_resolved(change, "T14", ClosedBy.INACTIVITY, reason=reason)
        case Timer.IDLE:
            enter_resolved(change, "T15", ClosedBy.IDLE_ANSWERED)
    settle(change)
    if change.conversation.ledger.era is not before.ledger.era and timer is not Timer.TRIAGE:
        change.note(overtaken=_remembered(before, due, ROWS[timer]))
    change.at, change.by = cause


def catch_up(change: Change) -> None:
    """Fire what was due before this delivery's time but has not been woken yet."""
    while (found := next_timer(change.conversation)) is not None and found[0] < change.at:
        fire(change)


def put_back(change: Change) -> None:
    """Take back what a timer did at or after this delivery's time, if nothing else has happened since."""
    known = change.conversation.ledger.overtaken
    if known is not None and change.at <= known.at:
        after = change.conversation
        change.set(
            status=known.status,
            substatus=known.substatus,
            owner=known.owner,
            status_since=known.status_since,
            waiting_since=known.waiting_since,
            closed_by=known.closed_by,
            resolve_reason=known.resolve_reason,
            boomerang=known.boomerang,
            turns=known.turns,
            episode_spans=known.episode_spans,
            status_number=after.status_number + 1,
            inbound=tuple(
                ref if ref.settled == (ref.id in known.settled) else ref.model_copy(update={"settled": not ref.settled})
                for ref in after.inbound
            ),
        )
        change.note(
            new_spans=known.new_spans,
            closed_at=known.closed_at,
            owner_since=known.owner_since,
            owner_how=known.owner_how,
            era=known.era,
            overtaken=None,
        )
        change.say(
            StatusChanged,
            row=f"{known.row} taken back",
            before=after.status,
            before_substatus=after.substatus,
            after=known.status,
            after_substatus=known.substatus,
        )
        if known.boomerang is not None and after.boomerang != known.boomerang:
            change.say(BoomerangChanged, what="set", due=known.boomerang.at, note=known.boomerang.note)
        if after.owner != known.owner:
            change.say(OwnerChanged, before=after.owner, after=known.owner, how="taken_back")


def _remembered(before: ConversationSnapshot, due: datetime, row: str) -> Overtaken:
    ledger = before.ledger
    return Overtaken(
        at=due,
        row=row,
        status=before.status,
        substatus=before.substatus,
        owner=before.owner,
        status_since=before.status_since,
        waiting_since=before.waiting_since,
        closed_by=before.closed_by,
        resolve_reason=before.resolve_reason,
        boomerang=before.boomerang,
        turns=before.turns,
        settled=tuple(ref.id for ref in before.inbound if ref.settled),
        episode_spans=before.episode_spans,
        new_spans=ledger.new_spans,
        closed_at=ledger.closed_at,
        owner_since=ledger.owner_since,
        owner_how=ledger.owner_how,
        era=ledger.era,
    )


def _boomerang(change: Change) -> None:
    """T12; from pending it is worked out with the deliveries, from resolved it comes back without its owner."""
    if change.conversation.status is Status.PENDING:
        retrace(change)
        return
    fire_boomerang(change)
    own(change, None, "resolve")
    enter_new(change, "T12")
