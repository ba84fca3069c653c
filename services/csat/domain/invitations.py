"""An invitation through its life: scheduled, opening, sent, answered; or skipped, or cancelled. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.csat.domain.gate import Skipped, counts_for, version
from shared.contracts.base import Actor, Contract, Instant
from shared.contracts.conversations import ConversationSnapshot, SurveyOption
from shared.contracts.conversations import Invitation as Opened
from shared.contracts.facts import Resolved, SurveyAnswered, SurveyCommented
from shared.contracts.settings import Survey
from shared.contracts.surveys import AnswerSnapshot
from shared.contracts.words import ActorKind, AnsweredBy
from shared.ids import derived

TRY_AGAIN = timedelta(seconds=10)
"""After how long an opening that nobody finished is taken up again, at first."""
MOST_ATTEMPTS = 20
"""Some nine hours; a survey that comes later than that asks about something forgotten."""
MESSAGES = frozenset({"send", "follow", "thank"})
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

    ``last_inbound_at`` is the contact's last message before that: a channel's reply window counts from it. The texts
    are those of the language version ``shown_in``. ``expires_at`` is counted from the first attempt to send.
    ``answered_at`` is the latest answer's time.
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
    shown_in: str = ""
    question: str = ""
    follow_up: str = ""
    thank_you: str = ""
    last_inbound_at: Instant | None = None
    expires_days: int = 7
    expires_at: Instant | None = None
    option: str | None = None
    answered_at: Instant | None = None
    first_answered_at: Instant | None = None
    answered_by: AnsweredBy = AnsweredBy.TYPED
    comment_message: str | None = None
    commented_by: AnsweredBy = AnsweredBy.TYPED
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


def author(invitation: Invitation, name: str) -> Actor:
    """As whom its messages and its note are written."""
    return Actor(kind=ActorKind.SYSTEM, id=f"survey:{invitation.survey}", name=name)


def skipped(conversation: ConversationSnapshot, resolved: Resolved, survey: str | None, reason: Skipped) -> Invitation:
    """The record that none was sent, and why."""
    return _made(conversation, resolved, survey, Stage.SKIPPED).model_copy(update={"reason": reason})


def scheduled(conversation: ConversationSnapshot, resolved: Resolved, id: str, survey: Survey) -> Invitation:
    """Due at the resolve plus the delay."""
    chosen = version(survey, resolved.language)
    due = due_at(survey, resolved)
    options = tuple(
        SurveyOption(id=str(number), number=number, labels=(choice.label,), emoji=choice.emoji or None)
        for number, choice in enumerate(chosen.options, start=1)
    )
    made = _made(conversation, resolved, id, Stage.SCHEDULED)
    return made.model_copy(
        update={
            "options": options,
            "shown_in": chosen.language,
            "question": chosen.question,
            "follow_up": chosen.follow_up,
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
        update={
            "stage": Stage.OPENING,
            "attempt": invitation.attempt + 1,
            "expires_at": _expires_at(invitation, now),
            "wake_at": now + pause,
        }
    )


def opened(invitation: Invitation, now: datetime) -> Opened:
    """What the conversation keeps while answers count."""
    return Opened(
        id=invitation.id,
        episode=invitation.episode,
        options=invitation.options,
        expires_at=_expires_at(invitation, now),
    )


def _expires_at(invitation: Invitation, now: datetime) -> datetime:
    return invitation.expires_at or now + timedelta(days=invitation.expires_days)


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
    """The answer, or the later one that replaces it; facts may come in any order."""
    first = min(fact.at, invitation.first_answered_at or fact.at)
    changed: dict[str, Any] = {"first_answered_at": first}
    if invitation.answered_at is None or invitation.answered_at < fact.at:
        changed |= {"option": fact.option, "answered_at": fact.at, "answered_by": fact.how}
    return invitation.model_copy(update=changed)


def commented(invitation: Invitation, fact: SurveyCommented) -> Invitation:
    """The text after the rating stays in its message; here is its id."""
    return invitation.model_copy(update={"comment_message": fact.message, "commented_by": fact.how})


def as_opened(invitation: Invitation, conversation: ConversationSnapshot) -> Invitation:
    """What routing says of it now, ahead of the facts that will tell the same."""
    for opened in (conversation.invitation, *conversation.earlier_invitations):
        if opened is not None and opened.id == invitation.id:
            commented = invitation.comment_message or ("" if opened.commented else None)
            update = {
                "option": opened.option,
                "answered_at": invitation.answered_at or opened.answered_at,
                "first_answered_at": opened.answered_at,
                "comment_message": commented,
            }
            return invitation.model_copy(update=update)
    return invitation


def next_word(invitation: Invitation) -> tuple[str, str] | None:
    """The step and text of what is said after a rating or a comment made in the conversation; None: nothing.

    What came by the hosted page is answered there.
    """
    if invitation.option is None or invitation.answered_by is AnsweredBy.PAGE:
        return None
    if invitation.follow_up and invitation.comment_message is None:
        return "follow", invitation.follow_up
    told = invitation.comment_message is not None and invitation.commented_by is AnsweredBy.PAGE
    return None if told or not invitation.thank_you else ("thank", invitation.thank_you)


def answer_of(invitation: Invitation) -> AnswerSnapshot | None:
    """The answer with what it counts for; None while there is none."""
    if invitation.option is None or invitation.answered_at is None or invitation.survey is None:
        return None
    option = next((o for o in invitation.options if o.id == invitation.option), None)
    number = 0 if option is None else option.number
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
        label="" if option is None else option.labels[0],
        emoji=None if option is None else option.emoji,
        positive=number >= invitation.positive_from,
        sent_at=invitation.sent_at,
        answered_at=invitation.answered_at,
        how=invitation.answered_by,
        comment_message=invitation.comment_message,
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
