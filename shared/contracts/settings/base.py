"""What every settings object is made of (architecture, Resources).

A field's ``json_schema_extra`` tells forms what it is: ``resource`` names the kind of object an id refers to,
``secret`` marks what is encrypted at rest and write-only, ``unit`` is shown beside a number, ``multiline`` asks for
a larger box, ``words`` is a list of free words.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.base import Contract
from shared.contracts.words import Visibility

Name = Annotated[str, Field(min_length=1, max_length=255, title="Name")]

Place = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
"""Where something stands in a list."""

MOST_MINUTES = 3650 * 24 * 60
"""Ten years: durations beyond are mistakes, and soon beyond what a calendar holds."""

EmailAddress = Annotated[
    str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, json_schema_extra={"format": "email"})
]
"""Loose on purpose: an organisation's own domains may end in anything."""


def refers(resource: str) -> dict[str, Any]:
    """Schema note: this id (or these ids) name objects of ``resource``."""
    return {"resource": resource}


SECRET: dict[str, Any] = {"secret": True, "writeOnly": True}


class ResourceModel(Contract):
    """Base of every settings object. ``kind`` is its name in URLs, ``owner`` the service that keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    owner: ClassVar[str]
    singleton: ClassVar[bool] = False


class Scope(Contract):
    """Channels × visibilities where something applies; empty means all."""

    channels: tuple[str, ...] = Field(default=(), title="Channels (none: all)", json_schema_extra=refers("channels"))
    visibilities: tuple[Visibility, ...] = Field(default=(), title="Private, public (none: both)")

    def covers(self, channel: str, visibility: Visibility) -> bool:
        """Whether a conversation of this channel and visibility is inside."""
        return (not self.channels or channel in self.channels) and (
            not self.visibilities or visibility in self.visibilities
        )
