"""Conversations and episodes beginning (T0, T1). Pure."""

from __future__ import annotations

from services.routing.domain.decision import Change
from services.routing.domain.entering import cancel_boomerang, own
from shared.contracts.conversations import ConversationSnapshot, LongestReply
from shared.contracts.facts import EpisodeOpened
from shared.contracts.messages import ContactSnapshot, MessageQueued, MessageReceived
from shared.contracts.words import OwnerKind, Status


def nothing_yet(event: MessageReceived | MessageQueued) -> ConversationSnapshot:
    """What stands before a conversation's first episode: nothing to do, and no substatus."""
    at = event.message.received_at
    contact = event.contact
    return ConversationSnapshot(
        id=event.thread.conversation,
        thread=event.thread,
        medium=event.medium,
        kind=event.message.kind,
        contact=contact.id if contact else "",
        subject=event.message.subject,
        status=Status.RESOLVED,
        episode_opened_at=at,
        status_since=at,
        created_at=at,
        changed_at=at,
    )


def open_episode(change: Change, message: str, *, muted: bool = False, proactive: bool = False) -> None:
    """Episode +1: what belongs to a handling begins anew; durations are copied from the settings in force."""
    cancel_boomerang(change)
    before = change.conversation
    at = max(change.at, before.ledger.closed_at or change.at)
    change.set(
        episode=before.episode + 1,
        episode_opened_at=at,
        muted=muted,
        touched=False,
        turns=tuple(turn for turn in before.turns if turn.ended_at is None and turn.merged_into is None),
        episode_spans=(),
        longest_reply=LongestReply(),
        closed_by=None,
        resolve_reason=None,
        notice=None,
        distribution=None,
        distribution_chosen=False,
        previous_owner=None,
        priority=before.priority.model_copy(update={"score": 0, "boost": 0, "matches": ()}),
        timers=change.workflow.timers,
    )
    change.note(new_spans=(), overtaken=None)
    change.say(EpisodeOpened, message=message, muted=muted, proactive=proactive)


def owner_of_new_episode(change: Change) -> None:
    """T1: nobody; with ``owner_on_resolve=keep`` the same, if active, with access and available."""
    owner = change.conversation.owner
    kept = (
        owner is not None
        and owner.kind is OwnerKind.AGENT
        and change.workflow.owner_on_resolve == "keep"
        and change.desk.can_reply(owner.id, change.conversation.channel)
        and change.desk.is_available(owner.id)
    )
    if not kept:
        own(change, None, "resolve")


def know_contact(change: Change, contact: ContactSnapshot | None) -> bool:
    """Take over the contact's name and groups unless a newer version is known; whether the groups changed."""
    conversation = change.conversation
    if contact is None or contact.version < conversation.ledger.contact_version:
        return False
    groups = tuple(sorted(contact.groups))
    change.set(contact=contact.id, contact_name=contact.name, groups=groups)
    change.note(contact_version=contact.version)
    return groups != conversation.groups
