"""What the hosted page of an invitation shows: in which language, and whether answers still count. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.csat.domain.invitations import Invitation
from shared.contracts.conversations import SurveyOption
from shared.contracts.settings import Survey, SurveyLanguage
from shared.contracts.surveys import PageOption, PageState, SurveyPage

CHANGING = timedelta(minutes=10)
"""From the first answer on (csat.md, Answers)."""


def page(
    invitation: Invitation, survey: Survey | None, language: str | None, accepted: Sequence[str], now: datetime
) -> SurveyPage:
    """The page as of ``now``. The version that was sent stays as it was; the survey lends it its other languages."""
    versions = _versions(invitation, survey)
    shown = _shown(invitation, list(versions), language, accepted)
    state = _state(invitation, now)
    chosen = versions[shown]
    return SurveyPage(
        state=state,
        language=shown,
        languages=tuple(versions),
        question=invitation.question if chosen is None else chosen.question,
        follow_up=invitation.follow_up if chosen is None else chosen.follow_up,
        thank_you=invitation.thank_you if chosen is None else chosen.thank_you,
        options=tuple(_option(option, chosen) for option in invitation.options),
        chosen=invitation.option,
        may_comment=invitation.option is not None and invitation.comment_message is None and not _over(invitation, now),
        commented=invitation.comment_message is not None,
    )


def _option(option: SurveyOption, version: SurveyLanguage | None) -> PageOption:
    if version is None:
        return PageOption(id=option.id, number=option.number, label=option.labels[0], emoji=option.emoji)
    choice = version.options[option.number - 1]
    return PageOption(id=option.id, number=option.number, label=choice.label, emoji=choice.emoji or None)


def _versions(invitation: Invitation, survey: Survey | None) -> dict[str, SurveyLanguage | None]:
    """By language, in the survey's order; None is the version that was sent."""
    others = () if survey is None else survey.versions
    found: dict[str, SurveyLanguage | None] = {}
    for version in others:
        if _primary(version.language) == _primary(invitation.shown_in):
            found[invitation.shown_in] = None
        elif len(version.options) == len(invitation.options):
            found[version.language] = version
    return found if invitation.shown_in in found else {invitation.shown_in: None, **found}


def _shown(invitation: Invitation, known: Sequence[str], language: str | None, accepted: Sequence[str]) -> str:
    """What was chosen on the page, else the contact's, else the first that the browser takes, else as sent."""
    contact = invitation.language
    of_contact = contact if contact and _primary(contact) == _primary(invitation.shown_in) else None
    for wanted in (language, of_contact, *accepted):
        for one in known:
            if wanted and _primary(one) == _primary(wanted):
                return one
    return invitation.shown_in


def _state(invitation: Invitation, now: datetime) -> PageState:
    if invitation.option is None:
        return PageState.EXPIRED if _over(invitation, now) else PageState.OPEN
    first = invitation.first_answered_at or invitation.answered_at
    changeable = first is not None and now < first + CHANGING and not _over(invitation, now)
    return PageState.ANSWERED if changeable else PageState.FINAL


def _over(invitation: Invitation, now: datetime) -> bool:
    return invitation.expires_at is not None and now >= invitation.expires_at


def _primary(language: str) -> str:
    return language.partition("-")[0].casefold()
