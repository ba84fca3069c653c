"""Each conversation computed again by the pure model from what was stored, step by step as its trail tells.

The trail names the cause of every change. A cause is a delivery that the recorder kept (a message, a sending, an
outcome, an answer of the rules, what csat decided), an act that the load asked for, the opening of a survey, an
automatic assignment, or time alone. The model is given that cause again; no state of the service is taken over. From
the service come: which cause came when (the trail), the clock reading of each decision, and who was chosen by an
automatic assignment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.csat.domain.invitations import Invitation
from services.routing import language
from services.routing.domain import (
    acts,
    arrival,
    assignment,
    automation,
    invitation,
    replies,
    triage,
    virtual_agents,
    waking,
)
from services.routing.domain.decision import Decision
from services.routing.domain.desk import Desk
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversation_commands import ActOnConversation, AnswerInvitation
from shared.contracts.conversations import (
    AutomationHalted,
    ConversationChanged,
    ConversationSnapshot,
    ConversationTriaged,
    RuleActed,
)
from shared.contracts.conversations import Invitation as Opened
from shared.contracts.facts import (
    Fact,
    InvitationOpened,
    OwnerChanged,
    StatusChanged,
    SurveyAnswered,
    SurveyCommented,
    VirtualAgentLeft,
)
from shared.contracts.messages import (
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    MessageTagged,
    MessageUncertain,
)
from shared.contracts.surveys import SurveyDecision
from shared.contracts.virtual_agents import LeaveConversation
from shared.contracts.words import AnsweredBy, Status
from shared.errors import SwitchboardError
from shared.ids import derived
from shared.store import TrailRecord
from tests.support.chaos.record import Heard, Record

Current = ConversationSnapshot | None
Step = Callable[[Current, datetime], Decision]
"""A decision at an instant on what is so far."""


@dataclass(frozen=True)
class Changed:
    """A conversation after one change."""

    at: datetime
    state: ConversationSnapshot
    facts: tuple[Fact, ...]


@dataclass
class Replayed:
    """Every change, as the model has it; ``wrong`` is what did not agree."""

    changes: list[Changed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wakes: int = 0


class Model:
    """The pure model with everything it may need to explain a trail. ``said``: by conversation and version."""

    def __init__(
        self,
        desk: Desk,
        languages: tuple[str, ...],
        record: Record,
        commands: Mapping[str, ActOnConversation],
        invitations: Iterable[Invitation],
    ) -> None:
        self._desk = desk
        self._languages = languages
        self._record = record
        self._commands = commands
        self._invitations = {one.id: one for one in invitations}
        self.said: dict[str, dict[int, ConversationChanged]] = {}
        for heard in record.of(ConversationChanged.type):
            said = heard.read(ConversationChanged)
            self.said.setdefault(said.conversation.id, {})[said.conversation.version] = said
        self._contacts = [(heard.meta.event_id, heard.read(ContactChanged)) for heard in record.of(ContactChanged.type)]
        self._deliveries: dict[str, list[Heard]] = {}
        for heard in record.events.values():
            if heard.meta.type in DELIVERED:
                self._deliveries.setdefault(_conversation_of(heard), []).append(heard)

    def replay(self, stored: ConversationSnapshot, trail: Sequence[TrailRecord]) -> Replayed:
        """Every change in turn. What is compared: each change's facts, and at the end the whole snapshot."""
        found = Replayed()
        current: Current = None
        causes: set[str] = set()
        if [record.version for record in trail] != list(range(1, stored.version + 1)):
            found.wrong.append(f"version {stored.version} with a trail of {[record.version for record in trail]}")
            return found
        contacts = {derived("contact", event_id, stored.id): event for event_id, event in self._contacts}
        for record in trail:
            said = self.said.get(stored.id, {}).get(record.version)
            if said is None:
                found.wrong.append(f"version {record.version} was never said")
                return found
            causes.add(record.cause)
            now = said.conversation.changed_at
            step = self._step(record, said, contacts, found)
            try:
                decision = step(current, now)
            except SwitchboardError as refusal:
                found.wrong.append(f"version {record.version}: the model refuses: {refusal.detail}")
                return found
            if not self._same_facts(record, said, decision, found):
                return found
            current = decision.conversation.model_copy(update={"version": record.version})
            found.changes.append(Changed(now, current, decision.facts))
        found.wrong += _differences(current, stored)
        found.wrong += self._unapplied(current, stored.id, causes)
        return found

    def _same_facts(self, record: TrailRecord, said: ConversationChanged, decision: Decision, found: Replayed) -> bool:
        ours, theirs = _plain(decision.facts), _plain(said.changes)
        kept = [fact for event in record.events for fact in event.body.get("changes", ())]
        if ours == theirs == kept:
            return True
        what = f"version {record.version} by {record.by.kind}"
        found.wrong.append(f"{what}: the model says {ours}\n      said was {theirs}\n      the trail has {kept}")
        return False

    def _step(
        self, record: TrailRecord, said: ConversationChanged, contacts: Mapping[str, ContactChanged], found: Replayed
    ) -> Step:
        if (heard := self._record.events.get(record.cause)) is not None:
            return self._delivery(heard)
        if (command := self._commands.get(record.cause)) is not None:
            return lambda current, now: acts.act(_there(current), command, self._desk, now)
        if (event := contacts.get(record.cause)) is not None:
            return lambda current, now: arrival.contact_changed(_there(current), event, self._desk, now)
        if left := [fact for fact in said.changes if isinstance(fact, VirtualAgentLeft)]:
            return self._leaving(said, left[0])
        if by_page := [fact for fact in said.changes if getattr(fact, "how", None) is AnsweredBy.PAGE]:
            return self._by_page(said.conversation.id, by_page[0])
        if opened := [fact for fact in said.changes if isinstance(fact, InvitationOpened)]:
            return self._opening(opened[0])
        automatic = [fact for fact in said.changes if isinstance(fact, OwnerChanged) and fact.how == "automatic"]
        if automatic and automatic[0].after is not None:
            agent = automatic[0].after.id
            return lambda current, now: assignment.assigned(_there(current), agent, self._desk, now)
        found.wakes += 1
        return lambda current, now: waking.wake(_there(current), self._desk, now)

    def _delivery(self, heard: Heard) -> Step:
        """The domain's function for an event, as ``services/routing/handlers`` calls it."""
        desk = self._desk
        match heard.meta.type:
            case MessageReceived.type:
                came = heard.read(MessageReceived)
                told = language.detect(came.message.text, self._languages)
                return lambda current, now: arrival.received(current, came, desk, now, told)
            case MessageQueued.type:
                sent, at = heard.read(MessageQueued), heard.meta.occurred_at
                return lambda current, now: replies.sent(current, sent, desk, now, at)
            case MessageAccepted.type:
                accepted = heard.read(MessageAccepted)
                return lambda current, now: replies.accepted(current, accepted, desk, now)
            case MessageFailed.type:
                failed = heard.read(MessageFailed)
                return lambda current, now: replies.failed(current, failed, desk, now)
            case MessageUncertain.type:
                uncertain = heard.read(MessageUncertain)
                return lambda current, now: replies.failed(current, uncertain, desk, now)
            case MessageTagged.type:
                tagged = heard.read(MessageTagged)
                return lambda current, now: arrival.tagged(_there(current), tagged, desk, now)
            case ConversationTriaged.type:
                answer = heard.read(ConversationTriaged)
                return lambda current, now: triage.triaged(_there(current), answer, desk, now)
            case RuleActed.type:
                acted = heard.read(RuleActed)
                return lambda current, now: triage.rule_acted(_there(current), acted, desk, now)
            case AutomationHalted.type:
                halted = heard.read(AutomationHalted)
                return lambda current, now: automation.halted(_there(current), halted, desk, now)
            case SurveyDecision.type:
                decided = heard.read(SurveyDecision)
                return lambda current, now: invitation.decided(_there(current), decided, desk, now)
            case other:
                raise LookupError(f"routing does not change a conversation for {other}")

    def _opening(self, fact: InvitationOpened) -> Step:
        """csat's opening, from its own record of the invitation."""
        kept = self._invitations[fact.invitation]
        opened = Opened(id=kept.id, episode=kept.episode, options=kept.options, expires_at=fact.expires_at)
        return lambda current, now: invitation.open_invitation(_there(current), opened, self._desk, now)

    def _leaving(self, said: ConversationChanged, fact: VirtualAgentLeft) -> Step:
        """A virtual agent's own end of its work; where to, the change itself tells."""
        resolved = any(isinstance(one, StatusChanged) and one.after is Status.RESOLVED for one in said.changes)

        def leave(current: Current, now: datetime) -> Decision:
            before = _there(current)
            command = LeaveConversation(
                conversation=before.id,
                agent=fact.by.id,
                name=fact.by.name,
                status_number=before.status_number,
                to="resolved" if resolved else "new",
                why=fact.why,
                detail=fact.detail,
            )
            return virtual_agents.leave(before, command, self._desk, now)

        return leave

    def _by_page(self, conversation: str, fact: Fact) -> Step:
        """The answer or the comment that somebody gave on a hosted page."""
        desk = self._desk
        match fact:
            case SurveyAnswered():
                answer = AnswerInvitation(
                    conversation=conversation, invitation=fact.invitation, option=fact.option, how=fact.how
                )
                return lambda current, now: invitation.answer_invitation(_there(current), answer, desk, now)
            case SurveyCommented(invitation=id, message=note):
                return lambda current, now: invitation.comment_invitation(_there(current), id, note, desk, now)
            case other:
                raise LookupError(f"no page does {other.fact}")

    def _unapplied(self, current: Current, id: str, causes: set[str]) -> Iterable[str]:
        """A delivery that the trail does not name must be one that changes nothing, now as before."""
        if current is None:
            return
        for heard in self._deliveries.get(id, ()):
            event_id = heard.meta.event_id
            if event_id in causes:
                continue
            try:
                decision = self._delivery(heard)(current, current.changed_at)
            except SwitchboardError as refusal:
                yield f"{heard.meta.type} {event_id} was never applied, and the model refuses it: {refusal.detail}"
                continue
            if decision.changed or decision.facts:
                yield f"{heard.meta.type} {event_id} was never applied: it would say {_plain(decision.facts)}"


DELIVERED = frozenset(
    kind.type
    for kind in (
        MessageReceived,
        MessageQueued,
        MessageAccepted,
        MessageFailed,
        MessageUncertain,
        MessageTagged,
        ConversationTriaged,
        RuleActed,
        AutomationHalted,
        SurveyDecision,
    )
)


def _conversation_of(heard: Heard) -> str:
    body = json.loads(heard.body)
    return str(body["conversation"] if "conversation" in body else body["message"]["conversation"])


def _there(current: Current) -> ConversationSnapshot:
    assert current is not None, "the trail begins with something that needs a conversation"
    return current


def _plain(facts: Iterable[Fact]) -> list[dict[str, object]]:
    return [fact.model_dump(mode="json") for fact in facts]


def _differences(current: Current, stored: ConversationSnapshot) -> list[str]:
    if current is None:
        return ["it has no trail"]
    ours, theirs = current.model_dump(mode="json"), stored.model_dump(mode="json")
    return [
        f"{name}: the model has {ours[name]!r}, stored is {theirs[name]!r}"
        for name in ours
        if ours[name] != theirs[name]
    ]
