"""The csat service in memory: hears events, wakes what is due, asks stand-ins of routing and ingest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.csat.domain.invitations import Invitation, Stage, invitation_id
from services.csat.domain.link import token
from services.csat.handlers import Handlers, woken
from services.csat.pages import Pages
from services.csat.repository import Claim, Claims, narrowed
from services.csat.sending import Sending
from services.routing.domain.decision import Decision as RoutingDecision
from services.routing.domain.invitation import answer_invitation, comment_invitation, open_invitation
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import (
    AnswerInvitation,
    CommentInvitation,
    ConversationReply,
    OpenInvitation,
    ReadConversation,
)
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import ReadMessage, SendMessage, Sent, WriteNote
from shared.contracts.settings import Channel, ReasonSettings, Survey, WorkflowSettings
from shared.contracts.surveys import SurveyDecision, Wanted
from shared.contracts.words import AnsweredBy
from shared.errors import NotFound
from shared.ids import derived, new_id
from shared.store import Decision, Page
from tests.support.bus import FakeBus
from tests.support.clock import ManualClock
from tests.support.conversations import CHANNEL, Story, desk, outbound
from tests.support.store import MemoryAggregates, MemoryRepository

KEY = b"key of these tests"


class MemoryInvitations(MemoryAggregates[Invitation]):
    """The repository in memory."""

    async def sent_page(self, wanted: Wanted, *, answered: bool, after: str | None, limit: int) -> Page[Invitation]:
        asked = narrowed(wanted)
        found = [
            one
            for one in await self.find({}, limit=10_000)
            if one.sent_at is not None
            and wanted.start <= one.sent_at < wanted.end
            and (one.answered_at is not None or not answered)
            and all(value in (getattr(one, name), *_several(getattr(one, name))) for name, value in asked.items())
        ]
        found.sort(key=lambda one: (one.sent_at or wanted.end, one.id), reverse=True)
        first = 0 if after is None else int(after)
        last = first + limit
        return Page(tuple(found[first:last]), str(last) if last < len(found) else None)


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def survey(**fields: Any) -> Survey:
    """A survey on the channel of the stories, in English."""
    version = {"language": "en", "question": "How was it?"}
    return Survey.model_validate({"name": "After chat", "channels": [CHANNEL], "versions": [version]} | fields)


def solved_story(language: str | None = None) -> Story:
    """A conversation that was answered and is about to be resolved; reasons are on."""
    told = Story(desk(WorkflowSettings(resolve_reasons=ReasonSettings(enabled=True))))
    return told.message("m1", 0, language=language).reply("r1", 10).accept("r1", 11)


def link(invitation: str) -> str:
    """Where the page of an invitation would be."""
    return f"https://care.example/survey/{token(invitation, KEY)}"


@dataclass
class CsatInMemory:
    """``hear`` and ``wake`` as the bus and the timers would. ``stories`` are the conversations that routing has.

    ``deaf``: what routing says of answers is still on its way. ``refusal`` is what ingest says instead of storing a
    message, ``lost`` what becomes of its answer once it has.
    """

    surveys: Mapping[str, Survey]
    channels: Mapping[str, Channel] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.bus = FakeBus("csat", clock=self.clock)
        self.bus.answer_with(OpenInvitation, self._open)
        self.bus.answer_with(SendMessage, self._send)
        self.bus.answer_with(ReadMessage, self._read)
        self.bus.answer_with(AnswerInvitation, self._answer)
        self.bus.answer_with(CommentInvitation, self._comment)
        self.bus.answer_with(ReadConversation, self._conversation)
        self.deaf = False
        self.bus.answer_with(WriteNote, self._note)
        self.notes: dict[str, WriteNote] = {}
        self.stories: dict[str, Story] = {}
        self.sent: dict[str, SendMessage] = {}
        self.refusal: Exception | None = None
        self.lost: Exception | None = None
        self.invitations = MemoryInvitations(Invitation, clock=self.clock, name="invitations")
        self.pages = Pages(self.invitations, lambda: self.surveys, self.bus, self.clock, [KEY])
        self.claims = MemoryRepository(Claim, name="claims")
        claims = Claims(self.claims)
        self.handlers = Handlers(self.invitations, claims, lambda: self.surveys)
        self.sending = Sending(
            self.invitations, claims, lambda: self.surveys, lambda: self.channels, self.bus, self.clock, link
        )

    async def hear(self, story: Story) -> ConversationChanged:
        """What routing says of the story's last step."""
        self.stories[story.now.id] = story
        event = ConversationChanged(conversation=story.now, changes=story.facts)
        await self.hear_again(event)
        return event

    async def hear_again(self, event: ConversationChanged) -> None:
        """A delivery; the same event has the same id whenever it comes."""
        id = derived("test event", event.conversation.id, event.conversation.version)
        meta = Meta(event_id=id, type=event.type, occurred_at=self.clock.now(), correlation_id=id)
        await self.handlers.on_conversation_changed(event, meta)

    async def wake(self, now: datetime, *, crash: bool = False) -> None:
        """What is due by ``now`` is woken and, unless the process dies right then, sent."""
        self.clock.set(now)
        for id, _ in await self.invitations.due(now, after=None, limit=100):
            cause = Meta(event_id=new_id(), type="timer", occurred_at=now, correlation_id="timer")

            def decide(one: Invitation | None) -> Decision[Invitation] | None:
                return None if one is None else woken(one, now)

            state = (await self.invitations.change(id, cause, decide)).state
            if state is not None and state.stage is Stage.OPENING and not crash:
                await self.sending.send(state)

    async def invitation(self, story: Story, episode: int = 1) -> Invitation:
        found = await self.invitations.get(invitation_id(story.now.id, episode))
        assert found is not None
        return found

    def meta(self) -> Meta:
        """Of some command."""
        return Meta(event_id=new_id(), type="test", occurred_at=self.clock.now(), correlation_id="test")

    def decisions(self) -> list[tuple[bool, str | None]]:
        """(sent, reason) of everything said for the trail."""
        return [(one.sent, one.reason) for one in self.invitations.said(SurveyDecision)]

    async def _open(self, command: OpenInvitation, _meta: Meta) -> ConversationReply:
        story = self.stories[command.conversation]
        story.keep(open_invitation(story.now, command.invitation, story.desk, self.clock.now()))
        return ConversationReply(conversation=story.now)

    async def press(self, story: Story, option: str, how: AnsweredBy = AnsweredBy.BUTTON) -> None:
        """A button below the survey's message, and csat hears of it."""
        invitation = await self.invitation(story)
        answer = AnswerInvitation(conversation=story.now.id, invitation=invitation.id, option=option, how=how)
        await self.bus.ask(answer)

    async def _answer(self, command: AnswerInvitation, _meta: Meta) -> ConversationReply:
        story = self.stories[command.conversation]
        return await self._told(story, answer_invitation(story.now, command, story.desk, self.clock.now()))

    async def _comment(self, command: CommentInvitation, _meta: Meta) -> ConversationReply:
        story = self.stories[command.conversation]
        decision = comment_invitation(story.now, command.invitation, command.message, story.desk, self.clock.now())
        return await self._told(story, decision)

    async def _told(self, story: Story, decision: RoutingDecision) -> ConversationReply:
        if decision.changed:
            story.keep(decision)
            if not self.deaf:
                await self.hear(story)
        return ConversationReply(conversation=story.now)

    async def _conversation(self, command: ReadConversation, _meta: Meta) -> ConversationReply:
        return ConversationReply(conversation=self.stories[command.conversation].now)

    async def _note(self, command: WriteNote, meta: Meta) -> Sent:
        if self.refusal is not None:
            raise self.refusal
        id = derived("note", meta.event_id)
        self.notes.setdefault(id, command)
        return Sent(message=outbound(id, 0, text=command.text).message)

    async def _send(self, command: SendMessage, meta: Meta) -> Sent:
        if self.refusal is not None:
            raise self.refusal
        self.sent[meta.event_id] = command
        if self.lost is not None:
            raise self.lost
        return Sent(message=outbound("survey", 0, text=command.text, automatic=True).message)

    async def _read(self, command: ReadMessage, _meta: Meta) -> Sent:
        if command.message_id not in {derived("sent", id) for id in self.sent}:
            raise NotFound("There is no such message.")
        return Sent(message=outbound(command.message_id, 0, automatic=True).message)
