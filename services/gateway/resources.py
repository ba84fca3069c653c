"""The settings objects that the gateway owns: users, teams, away states, sign-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.people import same_email
from shared.contracts.settings import AwayState, SignInSettings, Team, User
from shared.contracts.words import Role
from shared.resources import Declaration, Problem, unique_name

NO_ADMIN_LEFT = "Somebody must stay an active admin: make another one first."


def is_admin(user: User) -> bool:
    """Whether he can change settings."""
    return user.active and user.role is Role.ADMIN


def _check_user(_id: str, user: User, others: Mapping[str, User]) -> Sequence[Problem]:
    if not is_admin(user) and not any(is_admin(other) for other in others.values()):
        return [Problem("role", NO_ADMIN_LEFT)]
    return _twice("channels", [given.channel for given in user.channels])


def _keep_user(id: str, _user: User, everybody: Mapping[str, User]) -> str | None:
    if any(is_admin(other) for other_id, other in everybody.items() if other_id != id):
        return None
    return NO_ADMIN_LEFT


def _check_team(_id: str, team: Team, _others: Mapping[str, Team]) -> Sequence[Problem]:
    return _twice("members", [member.user for member in team.members])


def _twice(field: str, ids: Sequence[str]) -> Sequence[Problem]:
    return [Problem(field, "Each one may be listed once.")] if max(Counter(ids).values(), default=1) > 1 else []


DECLARATIONS: Sequence[Declaration[Any]] = (
    Declaration(User, check=_check_user, keep=_keep_user, claims=lambda user: (f"e-mail {same_email(user.email)}",)),
    Declaration(Team, check=_check_team, claims=unique_name),
    Declaration(AwayState, claims=unique_name),
    Declaration(SignInSettings),
)
