"""Who may do what: the one decision that API, live push and read models share (AG-01 to AG-03, WF-02). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from shared.contracts.words import Right, Role


class Action(StrEnum):
    """What somebody wants to do. The first block is about a conversation, the second about a channel.

    ``TRIAGE`` is status, tags and topics, which viewers may be allowed; ``ARRANGE`` is labels, language, priority
    and boomerangs.
    """

    VIEW = "view"
    NOTE = "note"
    TRIAGE = "triage"
    ARRANGE = "arrange"
    ASSIGN = "assign"
    REPLY = "reply"
    EDIT_CONTACT = "edit_contact"
    MASK = "mask"

    START = "start"
    READ_FIGURES = "read_figures"

    SIGN_IN = "sign_in"
    MANAGE_SETTINGS = "manage_settings"
    READ_ADMIN_LOG = "read_admin_log"


class Scope(StrEnum):
    """What an API key may be used for; people have all of them."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Membership:
    """A place in a team. ``channels``: where its right holds; empty is everywhere."""

    team: str
    right: Right
    channels: frozenset[str] = frozenset()
    only_routed: bool = False
    see_unrouted: bool = False

    def covers(self, channel: str) -> bool:
        """Whether the team works on this channel."""
        return not self.channels or channel in self.channels


@dataclass(frozen=True, slots=True)
class Access:
    """All that decides what a person, or an API key, may do."""

    id: str
    role: Role = Role.AGENT
    active: bool = True
    channels: Mapping[str, Right] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    viewer_can_triage: bool = False
    scopes: frozenset[Scope] = frozenset(Scope)

    @property
    def anything(self) -> bool:
        """Whether there is any channel or team at all (AG-05)."""
        return self.role is Role.ADMIN or bool(self.channels) or bool(self.memberships)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a conversation stands: what sight depends on."""

    channel: str
    owner: str | None = None
    team: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def routes(self) -> frozenset[str]:
        """The teams it was routed or assigned to."""
        return frozenset(self.teams) | ({self.team} if self.team else frozenset())


@dataclass(frozen=True, slots=True)
class OnChannel:
    """A channel as the object of an action."""

    channel: str


Object: TypeAlias = Placed | OnChannel | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to see conversations; those that fit any of an access's clauses are visible.

    Channels: ``within`` (None: every channel) minus ``without``. Routes: ``routed_to`` (None: whatever), or
    ``unrouted``. ``owner``: his own. ``right`` is what this way gives.
    """

    right: Right
    within: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    routed_to: str | None = None
    unrouted: bool = False
    owner: str | None = None

    def fits(self, place: Placed) -> bool:
        """Whether a conversation placed like this is seen this way."""
        if self.owner is not None and place.owner != self.owner:
            return False
        if self.within is not None and place.channel not in self.within:
            return False
        if place.channel in self.without:
            return False
        if self.unrouted:
            return not place.routes
        return self.routed_to is None or self.routed_to in place.routes


_RANK = {Right.VIEWER: 1, Right.CONTRIBUTOR: 2, Right.SUPERVISOR: 3}
_NEEDS = {
    Action.VIEW: Right.VIEWER,
    Action.NOTE: Right.VIEWER,
    Action.TRIAGE: Right.CONTRIBUTOR,
    Action.ARRANGE: Right.CONTRIBUTOR,
    Action.ASSIGN: Right.CONTRIBUTOR,
    Action.REPLY: Right.CONTRIBUTOR,
    Action.EDIT_CONTACT: Right.CONTRIBUTOR,
    Action.MASK: Right.SUPERVISOR,
    Action.START: Right.CONTRIBUTOR,
    Action.READ_FIGURES: Right.SUPERVISOR,
}
_READS = frozenset({Action.VIEW, Action.SIGN_IN, Action.READ_FIGURES})
_ADMIN_ONLY = frozenset({Action.MANAGE_SETTINGS, Action.READ_ADMIN_LOG})


def sight(access: Access) -> tuple[Clause, ...]:
    """Every way in which this access sees conversations.

    Channel rights show a channel's conversations, teams those routed to them and, where the team says so, those
    routed nowhere; sight is their union, unless a team says "only routed": then its channels are seen through
    teams alone (decisions.md). The owner always sees his own, with whatever right he has on the channel.
    """
    if not access.active or Scope.READ not in access.scopes:
        return ()
    if access.role is Role.ADMIN:
        return (Clause(Right.SUPERVISOR),)
    return (*_by_channel(access), *_by_team(access), *_own(access))


def _by_channel(access: Access) -> Sequence[Clause]:
    narrow = [membership for membership in access.memberships if membership.only_routed]
    return [
        Clause(right, within=frozenset({channel}))
        for channel, right in sorted(access.channels.items())
        if not any(membership.covers(channel) for membership in narrow)
    ]


def _by_team(access: Access) -> Sequence[Clause]:
    found = []
    for membership in access.memberships:
        within = membership.channels or None
        found.append(Clause(membership.right, within=within, routed_to=membership.team))
        if membership.see_unrouted:
            found.append(Clause(membership.right, within=within, unrouted=True))
    return found


def _own(access: Access) -> Sequence[Clause]:
    everywhere = [m.right for m in access.memberships if not m.channels]
    named = frozenset(access.channels) | frozenset[str]().union(*(m.channels for m in access.memberships))
    by_channel = [
        Clause(right, within=frozenset({channel}), owner=access.id)
        for channel in sorted(named)
        if (right := right_on(access, channel)) is not None
    ]
    elsewhere = Clause(_highest(everywhere) or Right.VIEWER, without=named, owner=access.id)
    return [*by_channel, elsewhere]


def _highest(rights: Sequence[Right]) -> Right | None:
    return max(rights, key=_RANK.__getitem__, default=None)


def right_on(access: Access, channel: str) -> Right | None:
    """The highest right on a channel, given directly or through a team; None when there is none (AG-02)."""
    if not access.active:
        return None
    if access.role is Role.ADMIN:
        return Right.SUPERVISOR
    direct = [access.channels[channel]] if channel in access.channels else []
    return _highest([*direct, *(m.right for m in access.memberships if m.covers(channel))])


def right_in(access: Access, place: Placed) -> Right | None:
    """The right on one conversation; None when it is not even visible."""
    seen_by = [clause.right for clause in sight(access) if clause.fits(place)]
    if not seen_by:
        return None
    direct = [access.channels[place.channel]] if place.channel in access.channels else []
    return _highest([*seen_by, *direct])


def may(access: Access, action: Action, object: Object = None) -> bool:
    """Whether this access allows ``action`` on ``object`` (None for what concerns no conversation or channel)."""
    if not access.active or _scope(action) not in access.scopes:
        return False
    if action in _ADMIN_ONLY:
        return access.role is Role.ADMIN
    match object:
        case Placed():
            right = right_in(access, object)
        case OnChannel():
            right = right_on(access, object.channel)
        case None:
            everywhere = access.role is Role.ADMIN
            return action is Action.SIGN_IN or (action is Action.READ_FIGURES and everywhere)
    if right is None or action not in _NEEDS:
        return False
    if action is Action.TRIAGE and right is Right.VIEWER:
        return access.viewer_can_triage
    return _RANK[right] >= _RANK[_NEEDS[action]]


def _scope(action: Action) -> Scope:
    if action in _ADMIN_ONLY:
        return Scope.ADMIN
    return Scope.READ if action in _READS else Scope.WRITE
