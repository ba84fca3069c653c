"""Automatic assignment: who could take a conversation, who gets it, in which order they wait (workflow.md). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.routing.domain.decision import Change, Decision, unchanged, waits
from services.routing.domain.desk import Desk
from services.routing.domain.entering import own
from services.routing.domain.skills import matching_agents
from services.routing.domain.turns import settle
from shared.contracts.acts import Owner
from shared.contracts.base import SYSTEM
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.settings import Distribution
from shared.contracts.words import Strategy

CAPACITY = 1
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent as assignment sees him: all he holds in ``new`` and has reserved, and when he was last given one."""

    held: int = 0
    last_assigned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates that came from one place. ``source`` names a team or distribution; empty: neither."""

    source: str
    strategy: Strategy
    capacity: int
    members: tuple[str, ...]


def candidates(conversation: ConversationSnapshot, desk: Desk) -> tuple[Group, ...]:
    """Who may be given it, before availability and capacity, in the order of the groups to try.

    The assigned team, else its distribution (outside its schedule it waits: nobody), else the teams it is routed to
    and single agents with a matching skill set, else everybody with the channel.
    """
    if conversation.channel in desk.manual_channels:
        return ()
    distribution = _distribution(conversation, desk)
    if distribution is not None and distribution.schedule in desk.closed_schedules:
        return ()
    return _groups(conversation, desk)


def capacity_of(agent: str, groups: Iterable[Group]) -> int:
    """One number caps a person: that of the first group in list order he is in; 0 is by hand only."""
    return next((group.capacity for group in groups if agent in group.members), 0)


def pick(
    conversation: ConversationSnapshot, desk: Desk, seats: Mapping[str, Seat], turns: Mapping[str, str]
) -> tuple[str, Group] | None:
    """The agent who gets it now, and the group that gave him. ``turns``: by source, the member it gave to last."""
    groups = candidates(conversation, desk)
    for group in groups:
        free = [agent for agent in group.members if _is_free(agent, conversation, groups, desk, seats)]
        if free:
            return _chosen(group, free, seats, turns.get(group.source)), group
    return None


def may_take(
    agent: str, conversation: ConversationSnapshot, desk: Desk, seats: Mapping[str, Seat], *, by_hand: bool = False
) -> bool:
    """Whether this agent could be given it now; ``by_hand`` (RT-16) leaves capacity and availability aside."""
    if by_hand:
        groups = _groups(conversation, desk)
        return desk.can_reply(agent, conversation.channel) and any(agent in group.members for group in groups)
    return _is_free(agent, conversation, candidates(conversation, desk), desk, seats)


def waiting_order(conversation: ConversationSnapshot) -> tuple[int, datetime, str]:
    """Sort key of what waits: score descending, then longest in ``new`` (RT-12)."""
    since = conversation.waiting_since or conversation.status_since
    return -conversation.priority.score, since, conversation.id


def first_for(
    agent: str,
    waiting: Iterable[ConversationSnapshot],
    desk: Desk,
    seats: Mapping[str, Seat],
    *,
    by_hand: bool = False,
) -> ConversationSnapshot | None:
    """The first waiting conversation among those he may take (RT-08)."""
    fitting = (one for one in waiting if waits(one) and may_take(agent, one, desk, seats, by_hand=by_hand))
    return min(fitting, key=waiting_order, default=None)


def assigned(
    conversation: ConversationSnapshot, agent: str, desk: Desk, now: datetime, until: datetime | None = None
) -> Decision:
    """The dispatcher takes it for an agent whose place is reserved; nothing changes if it waits no more.

    After ``until`` it is too late: the place may have been given to another conversation.
    """
    if until is not None and now > until:
        return unchanged(conversation)
    if not waits(conversation) or not desk.can_reply(agent, conversation.channel):
        return unchanged(conversation)
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    own(change, Owner(id=agent), "automatic")
    settle(change)
    return change.decide()


def _distribution(conversation: ConversationSnapshot, desk: Desk) -> Distribution | None:
    """The one that pushes it, unless a team is assigned or it was switched off."""
    found = desk.distributions.get(conversation.distribution or "")
    return found if conversation.team is None and found is not None and found.enabled else None


def _groups(conversation: ConversationSnapshot, desk: Desk) -> tuple[Group, ...]:
    if conversation.team is not None:
        return tuple(_of_teams([conversation.team], desk))
    distribution = _distribution(conversation, desk)
    if distribution is not None:
        name = conversation.distribution or ""
        return (Group(name, distribution.strategy, distribution.capacity, distribution.members),)
    agents = matching_agents(conversation, desk)
    if conversation.teams or agents:
        single = (Group("", Strategy.LEAST_LOADED, CAPACITY, agents),) if agents else ()
        return (*_of_teams(conversation.teams, desk), *single)
    return (Group("", Strategy.LEAST_LOADED, CAPACITY, tuple(sorted(desk.users))),)


def _of_teams(names: Iterable[str], desk: Desk) -> list[Group]:
    return [
        Group(name, team.strategy, team.capacity, tuple(member.user for member in team.members))
        for name in names
        if (team := desk.teams.get(name)) is not None and team.auto_assign
    ]


def _is_free(
    agent: str, conversation: ConversationSnapshot, groups: Iterable[Group], desk: Desk, seats: Mapping[str, Seat]
) -> bool:
    return (
        desk.is_available(agent)
        and seats.get(agent, Seat()).held < capacity_of(agent, groups)
        and desk.can_reply(agent, conversation.channel)
    )


def _chosen(group: Group, free: list[str], seats: Mapping[str, Seat], last: str | None) -> str:
    match group.strategy:
        case Strategy.ROUND_ROBIN:
            start = group.members.index(last) + 1 if last in group.members else 0
            in_turn = group.members[start:] + group.members[:start]
            return next(agent for agent in in_turn if agent in free)
        case Strategy.LEAST_LOADED:
            return min(free, key=lambda agent: _load(seats.get(agent, Seat()), agent))


def _load(seat: Seat, agent: str) -> tuple[int, datetime, str]:
    return seat.held, seat.last_assigned_at or NEVER, agent
