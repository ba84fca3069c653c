"""Virtual agents take a conversation (T4), are given one (T7), and let it go (T5, T6). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.entering import cancel_boomerang, enter_new, enter_resolved, move, own
from services.routing.domain.sendings import position
from services.routing.domain.turns import settle
from shared.contracts.acts import Owner
from shared.contracts.base import Actor
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import VirtualAgentLeft
from shared.contracts.virtual_agents import LeaveConversation
from shared.contracts.words import ActorKind, ClosedBy, OwnerKind, Status, Visibility
from shared.errors import NotFound, Unprocessable


def take(change: Change, virtual_agent: str) -> None:
    """T4: no span; its session starts from this change."""
    change.set(triage_message=None, triage_until=None, previous_owner=None)
    move(change, Status.BOT, None, "T4")
    own(change, Owner(kind=OwnerKind.VIRTUAL_AGENT, id=virtual_agent), "automatic")


def check_delegation(change: Change, owner: Owner) -> None:
    """Raises Unprocessable (422) unless it is an enabled delegation agent of this channel and the talk is private."""
    conversation = change.conversation
    if conversation.visibility is not Visibility.PRIVATE:
        raise Unprocessable.field("owner", "Virtual agents answer private conversations only.")
    agent = change.desk.virtual_agents.get(owner.id)
    if agent is None or not agent.enabled:
        raise Unprocessable.field("owner", "There is no such virtual agent, or it is switched off.")
    if agent.activation != "delegation":
        raise Unprocessable.field("owner", "This virtual agent takes only what starts on its channels.")
    if conversation.channel not in agent.channels:
        raise Unprocessable.field("owner", "This virtual agent does not answer on this channel.")


def delegate(change: Change, owner: Owner, *, rule: str | None = None) -> None:
    """T7, from new or pending: who had it, else who delegates it, may get it back (automation.md, case 4)."""
    previous = change.conversation.owner
    if previous is None and change.by.kind is ActorKind.AGENT:
        previous = Owner(id=change.by.id)
    cancel_boomerang(change)
    move(change, Status.BOT, None, "T7", rule=rule)
    own(change, owner, "delegation")
    change.set(previous_owner=previous)


def check_own(conversation: ConversationSnapshot, agent: str) -> None:
    """Raises NotFound (404) unless this virtual agent has the conversation now."""
    owner = conversation.owner
    holds = owner is not None and owner.kind is OwnerKind.VIRTUAL_AGENT and owner.id == agent
    if conversation.status is not Status.BOT or not holds:
        raise NotFound("This conversation is not, or no longer, this virtual agent's.")


def leave(conversation: ConversationSnapshot, command: LeaveConversation, desk: Desk, now: datetime) -> Decision:
    """The end of a session, with the line that says why. NotFound (404) once the conversation is not its own."""
    check_own(conversation, command.agent)
    if conversation.status_number != command.status_number:
        raise NotFound("This virtual agent has the conversation anew, since another change.")
    by = Actor(kind=ActorKind.VIRTUAL_AGENT, id=command.agent, name=command.name)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=by)
    change.say(VirtualAgentLeft, why=command.why, detail=command.detail)
    if command.to == "resolved" and not _is_news(conversation, command.seen):
        reason = command.reason if command.reason in desk.reasons else None
        enter_resolved(change, "T6", ClosedBy.VIRTUAL_AGENT, reason=reason)
    else:
        _hand_over(change, back=command.to == "previous_agent")
    return change.decide()


def hand_over(
    conversation: ConversationSnapshot, by: Actor, desk: Desk, now: datetime, *, back: bool = False
) -> Decision:
    """T5: the virtual agent ends to New; ``back``: to the previous agent, if he is still active and has access."""
    if conversation.status is not Status.BOT:
        return unchanged(conversation)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=by)
    _hand_over(change, back=back)
    return change.decide()


def _is_news(conversation: ConversationSnapshot, seen: str | None) -> bool:
    """Whether a customer message arrived after the last one that the virtual agent knows of."""
    places = {ref.id: position(ref) for ref in conversation.inbound if not ref.survey}
    return seen in places and places[seen] < max(places.values())


def _hand_over(change: Change, *, back: bool) -> None:
    previous = change.conversation.previous_owner
    access = previous is not None and change.desk.can_reply(previous.id, change.conversation.channel)
    own(change, previous if back and access else None, "hand_back")
    enter_new(change, "T5")
    change.set(previous_owner=None)
    settle(change)
