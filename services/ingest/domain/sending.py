"""What happens to a message of ours on its way out: attempts, outcomes, receipts, another try (T9, T9b, T9c). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from services.ingest.domain.delivery import (
    TAKEN,
    TAKES_OUR_ID,
    UNDER_WAY,
    Outcome,
    Postponed,
    Refused,
    Took,
    moves,
    pause,
)
from services.ingest.domain.message import Step, StoredMessage, Task, armed, changed
from shared.contracts.messages import MessageAccepted, MessageFailed, MessageQueued, MessageUncertain
from shared.contracts.words import Delivery, Direction
from shared.errors import Conflict

PICK_UP = timedelta(seconds=3)
"""A queued message is tried at once by who stored it, and by any other process from this time on."""

LEASE = timedelta(seconds=90)
"""An attempt that says nothing for this long was cut off by a crash. Longer than waiting for a place and any call."""

WAIT_FOR_PLACE = timedelta(seconds=30)
"""How long an attempt may wait for others to end before it is given back."""


def queued(state: StoredMessage, now: datetime, *, seen: str | None = None, proactive: bool = False) -> StoredMessage:
    """Ready to be sent."""
    update = {"seen": seen, "proactive": proactive, "send": Task(at=now + PICK_UP)}
    return armed(state.model_copy(update=update))


def queued_event(state: StoredMessage) -> MessageQueued:
    """T9, T0, or a note that was written."""
    return MessageQueued(
        thread=state.thread,
        medium=state.medium,
        message=state.message,
        contact=state.started_with,
        seen=state.seen,
        proactive=state.proactive,
    )


def shown_at_once(state: StoredMessage, now: datetime) -> StoredMessage:
    """Where storing is delivering (web chat), a message is sent by being there."""
    return armed(changed(state.model_copy(update={"send": None}), delivery=Delivery.SENT, received_at=now))


def accepted_event(state: StoredMessage, at: datetime) -> MessageAccepted:
    """T9b."""
    return MessageAccepted(
        conversation=state.message.conversation,
        message_id=state.id,
        at=at,
        automatic=state.message.automatic,
        queued=queued_event(state),
    )


def attempted(state: StoredMessage, now: datetime, by: str, *, early: bool = False) -> StoredMessage | None:
    """An attempt by process ``by``, recorded before the call. None when not due (``early``: the first try, at once)."""
    task = state.send
    if task is None or state.message.delivery not in UNDER_WAY:
        return None
    if task.at > now and not (early and task.number == 0):
        return None
    attempt = Task(at=now + LEASE, number=task.number + 1, by=by)
    return armed(changed(state.model_copy(update={"send": attempt}), delivery=Delivery.SENDING))


def cut_off(state: StoredMessage, now: datetime) -> Step | None:
    """An attempt that a crash cut off, on a medium that would not drop its repeat: nobody knows whether it went."""
    task = state.send
    if task is None or task.at > now or not task.by or state.message.delivery is not Delivery.SENDING:
        return None
    return None if state.medium in TAKES_OUR_ID else _uncertain(state, task.number, now)


def given_back(state: StoredMessage, attempt: int, now: datetime) -> StoredMessage:
    """An attempt that found no place to begin in time: nothing was called, so it does not count."""
    if not _is_current(state, attempt):
        return state
    task = Task(at=now + PICK_UP, number=attempt - 1)
    return armed(changed(state.model_copy(update={"send": task}), delivery=Delivery.QUEUED))


def came_out(state: StoredMessage, attempt: int, outcome: Outcome, now: datetime) -> Step:
    """The end of attempt ``attempt``. A failure that a later attempt has overtaken says nothing; a success counts."""
    match outcome:
        case Took(external_id=external_id):
            if not moves(state.message.delivery, Delivery.SENT):
                return Step(_done(state))
            after = changed(_done(state), delivery=Delivery.SENT, failure=None)
            if external_id:
                after = changed(after, external_id=external_id)
            return Step(after, lambda saved: (accepted_event(saved, now),))
        case Refused(reason=reason):
            return _failed(state, attempt, reason, now)
        case Postponed(reason=reason, after=asked, may_have_arrived=may_have_arrived):
            if may_have_arrived and state.medium not in TAKES_OUR_ID:
                return _uncertain(state, attempt, now)
            wait = pause(attempt, asked)
            if wait is None:
                return _failed(state, attempt, reason, now)
            if not _is_current(state, attempt):
                return Step(state)
            again = Task(at=now + wait, number=attempt)
            return Step(armed(changed(state.model_copy(update={"send": again}), delivery=Delivery.QUEUED)))
        case _:
            assert_never(outcome)


def reported(state: StoredMessage, status: Delivery, at: datetime, reason: str) -> Step:
    """A receipt of the network; forward only. The first good one is the acceptance, also after *uncertain*."""
    before = state.message.delivery
    if state.message.direction is not Direction.OUTBOUND or not moves(before, status):
        return Step(state)
    if status is Delivery.FAILED:
        after = changed(_done(state), delivery=status, failure=reason or "The network reported a failure.")
        return Step(after, lambda saved: (_failed_event(saved, at),))
    after = changed(_done(state), delivery=status, failure=None)
    return Step(after) if before in TAKEN else Step(after, lambda saved: (accepted_event(saved, at),))


def again(state: StoredMessage, now: datetime) -> Step:
    """A person asks for another try of what failed or is uncertain: T9 again."""
    if state.message.direction is not Direction.OUTBOUND:
        raise Conflict("Only messages to the contact are sent.")
    if state.message.delivery not in (Delivery.FAILED, Delivery.UNCERTAIN):
        raise Conflict("Only a message that failed or is uncertain can be tried again.")
    if state.message.masked_at is not None:
        raise Conflict("The message is masked: there is nothing left to send.")
    fresh = changed(state.model_copy(update={"send": Task(at=now + PICK_UP)}), delivery=Delivery.QUEUED, failure=None)
    return Step(armed(fresh), lambda saved: (queued_event(saved),))


def _done(state: StoredMessage) -> StoredMessage:
    return armed(state.model_copy(update={"send": None}))


def _is_current(state: StoredMessage, attempt: int) -> bool:
    return state.send is not None and state.send.number == attempt and state.message.delivery in UNDER_WAY


def _failed(state: StoredMessage, attempt: int, reason: str, now: datetime) -> Step:
    if not _is_current(state, attempt):
        return Step(state)
    after = changed(_done(state), delivery=Delivery.FAILED, failure=reason)
    return Step(after, lambda saved: (_failed_event(saved, now),))


def _failed_event(state: StoredMessage, at: datetime) -> MessageFailed:
    return MessageFailed(
        conversation=state.message.conversation,
        message_id=state.id,
        at=at,
        automatic=state.message.automatic,
        queued=queued_event(state),
        reason=state.message.failure or "",
    )


def _uncertain(state: StoredMessage, attempt: int, now: datetime) -> Step:
    if not _is_current(state, attempt):
        return Step(state)
    after = changed(_done(state), delivery=Delivery.UNCERTAIN, failure="It may have been sent; no answer came.")
    return Step(after, lambda saved: (_uncertain_event(saved, now),))


def _uncertain_event(state: StoredMessage, at: datetime) -> MessageUncertain:
    return MessageUncertain(
        conversation=state.message.conversation,
        message_id=state.id,
        at=at,
        automatic=state.message.automatic,
        queued=queued_event(state),
    )
