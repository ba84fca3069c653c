"""Open surveys in a conversation: what counts as an answer or a comment, and until when (csat.md, Answers). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from shared.contracts.base import SYSTEM, Actor
from shared.contracts.conversation_commands import AnswerInvitation
from shared.contracts.conversations import ConversationSnapshot, Invitation, SurveyOption
from shared.contracts.facts import InvitationOpened, SurveyAnswered, SurveyCommented, SurveyDecided
from shared.contracts.messages import MessageSnapshot
from shared.contracts.surveys import SurveyDecision
from shared.contracts.words import ActorKind, AnsweredBy, Status
from shared.errors import Conflict, NotFound, StaleVersion

REPLACING = timedelta(minutes=10)
COMMENTING = timedelta(hours=1)
MOST_EARLIER = 5
"""Surveys of former episodes that a conversation remembers."""


def open_invitation(conversation: ConversationSnapshot, invitation: Invitation, desk: Desk, now: datetime) -> Decision:
    """csat asks to open a survey. Raises StaleVersion (409) unless still resolved in the invitation's episode.

    One that was opened before and not sent is opened anew after a later resolve, for as long as that one allows.
    """
    known = conversation.invitation
    if known is not None and known.id == invitation.id and (known.option or invitation.expires_at <= known.expires_at):
        return unchanged(conversation)
    if conversation.status is not Status.RESOLVED or conversation.episode != invitation.episode:
        raise StaleVersion("The conversation was reopened.", current=conversation.model_dump(mode="json"))
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    former = (*conversation.earlier_invitations, *(() if known is None else (known,)))
    earlier = tuple(one for one in former if now < one.expires_at and one.id != invitation.id)[-MOST_EARLIER:]
    change.set(invitation=invitation, earlier_invitations=earlier)
    change.say(InvitationOpened, invitation=invitation.id, expires_at=invitation.expires_at)
    return change.decide()


def answer_invitation(
    conversation: ConversationSnapshot, answer: AnswerInvitation, desk: Desk, now: datetime
) -> Decision:
    """A button or the hosted page. Counts until expiry, whatever the status; a second one within ten minutes replaces.

    Raises NotFound (404) for an unknown invitation or option, Conflict (409) when it is too late.
    """
    current = _known(conversation, answer.invitation)
    if all(known.id != answer.option for known in current.options):
        raise NotFound("There is no such survey or option.")
    if current.option == answer.option:
        return unchanged(conversation)
    if now >= current.expires_at:
        raise Conflict("The survey is over.")
    if not _may_answer(current, now):
        raise Conflict("The survey has been answered.")
    change = _by_the_contact(conversation, desk, now)
    _answer(change, current, answer.option, None, answer.how)
    return change.decide()


def comment_invitation(
    conversation: ConversationSnapshot, invitation: str, message: str, desk: Desk, now: datetime
) -> Decision:
    """The hosted page's comment, once, after a rating and until expiry; ``message`` is the note that keeps it.

    Raises NotFound (404) for an unknown invitation, Conflict (409) where there is no rating yet or a comment already.
    """
    current = _known(conversation, invitation)
    if now >= current.expires_at:
        raise Conflict("The survey is over.")
    if current.answered_at is None or current.commented:
        raise Conflict("A comment comes after the rating, and once.")
    change = _by_the_contact(conversation, desk, now)
    _keep(change, current.model_copy(update={"commented": True}))
    change.say(SurveyCommented, episode=current.episode, invitation=current.id, message=message, how=AnsweredBy.PAGE)
    return change.decide()


def decided(conversation: ConversationSnapshot, event: SurveyDecision, desk: Desk, now: datetime) -> Decision:
    """What csat did at a resolve, into the trail (CS-13)."""
    change = Change(conversation, conversation, desk=desk, at=event.at, now=now, by=SYSTEM)
    change.say(SurveyDecided, episode=event.episode, survey=event.survey, sent=event.sent, reason=event.reason)
    change.set(changed_at=now)
    return change.decide()


def hear(change: Change, message: MessageSnapshot) -> bool:
    """Whether an inbound message is an answer or a comment (T18a), and if so, take it in.

    Any other text on an open survey is a normal message; from then on only buttons and the page count.
    """
    conversation = change.conversation
    current = conversation.invitation
    if (
        current is None
        or conversation.status is not Status.RESOLVED
        or current.episode != conversation.episode
        or current.typed_closed
        or change.at >= current.expires_at
    ):
        return False
    text = message.text.strip()
    option = _option(current.options, text)
    if option is not None and _may_answer(current, change.at):
        _answer(change, current, option.id, message.id, AnsweredBy.TYPED)
        return True
    if text and _may_comment(current, change.at):
        change.set(invitation=current.model_copy(update={"commented": True}))
        change.say(SurveyCommented, invitation=current.id, message=message.id)
        return True
    change.set(invitation=current.model_copy(update={"typed_closed": True}))
    return False


def _option(options: tuple[SurveyOption, ...], text: str) -> SurveyOption | None:
    wanted = _typed(text)
    for option in options:
        spellings = {_typed(spelling) for spelling in (str(option.number), *option.labels, option.emoji or "")}
        if wanted and wanted in spellings:
            return option
    return None


def _typed(text: str) -> str:
    """Case and the sign that asks for the coloured form of a character do not matter."""
    return text.replace("\ufe0f", "").strip().casefold()


def _may_answer(invitation: Invitation, at: datetime) -> bool:
    return invitation.answered_at is None or at < invitation.answered_at + REPLACING


def _may_comment(invitation: Invitation, at: datetime) -> bool:
    return invitation.answered_at is not None and not invitation.commented and at < invitation.answered_at + COMMENTING


def _answer(change: Change, invitation: Invitation, option: str, message: str | None, how: AnsweredBy) -> None:
    answered_at = invitation.answered_at or change.at
    _keep(change, invitation.model_copy(update={"answered_at": answered_at, "option": option}))
    change.say(
        SurveyAnswered, episode=invitation.episode, invitation=invitation.id, option=option, message=message, how=how
    )


def _known(conversation: ConversationSnapshot, id: str) -> Invitation:
    """The invitation, of this episode or of a former one."""
    found = [one for one in (conversation.invitation, *conversation.earlier_invitations) if one and one.id == id]
    if not found:
        raise NotFound("There is no such survey or option.")
    return found[0]


def _keep(change: Change, after: Invitation) -> None:
    """In the place of the former state of the same invitation."""
    conversation = change.conversation
    if conversation.invitation is not None and conversation.invitation.id == after.id:
        change.set(invitation=after)
        return
    kept = (after if one.id == after.id else one for one in conversation.earlier_invitations)
    change.set(earlier_invitations=tuple(kept))


def _by_the_contact(conversation: ConversationSnapshot, desk: Desk, now: datetime) -> Change:
    by = Actor(kind=ActorKind.CONTACT, id=conversation.contact, name=conversation.contact_name)
    return Change(conversation, conversation, desk=desk, at=now, now=now, by=by)
