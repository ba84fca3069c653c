"""Which notifications a fact gives rise to (AG-10). Pure; ids derive from the fact, so a repeat adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from services.gateway.records import Notification, NotificationKind
from shared.contracts.acts import NotifyAct
from shared.contracts.base import Meta
from shared.contracts.clocks import BREACH_LEVEL, ClockSnapshot
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import BoomerangChanged, OwnerChanged, ReplyFailed, RuleApplied
from shared.contracts.messages import MessageSnapshot
from shared.contracts.notices import AdminNotice
from shared.contracts.words import OwnerKind
from shared.ids import derived, fact_id

Kind = NotificationKind


def of_facts(event: ConversationChanged, meta: Meta, members: Callable[[str], Iterable[str]]) -> Iterable[Notification]:
    """Assigned to you (by somebody else), your boomerang fired, a reply of yours failed, a rule tells you.

    ``members`` gives the people of a team.
    """
    conversation = event.conversation
    owner = _agent(conversation)
    for position, fact in enumerate(event.changes):
        id = fact_id(meta.event_id, position)
        match fact:
            case OwnerChanged(after=after) if after is not None and after.kind is OwnerKind.AGENT:
                if after.id != fact.by.id:
                    yield Notification(
                        id=id, user=after.id, kind=Kind.ASSIGNED, conversation=conversation.id, at=fact.at, by=fact.by
                    )
            case BoomerangChanged(what="fired") if owner is not None:
                yield Notification(
                    id=id,
                    user=owner,
                    kind=Kind.BOOMERANG_FIRED,
                    conversation=conversation.id,
                    at=fact.at,
                    text=fact.note,
                )
            case ReplyFailed() if owner is not None:
                yield Notification(
                    id=id,
                    user=owner,
                    kind=Kind.REPLY_FAILED,
                    conversation=conversation.id,
                    at=fact.at,
                    message=fact.message,
                    text=fact.reason,
                )
            case RuleApplied() if fact.left:
                yield from _told(fact, conversation, owner, members)
            case _:
                pass


def _told(
    fact: RuleApplied, conversation: ConversationSnapshot, owner: str | None, members: Callable[[str], Iterable[str]]
) -> Iterable[Notification]:
    """What a rule or a macro tells people; each once, however often he is named."""
    for place, action in enumerate(fact.left):
        if not isinstance(action, NotifyAct):
            continue
        named = [*action.agents, *(user for team in action.teams for user in members(team))]
        if action.owner and owner is not None:
            named.append(owner)
        for user in dict.fromkeys(named):
            yield Notification(
                id=derived("told", fact.run, place, user),
                user=user,
                kind=Kind.RULE,
                conversation=conversation.id,
                at=fact.at,
                by=fact.by,
                text=action.text or fact.name,
            )


def _agent(conversation: ConversationSnapshot) -> str | None:
    owner = conversation.owner
    return owner.id if owner is not None and owner.kind is OwnerKind.AGENT else None


def of_mentions(message: MessageSnapshot) -> Iterable[Notification]:
    """Mentioned in a note; whether somebody may see it is for the caller to decide (WF-19)."""
    if message.masked_at is not None or message.deleted:
        return
    for user in dict.fromkeys(message.mentions):
        if user != message.author.id:
            yield Notification(
                id=derived("mention", message.id, user),
                user=user,
                kind=Kind.MENTION,
                conversation=message.conversation,
                at=message.sent_at,
                by=message.author,
                message=message.id,
            )


def of_notice(event: AdminNotice, told: str, user: str) -> Notification:
    """Something that an admin set up has stopped; ``text`` is its name, ``told`` the event that said so."""
    return Notification(
        id=derived("notice", told, user),
        user=user,
        kind=Kind(event.notice.value),
        conversation=event.conversation or "",
        at=event.at,
        text=event.name,
        object_kind=event.kind,
        object=event.id,
    )


def of_alarm(clock: ClockSnapshot, level: int, at: datetime, user: str) -> Notification:
    """So much of a clock's target is used. One level of one clock has one id a person, so it can be withdrawn."""
    return Notification(
        id=derived("alarm", clock.id, level, user),
        user=user,
        kind=Kind.SLA_WARNED if level < BREACH_LEVEL else Kind.SLA_BREACHED,
        conversation=clock.conversation,
        at=at,
        text=clock.policy_name,
        clock=clock.id,
        percent=level,
    )
