"""Use cases of csat: gate a resolve, open and send what is due, record answers, read figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.csat.domain import invitations as rules
from services.csat.domain.gate import Skipped, gate, survey_of
from services.csat.domain.invitations import Invitation, Stage
from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Actor, Event, Meta
from shared.contracts.conversations import ConversationChanged, OpenInvitation
from shared.contracts.facts import Resolved, SurveyAnswered, SurveyCommented
from shared.contracts.messages import SendMessage
from shared.contracts.settings import Survey
from shared.contracts.surveys import AnswerRecorded, Figures, ReadFigures, SurveyDecision
from shared.contracts.words import ActorKind
from shared.errors import Conflict, Forbidden, NotFound, RetryLater, TimedOut, Unprocessable
from shared.ids import derived
from shared.store import Decide, Decision, Outcome


class Invitations(Protocol):
    """What the handlers ask of the repository."""

    async def get(self, id: str) -> Invitation | None: ...

    async def change(self, id: str, cause: Meta, decide: Decide[Invitation]) -> Outcome[Invitation]: ...

    async def sent_between(
        self, start: datetime, end: datetime, wanted: dict[str, str | None]
    ) -> Sequence[Invitation]: ...


class Claims(Protocol):
    """What the handlers ask of the frequency claims."""

    async def take(self, survey: str, contact: str, invitation: str, days: int, at: datetime) -> bool: ...

    async def give_back(self, survey: str, contact: str, invitation: str) -> None: ...


class Handlers:
    """One method per use case."""

    def __init__(
        self,
        invitations: Invitations,
        claims: Claims,
        surveys: Callable[[], Mapping[str, Survey]],
        bus: Asks,
        clock: Clock,
    ) -> None:
        self._invitations = invitations
        self._claims = claims
        self._surveys = surveys
        self._bus = bus
        self._clock = clock

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Facts only: a resolve is gated, an answer recorded, whenever they come."""
        for fact in event.changes:
            match fact:
                case Resolved():
                    await self._on_resolved(event.conversation.id, fact, meta)
                case SurveyAnswered():
                    answer = fact
                    await self._complete(fact.invitation, meta, lambda one: rules.answered(one, answer))
                case SurveyCommented():
                    comment = fact
                    await self._complete(fact.invitation, meta, lambda one: rules.commented(one, comment))
                case _:
                    pass

    async def _on_resolved(self, conversation: str, resolved: Resolved, meta: Meta) -> None:
        surveys = self._surveys()
        if not surveys:
            return
        id = rules.invitation_id(conversation, resolved.episode)
        if not rules.may_replace(await self._invitations.get(id)):
            return
        wanted = await self._gated(id, conversation, resolved, surveys)

        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if not rules.may_replace(current):
                return None
            return Decision(wanted, says=_decided(wanted) if wanted.stage is Stage.SKIPPED else ())

        await self._invitations.change(id, meta, decide)

    async def _gated(self, id: str, conversation: str, resolved: Resolved, surveys: Mapping[str, Survey]) -> Invitation:
        found = survey_of(resolved.channel, surveys)
        if found is None:
            return rules.skipped(conversation, resolved, None, Skipped.NO_SURVEY)
        name, survey = found
        refusal = gate(name, survey, resolved, conversation, recently=False)
        if refusal is None or refusal is Skipped.SAMPLING:
            free = await self._claims.take(name, resolved.contact, id, survey.frequency_days, resolved.at)
            refusal = refusal if free else Skipped.FREQUENCY
            if refusal is Skipped.SAMPLING:
                await self._claims.give_back(name, resolved.contact, id)
        if refusal is not None:
            return rules.skipped(conversation, resolved, name, refusal)
        return rules.scheduled(conversation, resolved, name, survey)

    async def _complete(self, id: str, meta: Meta, after: Callable[[Invitation], Invitation]) -> None:
        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if current is None:
                raise RetryLater("The invitation is not known yet.")
            changed = after(current)
            if changed is current:
                return None
            answer = rules.answer_of(changed)
            return Decision(changed, says=() if answer is None else (AnswerRecorded(answer=answer),))

        await self._invitations.change(id, _step(meta, "complete", id), decide)

    async def send(self, invitation: Invitation) -> None:
        """Open it in the conversation, then send it: every step is named, so a repeated attempt repeats nothing."""
        now = self._clock.now()
        meta = _own(invitation, now)
        survey = self._surveys().get(invitation.survey or "")
        if survey is None or not survey.enabled:
            await self._cancel(invitation, Skipped.DISABLED, meta)
            return
        opening = OpenInvitation(conversation=invitation.conversation, invitation=rules.opened(invitation, now))
        message = SendMessage(
            conversation=invitation.conversation,
            text=invitation.text,
            by=Actor(kind=ActorKind.SYSTEM, id=f"survey:{invitation.survey}", name=survey.name),
            automatic=True,
        )
        try:
            await self._bus.ask(opening, meta=_step(meta, "open", invitation.id))
        except (Conflict, NotFound):
            await self._cancel(invitation, Skipped.REOPENED, meta)
            return
        except (RetryLater, TimedOut):
            return  # its wake_at takes it up again
        try:
            await self._bus.ask(message, meta=_step(meta, "send", invitation.id))
        except (Unprocessable, Forbidden, NotFound):
            await self._cancel(invitation, Skipped.WINDOW, meta)
            return
        except (RetryLater, TimedOut):
            return
        await self._settle(invitation, meta, lambda one: rules.sent(one, now))

    async def _cancel(self, invitation: Invitation, reason: Skipped, meta: Meta) -> None:
        await self._settle(invitation, meta, lambda one: rules.cancelled(one, reason))
        if invitation.survey is not None:
            await self._claims.give_back(invitation.survey, invitation.contact, invitation.id)

    async def _settle(self, invitation: Invitation, meta: Meta, after: Callable[[Invitation], Invitation]) -> None:
        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if current is None or current.stage is not Stage.OPENING:
                return None
            changed = after(current)
            return Decision(changed, says=_decided(changed))

        await self._invitations.change(invitation.id, _step(meta, "settle", invitation.id), decide)

    async def figures(self, command: ReadFigures, _meta: Meta) -> Figures:
        """csat.md, Figures, of the surveys sent in the range."""
        wanted = {"survey": command.survey, "agent": command.agent, "team": command.team, "channel": command.channel}
        return rules.figures(await self._invitations.sent_between(command.start, command.end, wanted))


def woken(invitation: Invitation, now: datetime) -> Decision[Invitation] | None:
    """What timers do with an invitation that is due, or that nobody finished."""
    after = rules.wake(invitation, now)
    return None if after == invitation else Decision(after)


def _decided(invitation: Invitation) -> tuple[Event, ...]:
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


def _own(invitation: Invitation, now: datetime) -> Meta:
    """The cause of what an invitation does by itself: the invitation as scheduled for this resolve."""
    id = derived("survey due", invitation.id, invitation.due_at.isoformat())
    return Meta(event_id=id, type="survey.due", occurred_at=now, correlation_id=id)


def _step(meta: Meta, step: str, id: str) -> Meta:
    """A cause of its own for each step, the same whenever the step is repeated."""
    return meta.model_copy(update={"event_id": derived(step, meta.event_id, id), "causation_id": meta.event_id})
