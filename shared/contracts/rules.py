"""Rules seen from outside: runs, and what a rule would do (automation.md, Dry run)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from shared.contracts.acts import Owner
from shared.contracts.base import Command, Contract, Event, Instant
from shared.contracts.messages import KeptValue
from shared.contracts.settings.automation import Rule, RuleEvent
from shared.contracts.words import Medium, MessageKind, Status, Substatus, Visibility


class RunOutcome(StrEnum):
    """What became of a run. ``said`` until its owners have answered; ``stopped`` by the budget (AU-07)."""

    SAID = "said"
    APPLIED = "applied"
    FAILED = "failed"
    TOO_LATE = "too_late"
    STOPPED = "stopped"


class Run(Contract):
    """A rule that matched (AU-08): on what, which conditions held, what it was to do, what became of it.

    ``failed`` names the acts that were refused, with the reason; ``milliseconds`` is what the evaluation of all rules
    took.
    """

    id: str
    rule: str
    name: str
    event: RuleEvent = RuleEvent.MESSAGE_RECEIVED
    conversation: str
    message: str | None = None
    at: Instant
    milliseconds: float
    matched: tuple[str, ...] = ()
    actions: tuple[str, ...]
    outcome: RunOutcome = RunOutcome.SAID
    failed: tuple[str, ...] = ()


class RunPage(Contract):
    """A page of runs, newest first."""

    items: tuple[Run, ...]
    next: str | None = None


class ReadRuns(Command[RunPage]):
    """The runs of a rule, newest first; also of a rule that was deleted."""

    type: ClassVar[str] = "automation.read_runs"
    service: ClassVar[str] = "automation"

    rule: str
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ActRefused(Event):
    """An act of a rule that its owner refused; it goes into the run's record."""

    type: ClassVar[str] = "act.refused.v1"

    run: str
    act: str
    reason: str


class SampleMessage(Contract):
    """A message as typed into the preview. ``automatic_reply``: a machine wrote it, as an absence notice."""

    text: str = Field(default="", max_length=100_000)
    subject: str | None = Field(default=None, max_length=1000)
    kind: MessageKind | None = None
    browser_language: str | None = None
    has_attachment: bool = False
    first: bool = True
    automatic_reply: bool = False


class SampleContact(Contract):
    """A contact as typed into the preview, or a stored one by ``id``. ``previous_score``: the last survey answer."""

    id: str | None = Field(default=None, max_length=64)
    attributes: dict[str, KeptValue] = Field(default_factory=dict)
    groups: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    language: str | None = None
    previous_score: int | None = Field(default=None, ge=-1000, le=1000)


def _near(at: datetime) -> datetime:
    """Schedules reach from 1970 to 2200."""
    if not 1980 <= at.year < 2180:
        raise ValueError("choose a year between 1980 and 2180")
    return at


class SampleConversation(Contract):
    """A conversation as typed into the preview. ``at`` is the instant it is about, else now."""

    channel: str = Field(default="", max_length=128)
    medium: Medium = Medium.WEBHOOK
    visibility: Visibility = Visibility.PRIVATE
    kind: MessageKind = MessageKind.DIRECT
    status: Status = Status.NEW
    substatus: Substatus | None = None
    owner: Owner | None = None
    team: str | None = None
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    subject: str | None = Field(default=None, max_length=1000)
    priority_score: int = Field(default=0, ge=-(2**53), le=2**53)
    episode: int = Field(default=1, ge=1, le=2**53)
    at: Annotated[Instant, AfterValidator(_near)] | None = None


class Sample(Contract):
    """What a rule is tried on; ``id`` names a stored conversation."""

    message: SampleMessage | None = SampleMessage()
    contact: SampleContact = SampleContact()
    conversation: SampleConversation = SampleConversation()
    id: str | None = None


class ConditionResult(Contract):
    """One condition or group, in words, and whether it held; ``of`` is what a group is made of."""

    condition: str
    held: bool
    of: tuple[ConditionResult, ...] = ()


class Tried(Contract):
    """What a rule makes of one sample.

    ``in_scope``: channel and visibility fit. ``on_event``: the sample could be the rule's event. ``would`` are the acts
    it would do, in order; ``would_not`` those it would leave out, with the reason.
    """

    id: str | None = None
    matches: bool
    in_scope: bool
    on_event: bool
    conditions: ConditionResult
    would: tuple[str, ...] = ()
    would_not: tuple[str, ...] = ()


class RulePreview(Contract):
    """One result for each sample."""

    results: tuple[Tried, ...]
    warnings: tuple[str, ...] = ()


class PreviewRule(Command[RulePreview]):
    """Try a rule; nothing is stored or sent. 422 for a rule that could not be saved."""

    type: ClassVar[str] = "automation.preview_rule"
    service: ClassVar[str] = "automation"

    rule: Rule
    samples: tuple[Sample, ...] = Field(min_length=1, max_length=200)
