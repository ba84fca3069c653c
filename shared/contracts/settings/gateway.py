"""Settings objects of gateway: users, teams, away states."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.settings.base import EmailAddress, Name, Place, ResourceModel, refers
from shared.contracts.words import Availability, Right, Role, Strategy


class ChannelRight(Contract):
    """AG-02."""

    channel: str = Field(title="Channel", json_schema_extra=refers("channels"))
    right: Right = Field(default=Right.CONTRIBUTOR, title="Right")


class User(ResourceModel):
    """Somebody who signs in (AG-01 to AG-06). ``activated`` is set by the gateway when the password is first set."""

    kind: ClassVar[str] = "users"
    owner: ClassVar[str] = "gateway"

    name: Name
    email: EmailAddress = Field(title="E-mail")
    role: Role = Field(default=Role.AGENT, title="Role")
    active: bool = Field(default=True, title="Active")
    activated: bool = Field(default=False, title="Has signed in", json_schema_extra={"readOnly": True})
    channels: tuple[ChannelRight, ...] = Field(default=(), title="Channels")
    default_availability: Availability = Field(default=Availability.AVAILABLE, title="At sign-in")
    language: str = Field(default="en", title="Language of the page")
    short_code: str = Field(default="", max_length=8, title="Short code")


class Member(Contract):
    """A team member with the right he has on the team's channels."""

    user: str = Field(title="Agent", json_schema_extra=refers("users"))
    right: Right = Field(default=Right.CONTRIBUTOR, title="Right")


class Team(ResourceModel):
    """A group of agents (AG-09, RT-06)."""

    kind: ClassVar[str] = "teams"
    owner: ClassVar[str] = "gateway"

    name: Name
    description: str = Field(default="", max_length=1000, title="Description", json_schema_extra={"multiline": True})
    members: tuple[Member, ...] = Field(default=(), title="Members, in order")
    channels: tuple[str, ...] = Field(default=(), title="Channels (none: all)", json_schema_extra=refers("channels"))
    capacity: int = Field(default=1, ge=0, le=1000, title="Conversations a member may hold in New")
    strategy: Strategy = Field(default=Strategy.ROUND_ROBIN, title="Strategy")
    auto_assign: bool = Field(default=True, title="Assign automatically")
    only_routed: bool = Field(default=False, title="See only routed conversations")
    see_unrouted: bool = Field(default=False, title="See conversations without routing")
    position: Place = Field(default=0, title="Place in the list")


class AwayState(ResourceModel):
    """AG-07."""

    kind: ClassVar[str] = "away-states"
    owner: ClassVar[str] = "gateway"

    name: Annotated[str, Field(min_length=1, max_length=25, title="Name")]
    enabled: bool = Field(default=True, title="Enabled")


class SignInSettings(ResourceModel):
    """AG-11: how long a session that nobody uses stays open."""

    kind: ClassVar[str] = "sign-in"
    owner: ClassVar[str] = "gateway"
    singleton: ClassVar[bool] = True

    inactive_minutes: int = Field(
        default=12 * 60, ge=5, le=30 * 1440, title="Sign out after inactivity", json_schema_extra={"unit": "min"}
    )
