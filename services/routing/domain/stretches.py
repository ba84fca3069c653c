"""Stretches in ``new`` that are learnt of late: a message or failure that came earlier than what is known. Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.decision import Change
from services.routing.domain.spans import clipped, united
from shared.contracts.words import Status


def was_new(change: Change, end: datetime | None) -> None:
    """It was in ``new`` from this cause's time until ``end``, or (None) until it is known to have been, or is, again.

    Only within what is new or pending of this episode: triage and virtual agents are left alone.
    """
    conversation = change.conversation
    stretches = conversation.ledger.new_spans
    if not stretches or any(span.start <= change.at and span.end is None for span in stretches):
        return
    if end is None:
        following = [span.start for span in stretches if span.start > change.at]
        end = None if change.workflow.on_reply == "answered" else min(following, default=None)
        if end is None and conversation.status is not Status.NEW:
            return
    learnt = [
        piece
        for span in conversation.episode_spans
        for piece in clipped([span], max(change.at, span.start), end)
        if piece.end is None or piece.start < piece.end
    ]
    fresh = united(stretches, learnt)
    if fresh == stretches:
        return
    change.note(new_spans=fresh)
    if conversation.status is Status.NEW:
        change.set(status_since=fresh[-1].start, waiting_since=fresh[-1].start)
