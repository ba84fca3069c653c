"""Facts: complete past statements about a conversation, each usable without any other event (architecture)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.acts import Owner, RuleAction
from shared.contracts.base import SYSTEM, Actor, Contract, Instant
from shared.contracts.words import (
    AnsweredBy,
    ClosedBy,
    Direction,
    Leaving,
    MessageKind,
    OwnerKind,
    Status,
    Substatus,
    Visibility,
)


class Span(Contract):
    """A stretch of time; ``end`` absent while it is open."""

    start: Instant
    end: Instant | None = None


class _Fact(Contract):
    """``at`` is when it happened, ``by`` who did it, ``episode`` the handling it belongs to."""

    at: Instant
    by: Actor = SYSTEM
    episode: int


class EpisodeOpened(_Fact):
    """T0, T1: a handling begins."""

    fact: Literal["episode_opened"] = "episode_opened"
    message: str | None = None
    muted: bool = False
    proactive: bool = False


class MessageAdded(_Fact):
    """An inbound message joined, or a reply or automatic message was sent. Never carries text."""

    fact: Literal["message_added"] = "message_added"
    message: str
    direction: Direction
    kind: MessageKind
    turn: int | None = None
    first: bool = False
    automatic: bool = False
    length: int = 0


class StatusChanged(_Fact):
    """``row`` is the transition of workflow.md that did it (for example "T11")."""

    fact: Literal["status_changed"] = "status_changed"
    row: str
    before: Status | None
    before_substatus: Substatus | None = None
    after: Status
    after_substatus: Substatus | None = None
    rule: str | None = None
    bulk: bool = False


class OwnerChanged(_Fact):
    """``how``: automatic, manual, reply, rule, delegation, hand_back, sign_out, resolve, deactivated, redistribute."""

    fact: Literal["owner_changed"] = "owner_changed"
    before: Owner | None
    after: Owner | None
    how: str


class TeamChanged(_Fact):
    """The assigned team (WF-17)."""

    fact: Literal["team_changed"] = "team_changed"
    before: str | None
    after: str | None


class Routed(_Fact):
    """The route and the score, when they changed."""

    fact: Literal["routed"] = "routed"
    teams: tuple[str, ...]
    distribution: str | None = None
    score: int


class TurnOpened(_Fact):
    """A customer message that no human has answered begins turn ``turn`` of the episode."""

    fact: Literal["turn_opened"] = "turn_opened"
    turn: int
    first: bool
    started_at: Instant


class TurnEnded(_Fact):
    """A human reply answered the turn and the network took it at ``at`` (T9b)."""

    fact: Literal["turn_ended"] = "turn_ended"
    turn: int
    first: bool
    started_at: Instant
    spans: tuple[Span, ...]
    reply: str


class TurnWaived(_Fact):
    """Resolved, or left behind, while unanswered."""

    fact: Literal["turn_waived"] = "turn_waived"
    turn: int
    first: bool
    started_at: Instant
    spans: tuple[Span, ...]


class TurnMerged(_Fact):
    """A failed reply's turn took in a later open turn; the later one's clock is void (T9c)."""

    fact: Literal["turn_merged"] = "turn_merged"
    turn: int
    into: int


class ReplyFailed(_Fact):
    """A reply failed or is uncertain: the notice an agent sees (T9c)."""

    fact: Literal["reply_failed"] = "reply_failed"
    message: str
    uncertain: bool
    reason: str = ""


class Resolved(_Fact):
    """An episode ended, with all that surveys and reports need (RP-06)."""

    fact: Literal["resolved"] = "resolved"
    closed_by: ClosedBy
    reason: str | None
    reason_is_solution: bool
    reasons_apply: bool
    visibility: Visibility
    channel: str
    contact: str
    owner: Owner | None
    team: str | None
    topics: tuple[str, ...]
    language: str | None
    longest_reply_human: int
    longest_reply_virtual: int
    resolver: OwnerKind | None
    episode_spans: tuple[Span, ...]
    opened_at: Instant


class TopicsChanged(_Fact):
    """WF-20."""

    fact: Literal["topics_changed"] = "topics_changed"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class LabelsChanged(_Fact):
    """WF-23."""

    fact: Literal["labels_changed"] = "labels_changed"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class BoostChanged(_Fact):
    """What people or rules add to the score until the episode ends (RT-14)."""

    fact: Literal["boost_changed"] = "boost_changed"
    before: int
    after: int


class LanguageChanged(_Fact):
    """Detected (AU-09), or set by hand."""

    fact: Literal["language_changed"] = "language_changed"
    before: str | None
    after: str | None
    detected: bool


class BoomerangChanged(_Fact):
    """``what``: set, cancelled, fired."""

    fact: Literal["boomerang_changed"] = "boomerang_changed"
    what: Literal["set", "cancelled", "fired"]
    due: Instant
    note: str = ""


class RuleApplied(_Fact):
    """The audit line of a run (AU-08); ``failed`` names the acts that were refused, with the reason.

    ``left`` are the acts that others own and that still apply: each owner does its own on hearing this, tags on
    ``message``. (Outside triage ingest hears ``rule.acted`` itself, and nothing of its own is left here.)
    ``macro``: a person ran it by hand (AU-22); ``rule`` is the macro's id, and what is left is done in his name.
    """

    fact: Literal["rule_applied"] = "rule_applied"
    run: str
    rule: str
    name: str
    failed: tuple[str, ...] = ()
    left: tuple[RuleAction, ...] = ()
    message: str | None = None
    macro: bool = False


class RuleTooLate(_Fact):
    """An act of a late answer that no longer applies."""

    fact: Literal["rule_too_late"] = "rule_too_late"
    run: str
    rule: str
    name: str
    acts: tuple[str, ...]


class AutomationStopped(_Fact):
    """AU-07: rules and virtual agents acted ``limit`` times within an hour and stop until it is over."""

    fact: Literal["automation_stopped"] = "automation_stopped"
    limit: int
    until: Instant


class InvitationOpened(_Fact):
    """csat.md: answers count from now on."""

    fact: Literal["invitation_opened"] = "invitation_opened"
    invitation: str
    expires_at: Instant


class SurveyAnswered(_Fact):
    """T18a: an answer, or the one that replaces it within 10 minutes; ``message`` is the one that was typed."""

    fact: Literal["survey_answered"] = "survey_answered"
    invitation: str
    option: str
    message: str | None = None
    how: AnsweredBy = AnsweredBy.TYPED


class SurveyCommented(_Fact):
    """T18a: the text after the rating. The text itself stays in the message; the hosted page's is kept as a note."""

    fact: Literal["survey_commented"] = "survey_commented"
    invitation: str
    message: str
    how: AnsweredBy = AnsweredBy.TYPED


