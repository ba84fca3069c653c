"""Time passes: what is due is done, as of the instant it was due (T2 by time-out, T12, T14, T15). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.overtaking import fire
from services.routing.domain.timers import next_timer
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import ConversationSnapshot


def wake(conversation: ConversationSnapshot, desk: Desk, now: datetime) -> Decision:
    """Do everything that is due. Before ``wake_at`` nothing changes; at or after it, ``wake_at`` always moves.

    It re-decides from the conversation, so a late or repeated wake is harmless.
    """
    if conversation.wake_at is None or now < conversation.wake_at:
        return unchanged(conversation)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    while (found := next_timer(change.conversation)) is not None and found[0] <= now:
        fire(change)
    change.set(changed_at=now)
    return change.decide()
