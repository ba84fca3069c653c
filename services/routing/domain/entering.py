"""Moving between statuses: what every row does on entering ``new`` or ``resolved`` (workflow.md, Entering). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.decision import Change
from services.routing.domain.priority import scored
from services.routing.domain.skills import matching_distribution, matching_teams
from services.routing.domain.spans import closed, united
from services.routing.domain.turns import settle, waive_open
from shared.contracts.acts import Owner
from shared.contracts.base import Actor
from shared.contracts.conversations import Boomerang, ConversationSnapshot, Era
from shared.contracts.facts import BoomerangChanged, OwnerChanged, Resolved, Routed, Span, StatusChanged
from shared.contracts.words import ActorKind, ClosedBy, OwnerKind, Status, Substatus

ANSWERABLE = (Status.NEW, Status.PENDING)
KEPT_STRETCHES = 20


def move(
    change: Change,
    status: Status,
    substatus: Substatus | None,
    row: str,
    *,
    rule: str | None = None,
    bulk: bool = False,
    delivery: bool = False,
) -> None:
    """Set the status by a row of the table; stretches in ``new`` and of the episode open and close with it.

    An era begins with it, unless it is what a ``delivery`` did in the running one.
    """
    before = change.conversation
    if (before.status, before.substatus) == (status, substatus):
        return
    since, stretches, spans = _stretches(before, status, max(change.at, before.status_since))
    change.set(
        status=status,
        substatus=substatus,
        status_since=since,
        waiting_since=since if status is Status.NEW else None,
        status_number=before.status_number + 1,
        episode_spans=spans,
    )
    if before.status is Status.RESOLVED and status is not Status.RESOLVED:
        change.set(closed_by=None, resolve_reason=None)
    change.note(new_spans=stretches)
    if status is not before.status and not delivery:
        begin_era(change)
    first = before.status is Status.RESOLVED and before.substatus is None
    change.say(
        StatusChanged,
        row=row,
        before=None if first else before.status,
        before_substatus=before.substatus,
        after=status,
        after_substatus=substatus,
        rule=rule,
        bulk=bulk,
    )


def _stretches(
    before: ConversationSnapshot, status: Status, at: datetime
) -> tuple[datetime, tuple[Span, ...], tuple[Span, ...]]:
    """Since when the status is what it becomes ``at`` this instant, and the stretches in ``new`` and of the episode."""
    stretches, spans = before.ledger.new_spans, before.episode_spans
    if status is before.status:
        return before.status_since, stretches, spans
    since = at
    if before.status is Status.NEW:
        stretches = closed(stretches, at)
    if status is Status.NEW:
        stretches = united(stretches, [Span(start=at)])[-KEPT_STRETCHES:]
        since = stretches[-1].start
    if before.status in ANSWERABLE and status not in ANSWERABLE:
        spans = closed(spans, at)
    if status in ANSWERABLE and before.status not in ANSWERABLE:
        spans = united(spans, [Span(start=at)])
    return since, stretches, spans


def begin_era(change: Change) -> None:
    """From here on deliveries are weighed against what stands now; all that is known is in it."""
    conversation = change.conversation
    known = [instant for reply in conversation.ledger.replies for instant in reply.failed]
    known += [conversation.last_message_at or change.at]
    era = Era(
        at=max(change.at, *known),
        since=conversation.status_since,
        status=conversation.status,
        substatus=conversation.substatus,
        boomerang=conversation.boomerang,
    )
    change.note(era=era, overtaken=None)


def enter_new(change: Change, row: str, *, rule: str | None = None, delivery: bool = False) -> None:
    """Entering ``new``, by whatever row."""
    change.set(triage_message=None, triage_until=None)
    cancel_boomerang(change)
    owner = change.conversation.owner
    is_person = owner is not None and owner.kind is OwnerKind.AGENT
    if owner and is_person and change.workflow.unassign_on_sign_out and change.desk.is_offline(owner.id):
        own(change, None, "sign_out")
    if not change.conversation.distribution_chosen:
        chosen = matching_distribution(change.conversation, change.desk)
        change.set(distribution=chosen, distribution_chosen=True)
    owned = change.conversation.owner is not None and change.workflow.on_assign == "open"
    substatus = Substatus.OPEN if owned else Substatus.UNTOUCHED
    move(change, Status.NEW, substatus, row, rule=rule, delivery=delivery)
    reroute(change)


def enter_resolved(
    change: Change,
    row: str,
    closed_by: ClosedBy,
    *,
    reason: str | None = None,
    ignored: bool = False,
    boomerang: Boomerang | None = None,
    rule: str | None = None,
) -> None:
    """Entering ``resolved``, by whatever row; requirements were checked before."""
    change.set(triage_message=None, triage_until=None)
    cancel_boomerang(change)
    before = change.conversation
    bulk = closed_by is ClosedBy.BULK
    move(change, Status.RESOLVED, Substatus.IGNORED if ignored else Substatus.CLOSED, row, rule=rule, bulk=bulk)
    change.set(closed_by=closed_by, resolve_reason=reason, notice=None)
    change.note(closed_at=change.conversation.status_since)
    settle(change)
    waive_open(change)
    say_resolved(change, before.owner)
    if change.workflow.owner_on_resolve == "clear" or _is_virtual(before.owner):
        own(change, None, "resolve")
    change.set(previous_owner=None)
    if boomerang is not None:
        set_boomerang(change, boomerang)


def say_resolved(change: Change, owner: Owner | None) -> None:
    """The episode's end with all that surveys and reports need (RP-06)."""
    conversation, desk = change.conversation, change.desk
    reason = desk.reasons.get(conversation.resolve_reason or "")
    change.say(
        Resolved,
        closed_by=conversation.closed_by,
        reason=conversation.resolve_reason,
        reason_is_solution=reason is not None and reason.solution_provided,
        reasons_apply=desk.reasons_apply(conversation.channel, conversation.visibility),
        visibility=conversation.visibility,
        channel=conversation.channel,
        contact=conversation.contact,
        owner=owner,
        team=conversation.team,
        topics=conversation.topics,
        language=conversation.language,
        longest_reply_human=conversation.longest_reply.human,
        longest_reply_virtual=conversation.longest_reply.virtual,
        resolver=_resolver(conversation.closed_by),
        episode_spans=conversation.episode_spans,
        opened_at=conversation.episode_opened_at,
    )


