"""What csat does about what it hears: gate a resolve, drop what is reopened, record answers; and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

from services.csat.domain import invitations as rules
from services.csat.domain.figures import Tally
from services.csat.domain.gate import Skipped, before_frequency, is_sampled, survey_of
from services.csat.domain.invitations import Invitation, Stage
from shared.contracts.base import Event, Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import EpisodeOpened, MessageAdded, Resolved, StatusChanged, SurveyAnswered, SurveyCommented
from shared.contracts.settings import Survey
from shared.contracts.surveys import (
    AnswerPage,
    AnswerRecorded,
    Figures,
    ReadAnswers,
    ReadFigures,
    SurveyDecision,
    Wanted,
)
from shared.contracts.words import Status
from shared.errors import RetryLater
from shared.ids import derived
from shared.store import Decide, Decision, Outcome, Page

WINDOW = 1000


class Invitations(Protocol):
    """What the handlers ask of the repository."""

    async def get(self, id: str) -> Invitation | None: ...

    async def change(self, id: str, cause: Meta, decide: Decide[Invitation]) -> Outcome[Invitation]: ...

    async def sent_page(self, wanted: Wanted, *, answered: bool, after: str | None, limit: int) -> Page[Invitation]: ...


class Claims(Protocol):
    """What the handlers ask of the frequency claims."""

    async def is_free(self, survey: str, contact: str, invitation: str, days: int, at: datetime) -> bool: ...

    async def take(
        self, survey: str, contact: str, invitation: str, days: int, at: datetime, due: datetime
    ) -> bool: ...

    async def sent(self, survey: str, contact: str, invitation: str, at: datetime) -> None: ...

    async def give_back(self, survey: str, contact: str, invitation: str) -> None: ...


class Handlers:
    """One method per use case."""

    def __init__(self, invitations: Invitations, claims: Claims, surveys: Callable[[], Mapping[str, Survey]]) -> None:
        self._invitations = invitations
        self._claims = claims
        self._surveys = surveys

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Facts only: a resolve is gated, a reopening cancels, an answer is recorded, whenever they come."""
        resolved = {fact.episode: fact for fact in event.changes if isinstance(fact, Resolved)}
        for fact in resolved.values():
            await self._on_resolved(event.conversation, fact, meta)
        for episode in reopened(event) - resolved.keys():
            await self._on_reopened(event.conversation, episode, meta)
        for place, other in enumerate(event.changes):
            match other:
                case SurveyAnswered():
                    await self._complete(other.invitation, _step(meta, place), partial(rules.answered, fact=other))
                case MessageAdded(automatic=True, message=message):
                    await self._on_said(event.conversation, message, other.at, _step(meta, place))
                case SurveyCommented():
                    await self._complete(other.invitation, _step(meta, place), partial(rules.commented, fact=other))
                case _:
                    pass

    async def _on_resolved(self, conversation: ConversationSnapshot, resolved: Resolved, meta: Meta) -> None:
        surveys = self._surveys()
        if not surveys:
            return
        id = rules.invitation_id(conversation.id, resolved.episode)
        if not rules.may_replace(await self._invitations.get(id), conversation.version):
            return
        wanted = await self._gated(id, conversation, resolved, surveys)

        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if not rules.may_replace(current, conversation.version):
                return None
            return Decision(wanted, says=decided(wanted) if wanted.stage is Stage.SKIPPED else ())

        kept = (await self._invitations.change(id, _step(meta, id), decide)).state
        if wanted.survey is not None and kept is not None and kept.stage in (Stage.SKIPPED, Stage.CANCELLED):
            await self._claims.give_back(wanted.survey, wanted.contact, id)

    async def _gated(
        self, id: str, conversation: ConversationSnapshot, resolved: Resolved, surveys: Mapping[str, Survey]
    ) -> Invitation:
        found = survey_of(resolved.channel, surveys)
        if found is None:
            return rules.skipped(conversation, resolved, None, Skipped.NO_SURVEY)
        name, survey = found
        refusal = before_frequency(survey, resolved) or await self._frequency(id, name, survey, conversation, resolved)
        if refusal is not None:
            return rules.skipped(conversation, resolved, name, refusal)
        return rules.scheduled(conversation, resolved, name, survey)

    async def _frequency(
        self, id: str, name: str, survey: Survey, conversation: ConversationSnapshot, resolved: Resolved
    ) -> Skipped | None:
        """Tests 8 and 9. Only what is going to be sent takes the claim."""
        claim = (name, resolved.contact, id, survey.frequency_days, resolved.at)
        if not is_sampled(name, survey, conversation.id, resolved.episode):
            return Skipped.SAMPLING if await self._claims.is_free(*claim) else Skipped.FREQUENCY
        return None if await self._claims.take(*claim, rules.due_at(survey, resolved)) else Skipped.FREQUENCY

    async def _on_reopened(self, conversation: ConversationSnapshot, episode: int, meta: Meta) -> None:
        if not self._surveys():
            return

        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            after = None if current is None else rules.reopened(current, conversation.version)
            return None if after is None or after is current else Decision(after, says=decided(after))

        id = rules.invitation_id(conversation.id, episode)
        outcome = await self._invitations.change(id, _step(meta, id), decide)
        state = outcome.state
        if state is not None and state.survey is not None and state.stage is Stage.CANCELLED:
            await self._claims.give_back(state.survey, state.contact, id)

    async def _on_said(self, conversation: ConversationSnapshot, message: str, at: datetime, meta: Meta) -> None:
        """A survey's message was stored: it was sent, whatever csat made of the attempt (sent is final)."""
        opened = conversation.invitation
        if opened is None or message != rules.survey_message(opened.id):
            return

        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            after = None if current is None else rules.sent(current, at)
            return None if after is None or after is current else Decision(after, says=decided(after))

        state = (await self._invitations.change(opened.id, meta, decide)).state
        if state is not None and state.survey is not None and state.stage is Stage.SENT:
            await self._claims.sent(state.survey, state.contact, state.id, state.sent_at or at)

    async def _complete(self, id: str, meta: Meta, after: Callable[[Invitation], Invitation]) -> None:
        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if current is None:
                raise RetryLater("The invitation is not known yet.")
            changed = after(current)
            if changed == current:
                return None
            answer = rules.answer_of(changed)
            return Decision(changed, says=() if answer is None else (AnswerRecorded(answer=answer),))

        await self._invitations.change(id, meta, decide)

    async def figures(self, command: ReadFigures, _meta: Meta) -> Figures:
        """csat.md, Figures, of the surveys sent in the range; read in windows, so that any range can be asked for."""
        tally, after = Tally(), None
        while True:
            page = await self._invitations.sent_page(command, answered=False, after=after, limit=WINDOW)
            tally.count(page.items)
            after = page.next
            if after is None:
                return tally.figures()

    async def answers(self, command: ReadAnswers, _meta: Meta) -> AnswerPage:
        """The answers behind the figures, those of the surveys sent last first."""
        page = await self._invitations.sent_page(command, answered=True, after=command.after, limit=command.limit)
        found = (rules.answer_of(one) for one in page.items)
        return AnswerPage(items=tuple(one for one in found if one is not None), next=page.next)