class SurveyDecided(_Fact):
    """CS-13: sent, or skipped with the first failing test of the gate."""

    fact: Literal["survey_decided"] = "survey_decided"
    survey: str | None
    sent: bool
    reason: str | None = None


class VirtualAgentLeft(_Fact):
    """A virtual agent removed itself (T5, T6): ``by`` names it, ``why`` and ``detail`` say the rest (AU-17)."""

    fact: Literal["virtual_agent_left"] = "virtual_agent_left"
    why: Leaving
    detail: str = ""


class ThreadBlocked(_Fact):
    """CH-10: further replies to its post do not enter any more; ``lifted``: they do again."""

    fact: Literal["thread_blocked"] = "thread_blocked"
    lifted: bool = False


Fact = Annotated[
    EpisodeOpened
    | MessageAdded
    | StatusChanged
    | OwnerChanged
    | TeamChanged
    | Routed
    | TurnOpened
    | TurnEnded
    | TurnWaived
    | TurnMerged
    | ReplyFailed
    | Resolved
    | TopicsChanged
    | LabelsChanged
    | BoostChanged
    | LanguageChanged
    | BoomerangChanged
    | RuleApplied
    | RuleTooLate
    | AutomationStopped
    | InvitationOpened
    | SurveyAnswered
    | SurveyCommented
    | SurveyDecided
    | VirtualAgentLeft
    | ThreadBlocked,
    Field(discriminator="fact"),
]
