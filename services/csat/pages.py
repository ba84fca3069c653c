"""The hosted page of a survey: what a signed link shows, and its answers and comments (csat.md, Answers)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.csat.domain import invitations as rules
from services.csat.domain.invitations import Invitation, Stage
from services.csat.domain.link import invitation_of
from services.csat.domain.page import page
from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import AnswerInvitation, CommentInvitation, ReadConversation
from shared.contracts.messages import WriteNote
from shared.contracts.settings import Survey
from shared.contracts.surveys import AnswerSurveyPage, ReadSurveyPage, SurveyPage
from shared.contracts.words import AnsweredBy
from shared.errors import Conflict, NotFound
from shared.ids import derived


class Known(Protocol):
    """What the pages ask of the repository."""

    async def get(self, id: str) -> Invitation | None: ...


class Pages:
    """Routing decides whether an answer counts; a comment is kept as a note of the conversation, like any text."""

    def __init__(
        self,
        invitations: Known,
        surveys: Callable[[], Mapping[str, Survey]],
        bus: Asks,
        clock: Clock,
        keys: Sequence[bytes],
    ) -> None:
        self._invitations = invitations
        self._surveys = surveys
        self._bus = bus
        self._clock = clock
        self._keys = keys

    async def read(self, command: ReadSurveyPage, _meta: Meta) -> SurveyPage:
        """The page as it is."""
        return self._shown(await self._of(command.token), command)

    async def answer(self, command: AnswerSurveyPage, meta: Meta) -> SurveyPage:
        """Take the answer, then the comment. What comes too late changes nothing, and the page says how it stands."""
        invitation = await self._of(command.token)
        try:
            if command.option is not None:
                invitation = await self._answered(invitation, command.option, meta)
            if command.comment and command.comment.strip():
                invitation = await self._commented(invitation, command.comment.strip(), meta)
        except Conflict:
            reading = ReadConversation(conversation=invitation.conversation)
            reply = await self._bus.ask(reading, meta=_step(meta, "read"))
            invitation = rules.as_opened(invitation, reply.conversation)
        return self._shown(invitation, command)

    async def _answered(self, invitation: Invitation, option: str, meta: Meta) -> Invitation:
        answer = AnswerInvitation(
            conversation=invitation.conversation, invitation=invitation.id, option=option, how=AnsweredBy.PAGE
        )
        reply = await self._bus.ask(answer, meta=_step(meta, "answer"))
        return rules.as_opened(invitation, reply.conversation)

    async def _commented(self, invitation: Invitation, text: str, meta: Meta) -> Invitation:
        """Routing takes one comment; then its note is written. Both are named by the invitation: repeats do nothing."""
        cause = meta.model_copy(update={"event_id": rules.step_id(invitation.id, "comment")})
        note = derived("note", cause.event_id)
        told = CommentInvitation(conversation=invitation.conversation, invitation=invitation.id, message=note)
        try:
            reply = await self._bus.ask(told, meta=cause)
            invitation = rules.as_opened(invitation, reply.conversation)
        except Conflict:
            if invitation.comment_message != note:
                raise  # else this comment was taken, but perhaps its note was not written any more
        survey = self._surveys().get(invitation.survey or "")
        by = rules.author(invitation, "" if survey is None else survey.name)
        await self._bus.ask(WriteNote(conversation=invitation.conversation, text=text, by=by), meta=cause)
        return invitation

    def _shown(self, invitation: Invitation, asked: ReadSurveyPage | AnswerSurveyPage) -> SurveyPage:
        survey = self._surveys().get(invitation.survey or "")
        return page(invitation, survey, asked.language, asked.accepted, self._clock.now())

    async def _of(self, token: str) -> Invitation:
        id = invitation_of(token, self._keys)
        found = None if id is None else await self._invitations.get(id)
        if found is None or found.stage not in (Stage.OPENING, Stage.SENT):
            raise NotFound("There is no such survey.")
        return found


def _step(meta: Meta, step: str) -> Meta:
    """A cause of its own for each command that one request leads to."""
    return meta.model_copy(update={"event_id": derived("survey page", meta.event_id, step)})
