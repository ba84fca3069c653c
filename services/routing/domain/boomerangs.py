"""Boomerangs set by hand: when they come back, and where they may be set (WF-05, WF-06). Pure."""

from __future__ import annotations

from datetime import timedelta

from services.routing.domain.decision import Change
from services.routing.domain.entering import set_boomerang
from shared.contracts.acts import BoomerangTime
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import Boomerang
from shared.contracts.words import Status
from shared.errors import Unprocessable


def boomerang_at(change: Change, wanted: BoomerangTime | None, *, default: float | None = None) -> Boomerang | None:
    """The boomerang that was asked for; else the one after ``default`` seconds; else None.

    Raises Unprocessable (422) for a time in the past, or none at all.
    """
    if wanted is None:
        if default is None:
            return None
        return Boomerang(at=change.at + timedelta(seconds=default), by=SYSTEM, set_at=change.at)
    if wanted.at is not None:
        at = wanted.at
    elif wanted.after_seconds is not None:
        at = change.at + timedelta(seconds=wanted.after_seconds)
    else:
        raise Unprocessable.field("boomerang", "Say when the conversation is to come back.")
    if at <= change.now:
        raise Unprocessable.field("boomerang", "That time is in the past. Choose a later one.")
    return Boomerang(at=at, note=wanted.note, by=change.by, set_at=change.at)


def set_by_hand(change: Change, wanted: BoomerangTime) -> None:
    """On pending or resolved only: in new there is nothing to come back from."""
    if change.conversation.status not in (Status.PENDING, Status.RESOLVED):
        raise Unprocessable("A boomerang can be set on pending and resolved conversations.")
    boomerang = boomerang_at(change, wanted)
    if boomerang is not None:
        set_boomerang(change, boomerang)
