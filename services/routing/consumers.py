"""What routing hears and answers, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.routing.dispatcher import Dispatcher
from services.routing.handlers.acts import Acts
from services.routing.handlers.desk_changes import DeskChanges
from services.routing.handlers.messages import Messages
from services.routing.handlers.presence import Departures, Presence
from services.routing.handlers.rules import Rules
from shared.bus import Row, answers, consumes
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversation_commands import (
    ActOnConversation,
    AnswerInvitation,
    CommentInvitation,
    OpenInvitation,
    ReadConversation,
    ReadOpen,
    ReadTrail,
    RunMacro,
    TakeNext,
)
from shared.contracts.conversations import AutomationHalted, ConversationTriaged, RuleActed
from shared.contracts.looks import LookAgain
from shared.contracts.messages import (
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    MessageTagged,
    MessageUncertain,
)
from shared.contracts.presence import AgentChanged, Heartbeat, ReadAgents, SetAvailability
from shared.contracts.resources import ResourceChanged
from shared.contracts.surveys import SurveyDecision
from shared.contracts.virtual_agents import LeaveConversation


@dataclass(frozen=True, slots=True)
class Handlers:
    """Everything routing does, by noun."""

    messages: Messages
    acts: Acts
    rules: Rules
    presence: Presence
    departures: Departures
    desk_changes: DeskChanges
    dispatcher: Dispatcher


def table(handlers: Handlers) -> Sequence[Row]:
    """Event or command → handler."""
    messages, acts = handlers.messages, handlers.acts
    return (
        consumes(MessageReceived, messages.on_received),
        consumes(MessageQueued, messages.on_queued),
        consumes(MessageAccepted, messages.on_accepted),
        consumes(MessageFailed, messages.on_failed),
        consumes(MessageUncertain, messages.on_uncertain),
        consumes(MessageTagged, messages.on_tagged),
        consumes(ContactChanged, messages.on_contact_changed),
        consumes(ConversationTriaged, handlers.rules.on_triaged),
        consumes(RuleActed, handlers.rules.on_rule_acted),
        consumes(AutomationHalted, handlers.rules.on_halted),
        consumes(SurveyDecision, acts.on_survey_decided),
        consumes(AgentChanged, handlers.departures.on_agent_changed),
        consumes(ResourceChanged, handlers.desk_changes.on_resource_changed),
        consumes(LookAgain, handlers.dispatcher.on_look, prefetch=10),
        answers(ActOnConversation, acts.act),
        answers(LeaveConversation, acts.leave),
        answers(TakeNext, acts.take_next),
        answers(OpenInvitation, acts.open_invitation),
        answers(AnswerInvitation, acts.answer_invitation),
        answers(CommentInvitation, acts.comment_invitation),
        answers(RunMacro, handlers.rules.run_macro),
        answers(ReadConversation, acts.read),
        answers(ReadOpen, acts.read_open),
        answers(ReadTrail, acts.read_trail),
        answers(Heartbeat, handlers.presence.heartbeat),
        answers(SetAvailability, handlers.presence.set_availability),
        answers(ReadAgents, handlers.presence.read),
    )
