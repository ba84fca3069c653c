"""An agent goes away: what he owns in ``new`` is given back and offered again (T17). Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from services.routing.domain.decision import Change, Decision, holder, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.entering import own
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.words import OwnerKind, Status


class Leaving(StrEnum):
    """Why an agent loses his conversations."""

    SIGN_OUT = "sign_out"
    REDISTRIBUTE = "redistribute"
    DEACTIVATED = "deactivated"


def release(conversation: ConversationSnapshot, agent: str, why: Leaving, desk: Desk, now: datetime) -> Decision:
    """Clear the owner where the reason reaches this conversation; otherwise nothing changes.

    Signing out: ``new`` only, with ``unassign_on_sign_out`` (WF-16). Redistribution: ``new`` of a distribution that
    redistributes (RT-10). Deactivation: pending too.
    """
    if not _reaches(conversation, agent, why, desk):
        return unchanged(conversation)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    own(change, None, str(why))
    return change.decide()


def _reaches(conversation: ConversationSnapshot, agent: str, why: Leaving, desk: Desk) -> bool:
    if why is Leaving.DEACTIVATED:
        owner = conversation.owner
        owned = owner is not None and owner.kind is OwnerKind.AGENT and owner.id == agent
        return owned and conversation.status in (Status.NEW, Status.PENDING)
    if holder(conversation) != agent:
        return False
    if why is Leaving.SIGN_OUT:
        return desk.on(conversation.channel).unassign_on_sign_out
    distribution = desk.distributions.get(conversation.distribution or "")
    return distribution is not None and distribution.redistribute
