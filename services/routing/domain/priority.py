"""The priority score: one for every entry that matches, and what rules added (RT-11 to RT-14). Pure."""

from __future__ import annotations

from services.routing.domain.desk import Desk
from shared.contracts.conversations import ConversationSnapshot, Priority
from shared.contracts.settings import PriorityEntry


def scored(conversation: ConversationSnapshot, desk: Desk) -> Priority:
    """The score anew. ``matches`` name the entries as ``what:id``, so that the page can list them (RT-14)."""
    found = tuple(f"{entry.what}:{entry.id}" for entry in desk.priority.entries if _fits(entry, conversation))
    boost = conversation.priority.boost
    return Priority(score=len(found) + boost, boost=boost, matches=found)


def _fits(entry: PriorityEntry, conversation: ConversationSnapshot) -> bool:
    match entry.what:
        case "topic":
            return entry.id in conversation.topics
        case "contact_group":
            return entry.id in conversation.groups
        case "channel":
            return entry.id == conversation.channel and entry.visibility in (None, conversation.visibility)
