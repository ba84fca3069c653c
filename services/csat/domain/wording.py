"""How a survey reads as a message: the question, the choices, perhaps a link; and its buttons. Pure."""

from __future__ import annotations

from services.csat.domain.invitations import Invitation
from shared.contracts.conversations import SurveyOption
from shared.contracts.messages import QuickReply
from shared.contracts.settings import Survey
from shared.contracts.words import Medium


def message(invitation: Invitation, link: str | None) -> str:
    """The question, what may be answered, and on a line of its own the address of the hosted page."""
    options = invitation.options
    told = [f"{option.number} – {_label(option)}" for option in options if _label(option) != str(option.number)]
    choices = "\n".join(told) if told else f"(1–{len(options)})"
    asked = f"{invitation.question}\n{choices}"
    return asked if link is None else f"{asked}\n\n{link}"


def buttons(invitation: Invitation) -> tuple[QuickReply, ...]:
    """One an option, named as the option is."""
    return tuple(QuickReply(id=option.id, label=_label(option)) for option in invitation.options)


def wants_link(survey: Survey | None, medium: Medium | None) -> bool:
    """Whether the message links to the hosted page."""
    match "never" if survey is None else survey.page_link:
        case "always":
            return True
        case "mail":
            return medium is Medium.EMAIL
        case _:
            return False


def _label(option: SurveyOption) -> str:
    return " ".join(part for part in (option.emoji, option.labels[0]) if part)
