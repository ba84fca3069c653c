"""Base shapes of everything on the bus: contract, event, command, and the metadata around them."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from shared.contracts.words import ActorKind


def _to_utc_milliseconds(value: datetime) -> datetime:
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant is outside the calendar") from error
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc_milliseconds)]
"""An aware UTC instant in whole milliseconds (what the store keeps, so nothing changes by being stored)."""


class Contract(BaseModel):
    """A frozen value that crosses a process border. Fields are only ever added; unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="float")


class Actor(Contract):
    """Who did something: a person, a contact, a virtual agent, a rule, an API key, or the system itself."""

    kind: ActorKind
    id: str = ""
    name: str = ""


SYSTEM = Actor(kind=ActorKind.SYSTEM)


class Meta(Contract):
    """Travels beside every event and command, in the headers of the message.

    ``event_id`` names the message (for a command: the idempotency key); ``correlation_id`` is the first
    cause of the whole story, ``causation_id`` the direct cause. ``by_rule`` marks what a rule caused
    (AU-07: no rule answers an effect of a rule). ``redelivered`` is true when this delivery may be a repeat.
    """

    event_id: str
    type: str
    occurred_at: Instant
    correlation_id: str
    causation_id: str | None = None
    by_rule: str | None = None
    actor: Actor = SYSTEM
    redelivered: bool = False


class Event(Contract):
    """A past fact. Never renamed; a break is a v2 beside the old one."""

    type: ClassVar[str]

    def about(self) -> tuple[str, ...]:
        """What it is about besides its type, in words of ``topology.ONLY_ABOUT``; too many rather than too few."""
        return ()


ReplyT = TypeVar("ReplyT", bound=Contract)


class Command(Contract, Generic[ReplyT]):
    """An imperative that somebody waits for: ``class SendMessage(Command[Sent])``. ``service`` owns it."""

    type: ClassVar[str]
    service: ClassVar[str]

    @classmethod
    def reply_type(cls) -> builtins.type[ReplyT]:
        """The type of its answer, as written in the brackets."""
        for base in cls.__mro__:
            metadata = getattr(base, "__pydantic_generic_metadata__", None)
            if metadata and metadata["args"]:
                found: builtins.type[ReplyT] = metadata["args"][0]
                return found
        raise TypeError(f"{cls.__name__} names no reply type")


class Done(Contract):
    """The answer of a command that has nothing to say."""
