"""Conversations: the snapshot, what routing says and what it answers (workflow.md)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.acts import Owner, RuleRun
from shared.contracts.base import SYSTEM, Actor, Contract, Event, Instant
from shared.contracts.facts import (
    EpisodeOpened,
    Fact,
    MessageAdded,
    Resolved,
    Span,
    StatusChanged,
    SurveyAnswered,
    SurveyCommented,
    TurnEnded,
    TurnMerged,
    TurnWaived,
)
from shared.contracts.messages import ContactSnapshot, MessageSnapshot, ThreadKey
from shared.contracts.words import ClosedBy, Medium, MessageKind, Status, Substatus, Visibility


class Turn(Contract):
    """From the first customer message that no human has answered to the reply that answers it.

    ``spans`` are the stretches in ``new`` with the customer unanswered. ``answered_by`` are the replies sent to
    it that have not failed; it is *being answered* while any is there. ``ended_at`` is the first acceptance;
    ``waived`` says it ended without one, ``merged_into`` that an earlier turn took it in. ``message`` is its first
    customer message and ``started_at`` when we received that; ``number`` counts within ``episode``. ``revised`` is
    the conversation's version that last changed this turn: of two states of a turn the one revised later counts.
    """

    number: int
    episode: int = 0
    first: bool
    message: str = ""
    started_at: Instant
    spans: tuple[Span, ...] = ()
    answered_by: tuple[str, ...] = ()
    ended_at: Instant | None = None
    waived: bool = False
    merged_into: int | None = None
    revised: int = 0


class Boomerang(Contract):
    """WF-06. ``set_at`` is when it was set."""

    at: Instant
    note: str = ""
    by: Actor = SYSTEM
    set_at: Instant | None = None


class InboundRef(Contract):
    """One of the latest 100 inbound messages, in arrival order (``received_at``, then id): what ``seen`` refers to.

    ``survey``: it answered a survey (T18a). ``settled``: left behind by a resolve, so no open turn holds it.
    """

    id: str
    received_at: Instant
    episode: int = 0
    survey: bool = False
    settled: bool = False


class ReplyRef(Contract):
    """A human reply that still matters: what was heard of its sendings and failures, in any order.

    ``sent``, ``failed`` and (among those) ``uncertain`` are instants, ascending; a retry is another sending.
    ``seen`` is the last inbound message its author had on screen; None: all that had been received by then.
    """

    id: str
    episode: int
    by: Actor
    seen: str | None = None
    sent: tuple[Instant, ...]
    failed: tuple[Instant, ...] = ()
    uncertain: tuple[Instant, ...] = ()
    accepted_at: Instant | None = None


class Era(Contract):
    """Where the conversation stood when something other than a delivery last moved it.

    What deliveries known up to ``at`` did is in it; what later ones do is worked out from it, in the order of their
    own times.
    """

    at: Instant
    since: Instant
    status: Status
    substatus: Substatus | None
    boomerang: Boomerang | None = None


class Overtaken(Contract):
    """What stood before a timer moved the conversation at ``at``: put back if an earlier message is heard of later.

    ``row`` is what the timer did. It stands as soon as anything but a delivery moves the conversation on.
    """

    at: Instant
    row: str
    status: Status
    substatus: Substatus | None
    owner: Owner | None
    status_since: Instant
    waiting_since: Instant | None
    closed_by: ClosedBy | None
    resolve_reason: str | None
    boomerang: Boomerang | None
    turns: tuple[Turn, ...]
    settled: tuple[str, ...]
    episode_spans: tuple[Span, ...]
    new_spans: tuple[Span, ...]
    closed_at: Instant | None
    owner_since: Instant | None
    owner_how: str
    era: Era | None


class Ledger(Contract):
    """What routing needs so that deliveries end in the same state whatever their order; nobody else's business.

    ``new_spans``: the latest stretches in ``new`` of the episode. ``closed_at``: the last resolve. ``owner_since``
    and ``owner_how``: the last change of owner. ``language_at``: receipt of the message that set the language.
    """

    replies: tuple[ReplyRef, ...] = ()
    new_spans: tuple[Span, ...] = ()
    closed_at: Instant | None = None
    owner_since: Instant | None = None
    owner_how: str = ""
    language_at: Instant | None = None
    contact_version: int = 0
    era: Era | None = None
    overtaken: Overtaken | None = None


class SurveyOption(Contract):
    """One answer: the number typed, the label, an emoji."""

    id: str
    number: int
    labels: tuple[str, ...]
    emoji: str | None = None


class Invitation(Contract):
    """An open survey (csat.md, Answers)."""

    id: str
    episode: int
    options: tuple[SurveyOption, ...]
    expires_at: Instant
    typed_closed: bool = False
    answered_at: Instant | None = None
    option: str | None = None
    commented: bool = False


class Priority(Contract):
    """RT-12, RT-14: ``matches`` name the entries, ``boost`` is what rules added."""

    score: int = 0
    boost: int = 0
    matches: tuple[str, ...] = ()


class LongestReply(Contract):
    """In Unicode code points after trimming, of this episode."""

    human: int = 0
    virtual: int = 0


class Timers(Contract):
    """Durations in seconds in force when the episode began; None is off."""

    auto_resolve_new: float | None = 30 * 86400.0
    auto_resolve_pending: float | None = 30 * 86400.0
    auto_resolve_reason: str | None = None
    idle_close: float | None = None
    default_boomerang: float | None = None


class ConversationSnapshot(Contract):
    """The whole conversation as of ``version``; routing's aggregate and what everybody hears.

    ``triage_message`` is the message that opened triage; ``triage_until`` its time-out. ``touched`` says a human wrote
    in this episode (late answers of rules). ``notice``: ``reply_failed`` or ``reply_uncertain`` (T9c).
    ``waiting_since`` is since when it has been in ``new``.
    ``distribution_chosen`` says the episode's distribution was decided (once an episode, workflow.md).
    ``spans_revised`` is the version that last changed ``episode_spans``, or whether the episode is resolved.
    ``tags`` is the union that ingest said last, as of ``tags_number``; an older union changes nothing.
    ``earlier_invitations`` are those of former episodes that buttons and the hosted page may still answer.
    """

    id: str
    version: int = 0
    thread: ThreadKey
    medium: Medium
    kind: MessageKind
    contact: str
    contact_name: str = ""
    subject: str | None = None
    status: Status = Status.TRIAGE
    substatus: Substatus | None = None
    owner: Owner | None = None
    previous_owner: Owner | None = None
    team: str | None = None
    teams: tuple[str, ...] = ()
    distribution: str | None = None
    distribution_chosen: bool = False
    episode: int = 0
    episode_opened_at: Instant
    muted: bool = False
    touched: bool = False
    turns: tuple[Turn, ...] = ()
    episode_spans: tuple[Span, ...] = ()
    spans_revised: int = 0
    status_number: int = 0
    status_since: Instant
    waiting_since: Instant | None = None
    inbound: tuple[InboundRef, ...] = ()
    last_message_at: Instant | None = None
    last_inbound_at: Instant | None = None
    longest_reply: LongestReply = LongestReply()
    closed_by: ClosedBy | None = None
    resolve_reason: str | None = None
    boomerang: Boomerang | None = None
    invitation: Invitation | None = None
    earlier_invitations: tuple[Invitation, ...] = ()
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tags_number: int = 0
    groups: tuple[str, ...] = ()
    language: str | None = None
    language_manual: bool = False
    priority: Priority = Priority()
    timers: Timers = Timers()
    triage_message: str | None = None
    triage_until: Instant | None = None
    inactive_since: Instant | None = None
    notice: str | None = None
    created_at: Instant
    changed_at: Instant
    wake_at: Instant | None = None
    ledger: Ledger = Ledger()

    @property
    def visibility(self) -> Visibility:
        """Exactly one a conversation (CH-03)."""
        return self.thread.visibility

    @property
    def channel(self) -> str:
        """The channel of its thread key."""
        return self.thread.channel


class ConversationChanged(Event):
    """A conversation changed: its snapshot, the facts, and the message and contact that did it, if any."""

    type: ClassVar[str] = "conversation.changed.v1"

    conversation: ConversationSnapshot
    changes: tuple[Fact, ...]
    message: MessageSnapshot | None = None
    contact: ContactSnapshot | None = None

    def about(self) -> tuple[str, ...]:
        """``turns``: a span or a turn began, changed or ended. ``surveys``: one may be due, cancelled or answered."""
        return (("turns",) if self._is_about_turns() else ()) + (("surveys",) if self._is_about_surveys() else ())

    def _is_about_turns(self) -> bool:
        now = self.conversation
        if now.version == now.spans_revised or any(turn.revised == now.version for turn in now.turns):
            return True
        return any(isinstance(fact, TurnEnded | TurnWaived | TurnMerged | Resolved) for fact in self.changes)

    def _is_about_surveys(self) -> bool:
        return any(
            isinstance(fact, Resolved | StatusChanged | SurveyAnswered | SurveyCommented)
            or (isinstance(fact, EpisodeOpened) and fact.episode > 1)
            or (isinstance(fact, MessageAdded) and fact.automatic)
            for fact in self.changes
        )


class ConversationTriaged(Event):
    """Automation's answer for the message that made T1 (or joined triage): the rules' runs, or a virtual agent."""

    type: ClassVar[str] = "conversation.triaged.v1"

    conversation: str
    message_id: str
    episode: int
    runs: tuple[RuleRun, ...] = ()
    virtual_agent: str | None = None


class RuleActed(Event):
    """What rules do outside triage: each owner applies its own acts, by cause. ``fact`` is what they reacted to.

    ``turn`` and ``pending_since`` are a time-based rule's: too late unless that turn is still open, or the
    conversation has been pending since then.
    """

    type: ClassVar[str] = "rule.acted.v1"

    conversation: str
    episode: int
    fact: str
    message_id: str | None = None
    contact: str | None = None
    first_message: bool = False
    turn: int | None = None
    pending_since: Instant | None = None
    run: RuleRun


class RuleDue(Event):
    """A time-based rule's time has come on a conversation whose conditions hold; automation's word to itself."""

    type: ClassVar[str] = "rule.due.v1"

    conversation: str
    episode: int
    rule: str
    turn: int | None = None
    pending_since: Instant | None = None


class AutomationHalted(Event):
    """AU-07: the budget of a conversation is spent; routing writes it into the trail."""

    type: ClassVar[str] = "automation.halted.v1"

    conversation: str
    at: Instant
    until: Instant
    limit: int
