"""An invitation through its life: scheduled, opening, sent, answered; or skipped, or cancelled. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.csat.domain.gate import Skipped, counts_for, version
from shared.contracts.base import Contract, Instant
from shared.contracts.conversations import Invitation as Opened
from shared.contracts.conversations import SurveyOption
from shared.contracts.facts import Resolved, SurveyAnswered, SurveyCommented
from shared.contracts.settings import Survey
from shared.contracts.surveys import AnswerSnapshot, Figures
from shared.ids import derived

TRY_AGAIN = timedelta(seconds=20)
"""After how long an opening that nobody finished is taken up again."""


class Stage(StrEnum):
    """``sent`` is final: answers only complete it. Skipped and cancelled may be scheduled again by a later resolve."""

    SKIPPED = "skipped"
    SCHEDULED = "scheduled"
    OPENING = "opening"
    SENT = "sent"
    CANCELLED = "cancelled"


class Invitation(Contract):
    """One per (conversation, episode). ``resolved_version`` is the conversation's when it was scheduled."""

    id: str
    version: int = 0
    conversation: str
    episode: int
    survey: str | None
    stage: Stage
    reason: Skipped | None = None
    contact: str
    channel: str
    agent: str | None
    team: str | None
    topics: tuple[str, ...] = ()
    language: str | None = None
    positive_from: int = 4
    attempt: int = 0
    due_at: Instant
    sent_at: Instant | None = None
    options: tuple[SurveyOption, ...] = ()
    text: str = ""
    expires_days: int = 7
    option: str | None = None
    answered_at: Instant | None = None
    comment_message: str | None = None
    wake_at: Instant | None = None


def invitation_id(conversation: str, episode: int) -> str:
    """One per (conversation, episode)."""
    return derived("invitation", conversation, episode)


def skipped(conversation: str, resolved: Resolved, survey: str | None, reason: Skipped) -> Invitation:
    """The record that none was sent, and why."""
    return _made(conversation, resolved, survey, Stage.SKIPPED).model_copy(update={"reason": reason})


def scheduled(conversation: str, resolved: Resolved, id: str, survey: Survey) -> Invitation:
    """Due at the resolve plus the delay."""
    chosen = version(survey, resolved.language)
    due = resolved.at + timedelta(minutes=survey.delay_minutes)
    options = tuple(
        SurveyOption(id=str(number), number=number, labels=(label,))
        for number, label in enumerate(chosen.labels, start=1)
    )
    lines = [f"{option.number} – {option.labels[0]}" for option in options if option.labels[0] != str(option.number)]
    choices = "\n".join(lines) if lines else f"(1–{len(options)})"
    made = _made(conversation, resolved, id, Stage.SCHEDULED)
    return made.model_copy(
        update={
            "options": options,
            "text": f"{chosen.question}\n{choices}",
            "positive_from": max(len(options) - 1, 1),
            "expires_days": survey.expires_days,
            "due_at": due,
            "wake_at": due,
        }
    )


def may_replace(current: Invitation | None) -> bool:
    """A later resolve of the same episode schedules again unless one is under way or was sent."""
    return current is None or current.stage in (Stage.SKIPPED, Stage.CANCELLED)


def wake(invitation: Invitation, now: datetime) -> Invitation:
    """Due: take it up, and again later should nobody finish (each attempt repeats the same named steps)."""
    if invitation.stage not in (Stage.SCHEDULED, Stage.OPENING):
        return invitation.model_copy(update={"wake_at": None})
    pause = TRY_AGAIN * (2 ** min(invitation.attempt, 6))
    return invitation.model_copy(
        update={"stage": Stage.OPENING, "attempt": invitation.attempt + 1, "wake_at": now + pause}
    )


def opened(invitation: Invitation, now: datetime) -> Opened:
    """What the conversation keeps while answers count."""
    return Opened(
        id=invitation.id,
        episode=invitation.episode,
        options=invitation.options,
        expires_at=now + timedelta(days=invitation.expires_days),
    )


def sent(invitation: Invitation, now: datetime) -> Invitation:
    """The survey message was stored for sending; final."""
    if invitation.stage is Stage.SENT:
        return invitation
    return invitation.model_copy(update={"stage": Stage.SENT, "sent_at": now, "wake_at": None, "reason": None})


def cancelled(invitation: Invitation, reason: Skipped) -> Invitation:
    """It was due, but must not go out any more."""
    if invitation.stage is Stage.SENT:
        return invitation
    return invitation.model_copy(update={"stage": Stage.CANCELLED, "reason": reason, "wake_at": None})


def answered(invitation: Invitation, fact: SurveyAnswered) -> Invitation:
    """The answer, or the later one that replaces it."""
    if invitation.answered_at is not None and invitation.answered_at >= fact.at:
        return invitation
    return invitation.model_copy(update={"option": fact.option, "answered_at": fact.at})


def commented(invitation: Invitation, fact: SurveyCommented) -> Invitation:
    """The text after the rating stays in its message; here is its id."""
    return invitation.model_copy(update={"comment_message": fact.message})


def answer_of(invitation: Invitation) -> AnswerSnapshot | None:
    """The answer with what it counts for; None while there is none."""
    if invitation.option is None or invitation.answered_at is None or invitation.survey is None:
        return None
    number = next((o.number for o in invitation.options if o.id == invitation.option), 0)
    return AnswerSnapshot(
        id=invitation.id,
        survey=invitation.survey,
        invitation=invitation.id,
        conversation=invitation.conversation,
        episode=invitation.episode,
        contact=invitation.contact,
        agent=invitation.agent,
        team=invitation.team,
        channel=invitation.channel,
        topics=invitation.topics,
        option=invitation.option,
        number=number,
        positive=number >= invitation.positive_from,
        answered_at=invitation.answered_at,
        comment_message=invitation.comment_message,
    )


def figures(invitations: Sequence[Invitation]) -> Figures:
    """csat.md, Figures, over sent invitations; None where there is nothing to average."""
    answers = tuple(answer for one in invitations if (answer := answer_of(one)) is not None)
    numbers = [answer.number for answer in answers]
    spread: Mapping[str, int] = {str(number): numbers.count(number) for number in sorted(set(numbers))}
    return Figures(
        sent=len(invitations),
        answered=len(answers),
        response_rate=len(answers) / len(invitations) * 100 if invitations else None,
        satisfaction=sum(a.positive for a in answers) / len(answers) * 100 if answers else None,
        average=sum(numbers) / len(numbers) if numbers else None,
        distribution=dict(spread),
        answers=answers,
    )


def _made(conversation: str, resolved: Resolved, survey: str | None, stage: Stage) -> Invitation:
    return Invitation(
        id=invitation_id(conversation, resolved.episode),
        conversation=conversation,
        episode=resolved.episode,
        survey=survey,
        stage=stage,
        contact=resolved.contact,
        channel=resolved.channel,
        agent=counts_for(resolved),
        team=resolved.team,
        topics=resolved.topics,
        language=resolved.language,
        due_at=resolved.at,
    )
