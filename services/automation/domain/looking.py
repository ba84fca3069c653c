"""What a rule looks at: a conversation with the message, the contact and the hours as of one moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.contracts.messages import AttributeValue
from shared.contracts.settings import RuleEvent
from shared.contracts.words import Visibility
from shared.schedule import Schedule, is_open


@dataclass(frozen=True)
class Seen:
    """The snapshot that rules are evaluated on; ``events`` is what it is to them.

    ``cause`` names what happened (the message, else the fact): with the rule it names the run. ``first``: the message
    is the first of its episode. ``schedule`` is the channel's (None: always open), ``previous_score`` the contact's
    last answer to a survey.
    """

    events: frozenset[RuleEvent]
    cause: str
    at: datetime
    channel: str
    visibility: Visibility
    medium: str = ""
    kind: str = ""
    status: str = ""
    substatus: str | None = None
    owner: str | None = None
    team: str | None = None
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    priority_score: int = 0
    episode: int = 1
    message: str | None = None
    text: str = ""
    subject: str = ""
    browser_language: str | None = None
    has_attachment: bool = False
    first: bool = False
    automatic_reply: bool = False
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    contact_labels: tuple[str, ...] = ()
    previous_score: int | None = None
    schedule: Schedule | None = None
    names: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    """By field, in which ways its value may be named: worked out once for all rules (``fields``)."""

    @cached_property
    def open_now(self) -> bool:
        """Within the business hours of the channel."""
        return is_open(self.schedule, self.at)

    @cached_property
    def clock(self) -> str:
        """The time of day as ``HH:MM`` where the channel's schedule is, else UTC."""
        local = self.at if self.schedule is None else self.at.astimezone(ZoneInfo(self.schedule.zone))
        return local.strftime("%H:%M")
