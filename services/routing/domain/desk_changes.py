"""What a change of settings means for a conversation (RT-03, WF-22, CH-10). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.attributes import change_topics
from services.routing.domain.decision import Change, Decision
from services.routing.domain.desk import Desk
from services.routing.domain.skills import matching_teams
from shared.contracts.base import SYSTEM, Actor
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import Routed, ThreadBlocked


def rerouted(conversation: ConversationSnapshot, desk: Desk, now: datetime) -> Decision:
    """The teams anew. The score stays: editing the priority lists rescores nothing at once (RT-13)."""
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    teams = matching_teams(conversation, desk)
    if teams != conversation.teams:
        change.set(teams=teams)
        change.say(Routed, teams=teams, distribution=conversation.distribution, score=conversation.priority.score)
    return change.decide()


def without_topic(conversation: ConversationSnapshot, topic: str, desk: Desk, now: datetime) -> Decision:
    """A deleted topic leaves every conversation; what was counted with it stays (WF-22)."""
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    change_topics(change, (), (topic,))
    return change.decide()


def thread_blocked(
    conversation: ConversationSnapshot, by: Actor, at: datetime, desk: Desk, now: datetime, *, lifted: bool
) -> Decision:
    """Somebody blocked its post's further replies, or lets them in again: a line in the trail (PR-01)."""
    change = Change(conversation, conversation, desk=desk, at=at, now=now, by=by)
    change.say(ThreadBlocked, lifted=lifted)
    return change.decide()
