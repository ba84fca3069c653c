"""What csat hears and answers, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from services.csat.handlers import Handlers
from services.csat.pages import Pages
from shared.bus import Row, answers, consumes
from shared.contracts.conversations import ConversationChanged
from shared.contracts.surveys import AnswerSurveyPage, ReadAnswers, ReadFigures, ReadSurveyPage


def table(handlers: Handlers, pages: Pages) -> Sequence[Row]:
    """Event or command → handler."""
    return (
        consumes(ConversationChanged, handlers.on_conversation_changed),
        answers(ReadFigures, handlers.figures),
        answers(ReadAnswers, handlers.answers),
        answers(ReadSurveyPage, pages.read),
        answers(AnswerSurveyPage, pages.answer),
    )