def woken(invitation: Invitation, now: datetime) -> Decision[Invitation] | None:
    """What timers do with an invitation that is due, or that nobody finished."""
    after = rules.wake(invitation, now)
    if after == invitation:
        return None
    return Decision(after, says=decided(after) if after.stage is Stage.CANCELLED else ())


def decided(invitation: Invitation) -> tuple[Event, ...]:
    """CS-13: what becomes of it goes into the conversation's trail."""
    return (
        SurveyDecision(
            conversation=invitation.conversation,
            episode=invitation.episode,
            at=invitation.sent_at or invitation.due_at,
            survey=invitation.survey,
            invitation=invitation.id,
            sent=invitation.stage is Stage.SENT,
            reason=None if invitation.reason is None else invitation.reason.value,
        ),
    )


def reopened(event: ConversationChanged) -> set[int]:
    """Episodes that this change found resolved and left otherwise, or left behind."""
    left = {
        fact.episode for fact in event.changes if isinstance(fact, StatusChanged) and fact.before is Status.RESOLVED
    }
    begun = {fact.episode - 1 for fact in event.changes if isinstance(fact, EpisodeOpened) and fact.episode > 1}
    return left | begun


def _step(meta: Meta, step: str | int) -> Meta:
    """A cause of its own for each thing that one event does, the same whenever the event is repeated."""
    return meta.model_copy(update={"event_id": derived("csat", meta.event_id, step), "causation_id": meta.event_id})
