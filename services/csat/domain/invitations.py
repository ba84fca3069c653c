"""An invitation through its life: scheduled, opening, sent, answered; or skipped, or cancelled. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.csat.domain.gate import Skipped, counts_for, version
from shared.contracts.base import Contract, Instant
from shared.contracts.conversations import ConversationSnapshot, SurveyOption
from shared.contracts.conversations import Invitation as Opened
from shared.contracts.facts import Resolved, SurveyAnswered, SurveyCommented
from shared.contracts.settings import Survey
from shared.contracts.surveys import AnswerSnapshot, Figures
from shared.ids import derived

TRY_AGAIN = timedelta(seconds=10)
"""After how long an opening that nobody finished is taken up again, at first."""
MOST_ATTEMPTS = 20
"""Some nine hours; a survey that comes later than that asks about something forgotten."""
MESSAGES = frozenset({"send", "thank"})
"""Steps that send a message: each at most once an invitation."""


class Stage(StrEnum):
    """``sent`` is final: answers only complete it. Skipped and cancelled may be scheduled again by a later resolve."""

    SKIPPED = "skipped"
    SCHEDULED = "scheduled"
    OPENING = "opening"
    SENT = "sent"
    CANCELLED = "cancelled"


class Invitation(Contract):
    """One per (conversation, episode). ``resolved_version`` is the conversation's at the resolve that it is about.

    ``last_inbound_at`` is the contact's last message before that: a channel's reply window counts from it.
    """

    id: str
    version: int = 0
    conversation: str
    episode: int
    survey: str | None
    resolved_version: int
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
    thank_you: str = ""
    last_inbound_at: Instant | None = None
    expires_days: int = 7
    option: str | None = None
    answered_at: Instant | None = None
    comment_message: str | None = None
    wake_at: Instant | None = None


def invitation_id(conversation: str, episode: int) -> str:
    """One per (conversation, episode)."""
    return derived("invitation", conversation, episode)


def step_id(invitation: str, *step: str | int) -> str:
    """What a step of an invitation is known by, so that repeating it does nothing."""
    return derived("survey", invitation, *step)


def survey_message(invitation: str) -> str:
    """The id that ingest gives the survey's message: at most one an invitation."""
    return derived("sent", step_id(invitation, "send"))


def skipped(conversation: ConversationSnapshot, resolved: Resolved, survey: str | None, reason: Skipped) -> Invitation:
    """The record that none was sent, and why."""
    return _made(conversation, resolved, survey, Stage.SKIPPED).model_copy(update={"reason": reason})


def scheduled(conversation: ConversationSnapshot, resolved: Resolved, id: str, survey: Survey) -> Invitation:
    """Due at the resolve plus the delay."""
    chosen = version(survey, resolved.language)
    due = due_at(survey, resolved)
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
            "thank_you": chosen.thank_you,
            "positive_from": len(options) + 1 - _positive(survey, len(options)),
            "expires_days": survey.expires_days,
            "due_at": due,
            "wake_at": due,
        }
    )


def due_at(survey: Survey, resolved: Resolved) -> datetime:
    """CS-05."""
    return resolved.at + timedelta(minutes=survey.delay_minutes)


def _positive(survey: Survey, options: int) -> int:
    """How many of the best options count as positive: as the survey says, else in proportion to two of five."""
    wanted = survey.positive_options or round(options * 2 / 5)
    return min(max(wanted, 1), options - 1)


def may_replace(current: Invitation | None, resolved_version: int) -> bool:
    """Whether a resolve decides anew: a later one of the episode does until the survey is being sent."""
    return current is None or (
        current.stage in (Stage.SKIPPED, Stage.CANCELLED, Stage.SCHEDULED)
        and current.resolved_version < resolved_version
    )


def reopened(invitation: Invitation, version: int) -> Invitation:
    """The conversation left *resolved* at ``version``: what was scheduled before that is cancelled (CS-05)."""
    if invitation.stage is not Stage.SCHEDULED or invitation.resolved_version >= version:
        return invitation
    return cancelled(invitation, Skipped.REOPENED)


def wake(invitation: Invitation, now: datetime) -> Invitation:
    """Due: take it up, and again later should nobody finish (each attempt repeats the same named steps)."""
    if invitation.stage not in (Stage.SCHEDULED, Stage.OPENING):
        return invitation.model_copy(update={"wake_at": None})
    if invitation.attempt >= MOST_ATTEMPTS:
        return cancelled(invitation, Skipped.UNSENT)
    pause = TRY_AGAIN * (2 ** min(invitation.attempt, 8))
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
    """The survey message was stored for sending; final, also where it was thought cancelled."""
    if invitation.stage in (Stage.SENT, Stage.SKIPPED):
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


def _made(conversation: ConversationSnapshot, resolved: Resolved, survey: str | None, stage: Stage) -> Invitation:
    return Invitation(
        id=invitation_id(conversation.id, resolved.episode),
        conversation=conversation.id,
        episode=resolved.episode,
        survey=survey,
        resolved_version=conversation.version,
        stage=stage,
        contact=resolved.contact,
        channel=resolved.channel,
        agent=counts_for(resolved),
        team=resolved.team,
        topics=resolved.topics,
        language=resolved.language,
        last_inbound_at=conversation.last_inbound_at,
        due_at=resolved.at,
    )
