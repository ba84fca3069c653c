"""Commands that people wait for: acts, taking the next one, invitations, reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from services.routing.desk import DeskSource
from services.routing.domain import acts, assignment, invitation, virtual_agents
from services.routing.domain.decision import Decision
from services.routing.handlers.changing import Changing
from shared.clock import Clock
from shared.contracts.acts import AssignOwner, Owner
from shared.contracts.base import Actor, Meta
from shared.contracts.conversation_commands import (
    ActOnConversation,
    AnswerInvitation,
    CommentInvitation,
    ConversationReply,
    OpenInvitation,
    OpenPage,
    ReadConversation,
    ReadOpen,
    ReadTrail,
    TakeNext,
    Trail,
    TrailEntry,
)
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.surveys import SurveyDecision
from shared.contracts.virtual_agents import LeaveConversation
from shared.contracts.words import ActorKind
from shared.errors import Conflict, NotFound, RetryLater
from shared.ids import derived
from shared.store import Page, TrailRecord

MOST_TRIED = 20


class Conversations(Protocol):
    """What the commands ask of the repository."""

    async def get(self, id: str) -> ConversationSnapshot | None: ...

    async def waiting(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]: ...

    async def open(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]: ...

    async def held(self, agents: Iterable[str]) -> Mapping[str, frozenset[str]]: ...

    async def trail(self, id: str, *, after: str | None = None, limit: int = 200) -> Page[TrailRecord]: ...


class Acts:
    """One method per command."""

    def __init__(
        self, changing: Changing, conversations: Conversations, desk: DeskSource, clock: Clock, *, window: int
    ) -> None:
        self._changing = changing
        self._conversations = conversations
        self._desk = desk
        self._clock = clock
        self._window = window

    async def act(self, command: ActOnConversation, meta: Meta) -> ConversationReply:
        """Any act of a person, a key or a virtual agent."""
        return await self._changing.answer(
            command.conversation,
            meta,
            _existing(lambda now_so: acts.act(now_so, command, self._desk.current(), self._clock.now())),
            actor=command.by,
        )

    async def leave(self, command: LeaveConversation, meta: Meta) -> ConversationReply:
        """T5, T6: a virtual agent ends its work."""
        return await self._changing.answer(
            command.conversation,
            meta,
            _existing(lambda now_so: virtual_agents.leave(now_so, command, self._desk.current(), self._clock.now())),
            actor=Actor(kind=ActorKind.VIRTUAL_AGENT, id=command.agent, name=command.name),
        )

    async def take_next(self, command: TakeNext, meta: Meta) -> ConversationReply:
        """RT-16: the first waiting conversation he may take, whatever his capacity; who loses a race gets the next."""
        by = Actor(kind=ActorKind.AGENT, id=command.agent)
        after: str | None = None
        tried = 0
        while True:
            found, after = await self._conversations.waiting(after=after, limit=self._window)
            for waiting in found:
                if not assignment.may_take(command.agent, waiting, self._desk.current(), {}, by_hand=True):
                    continue
                try:
                    return await self._changing.answer(
                        waiting.id,
                        _step(meta, "take", waiting.id),
                        _existing(self._claim(waiting, by)),
                        actor=by,
                    )
                except Conflict:
                    tried += 1
                    if tried >= MOST_TRIED:
                        raise
            if after is None:
                raise NotFound("Nothing waits for you.")

    def _claim(self, seen: ConversationSnapshot, by: Actor) -> Callable[[ConversationSnapshot], Decision]:
        claim = ActOnConversation(
            conversation=seen.id,
            act=AssignOwner(owner=Owner(id=by.id)),
            by=by,
            status_number=seen.status_number,
        )
        return lambda current: acts.act(current, claim, self._desk.current(), self._clock.now())

    async def open_invitation(self, command: OpenInvitation, meta: Meta) -> ConversationReply:
        """csat asks; refused unless still resolved in the episode."""
        return await self._changing.answer(
            command.conversation,
            meta,
            _existing(
                lambda current: invitation.open_invitation(
                    current, command.invitation, self._desk.current(), self._clock.now()
                )
            ),
        )

    async def answer_invitation(self, command: AnswerInvitation, meta: Meta) -> ConversationReply:
        """A button or the hosted page."""
        return await self._changing.answer(
            command.conversation,
            meta,
            _existing(
                lambda current: invitation.answer_invitation(current, command, self._desk.current(), self._clock.now())
            ),
        )

    async def comment_invitation(self, command: CommentInvitation, meta: Meta) -> ConversationReply:
        """The hosted page's comment."""
        return await self._changing.answer(
            command.conversation,
            meta,
            _existing(
                lambda current: invitation.comment_invitation(
                    current, command.invitation, command.message, self._desk.current(), self._clock.now()
                )
            ),
        )

    async def on_survey_decided(self, event: SurveyDecision, meta: Meta) -> None:
        """CS-13: into the trail."""

        def decide(current: ConversationSnapshot | None) -> Decision:
            if current is None:
                raise RetryLater("The conversation has not been heard of yet.")
            return invitation.decided(current, event, self._desk.current(), self._clock.now())

        await self._changing.change(event.conversation, meta, decide)

    async def read(self, command: ReadConversation, _meta: Meta) -> ConversationReply:
        """The owner's snapshot."""
        found = await self._conversations.get(command.conversation)
        if found is None:
            raise NotFound("There is no such conversation.")
        return ConversationReply(conversation=found)

    async def read_open(self, command: ReadOpen, _meta: Meta) -> OpenPage:
        """What is in new or pending, in windows, for who begins to follow it."""
        found, after = await self._conversations.open(after=command.after, limit=command.limit)
        return OpenPage(conversations=tuple(found), next=after)

    async def read_trail(self, command: ReadTrail, _meta: Meta) -> Trail:
        """PR-01, oldest first."""
        page = await self._conversations.trail(command.conversation, after=command.after, limit=command.limit)
        return Trail(entries=tuple(entry for record in page.items for entry in _entries(record)), next=page.next)


def _entries(record: TrailRecord) -> Iterable[TrailEntry]:
    for event in record.events:
        body: Mapping[str, Any] = event.body
        if body.get("changes"):
            yield TrailEntry.model_validate(
                {
                    "event": event.id,
                    "at": record.at,
                    "by": record.by,
                    "version": record.version,
                    "changes": body["changes"],
                }
            )


def _existing(
    decide: Callable[[ConversationSnapshot], Decision],
) -> Callable[[ConversationSnapshot | None], Decision]:
    def deciding(current: ConversationSnapshot | None) -> Decision:
        if current is None:
            raise NotFound("There is no such conversation.")
        return decide(current)

    return deciding


def _step(meta: Meta, step: str, id: str) -> Meta:
    return meta.model_copy(update={"event_id": derived(step, meta.event_id, id), "causation_id": meta.event_id})