def own(change: Change, owner: Owner | None, how: str) -> None:
    """Give the conversation to somebody, or to nobody; ``open`` and ``untouched`` follow (T8, T17)."""
    before = change.conversation
    if before.owner == owner:
        return
    change.set(owner=owner, status_number=before.status_number + 1)
    known = before.ledger.owner_since
    change.note(owner_since=max(change.at, known) if known else change.at, owner_how=how)
    change.say(OwnerChanged, before=before.owner, after=owner, how=how)
    if before.status is not Status.NEW:
        return
    if owner is None:
        move(change, Status.NEW, Substatus.UNTOUCHED, "T17")
    elif change.workflow.on_assign == "open":
        move(change, Status.NEW, Substatus.OPEN, "T8")


def reroute(change: Change) -> None:
    """Teams and score anew (RT-03, RT-13); said when they changed."""
    before = change.conversation
    teams, priority = matching_teams(before, change.desk), scored(before, change.desk)
    change.set(teams=teams, priority=priority)
    first = change.before is None or change.before.distribution != before.distribution
    if teams != before.teams or priority != before.priority or (first and before.distribution):
        change.say(Routed, teams=teams, distribution=before.distribution, score=priority.score)


def cancel_boomerang(change: Change) -> None:
    """Take back a boomerang that has not fired."""
    boomerang = change.conversation.boomerang
    if boomerang is not None:
        change.set(boomerang=None)
        change.say(BoomerangChanged, what="cancelled", due=boomerang.at, note=boomerang.note)


def set_boomerang(change: Change, boomerang: Boomerang) -> None:
    """Set a boomerang, in the place of any other."""
    current = change.conversation.boomerang
    if current is not None and (current.at, current.note) == (boomerang.at, boomerang.note):
        return
    change.set(boomerang=boomerang)
    begin_era(change)
    change.say(BoomerangChanged, what="set", due=boomerang.at, note=boomerang.note)


def closer(by: Actor, bulk: bool) -> ClosedBy:
    """Who an act of resolving counts for."""
    match by.kind:
        case ActorKind.RULE:
            return ClosedBy.AUTOMATION
        case ActorKind.VIRTUAL_AGENT:
            return ClosedBy.VIRTUAL_AGENT
        case _:
            return ClosedBy.BULK if bulk else ClosedBy.AGENT


def _resolver(closed_by: ClosedBy | None) -> OwnerKind | None:
    if closed_by is ClosedBy.AGENT:
        return OwnerKind.AGENT
    return OwnerKind.VIRTUAL_AGENT if closed_by is ClosedBy.VIRTUAL_AGENT else None


def _is_virtual(owner: Owner | None) -> bool:
    return owner is not None and owner.kind is OwnerKind.VIRTUAL_AGENT
