"""Who is who and who may what, from the settings objects in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.gateway.domain.access import Access, Membership, right_on
from shared.contracts.settings import Team, User, WorkflowSettings
from shared.contracts.words import Right, Role
from shared.resources import Book


class People:
    """The view of users and teams that sign-in, API and live push share."""

    def __init__(self, users: Book[User], teams: Book[Team], workflow: Book[WorkflowSettings]) -> None:
        self._users = users
        self._teams = teams
        self._workflow = workflow
        self._accesses: dict[str, Access] = {}
        self._by_email: Mapping[str, str] | None = None
        for book in (users, teams, workflow):
            book.on_change(self._forget)

    def _forget(self) -> None:
        self._accesses = {}
        self._by_email = None

    def user(self, id: str) -> User | None:
        """The user, active or not; None when there is none."""
        return self._users.get(id)

    def users(self) -> Mapping[str, User]:
        """Everybody by id."""
        return self._users.all()

    def name(self, id: str) -> str:
        """A user's name, empty when unknown."""
        user = self._users.get(id)
        return user.name if user is not None else ""

    def with_email(self, email: str) -> str | None:
        """The id of the user with this e-mail, whatever its case."""
        if self._by_email is None:
            self._by_email = {same_email(user.email): id for id, user in self._users.all().items()}
        return self._by_email.get(same_email(email))

    def access(self, id: str) -> Access:
        """What a user may; nothing for who does not exist."""
        if id not in self._accesses:
            self._accesses[id] = self._access(id)
        return self._accesses[id]

    def _access(self, id: str) -> Access:
        user = self._users.get(id)
        if user is None:
            return Access(id, active=False)
        memberships = [
            Membership(team_id, member.right, frozenset(team.channels), team.only_routed, team.see_unrouted)
            for team_id, team in sorted(self._teams.all().items())
            for member in team.members
            if member.user == id
        ]
        return Access(
            id,
            role=user.role,
            active=user.active,
            channels={given.channel: given.right for given in user.channels},
            memberships=tuple(memberships),
            viewer_can_triage=self._workflow.current().viewer_can_triage,
        )

    def assignable(self, channel: str | None = None) -> Sequence[str]:
        """Who may be given a conversation of this channel: active, activated, with reply right (WF-13)."""
        return [
            id
            for id, user in self._users.all().items()
            if user.active and user.activated and (channel is None or self._replies_on(id, channel))
        ]

    def _replies_on(self, id: str, channel: str) -> bool:
        return right_on(self.access(id), channel) in (Right.CONTRIBUTOR, Right.SUPERVISOR)

    def supervisors(self, channel: str) -> Sequence[str]:
        """Agents who supervise a channel (SL-12)."""
        return [
            id
            for id, user in self._users.all().items()
            if user.active and user.role is not Role.ADMIN and right_on(self.access(id), channel) is Right.SUPERVISOR
        ]

    def members(self, team: str) -> Sequence[str]:
        """The active people of a team; nobody for one that is gone."""
        found = self._teams.get(team)
        ids = () if found is None else [member.user for member in found.members]
        return [id for id in ids if (user := self._users.get(id)) is not None and user.active]

    def admins(self) -> Sequence[str]:
        """Active admins."""
        return [id for id, user in self._users.all().items() if user.active and user.role is Role.ADMIN]

    def has_admin(self) -> bool:
        """Whether anybody could change settings."""
        return bool(self.admins())


def same_email(email: str) -> str:
    """E-mails that differ in case only are one person's."""
    return email.strip().casefold()
