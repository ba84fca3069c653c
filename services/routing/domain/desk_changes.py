"""What a change of settings means for a conversation that is open now (RT-03, WF-22). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.attributes import change_topics
from services.routing.domain.decision import Change, Decision
from services.routing.domain.desk import Desk
from services.routing.domain.skills import matching_teams
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import Routed


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
