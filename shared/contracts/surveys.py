"""Satisfaction surveys: what csat says and answers (csat.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Command, Contract, Event, Instant
from shared.contracts.words import AnsweredBy


class SurveyDecision(Event):
    """CS-13: sent, or skipped with the first failing test of the gate; routing writes it into the trail."""

    type: ClassVar[str] = "survey.decided.v1"

    conversation: str
    episode: int
    at: Instant
    survey: str | None
    invitation: str | None
    sent: bool
    reason: str | None = None


class AnswerSnapshot(Contract):
    """An answer with what it counts for (RP-06: as of the resolve).

    ``agent`` resolved it: a person, or a virtual agent. ``comment_message`` is the message, or the note for the hosted
    page's, that holds the comment; texts are kept nowhere else.
    """

    id: str
    survey: str
    invitation: str
    conversation: str
    episode: int
    contact: str
    agent: str | None
    team: str | None
    channel: str
    topics: tuple[str, ...] = ()
    option: str
    number: int
    label: str = ""
    emoji: str | None = None
    positive: bool
    sent_at: Instant | None = None
    answered_at: Instant
    how: AnsweredBy = AnsweredBy.TYPED
    comment_message: str | None = None


class AnswerRecorded(Event):
    """``survey.answered``: rules and webhooks may react to it."""

    type: ClassVar[str] = "survey.answered.v1"

    answer: AnswerSnapshot


class Figures(Contract):
    """csat.md, Figures, of the surveys sent in a range; None where there is nothing to average.

    ``distribution`` counts answers by the option's number.
    """

    sent: int
    answered: int
    positive: int = 0
    response_rate: float | None
    satisfaction: float | None
    average: float | None
    distribution: dict[str, int]


class Wanted(Contract):
    """Surveys sent in [start, end), narrowed by what they count for."""

    start: Instant
    end: Instant
    survey: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    topic: str | None = None


class ReadFigures(Command[Figures], Wanted):
    """Figures of a time range, with optional filters."""

    type: ClassVar[str] = "csat.read_figures"
    service: ClassVar[str] = "csat"


class AnswerPage(Contract):
    """Answers of the surveys sent last first; ``next`` is the cursor of the next page."""

    items: tuple[AnswerSnapshot, ...]
    next: str | None = None


class ReadAnswers(Command[AnswerPage], Wanted):
    """The answers behind the figures, a page at a time."""

    type: ClassVar[str] = "csat.read_answers"
    service: ClassVar[str] = "csat"

    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class PageState(StrEnum):
    """What the hosted page of a survey shows. ``final``: answered, and too late to change that."""

    OPEN = "open"
    ANSWERED = "answered"
    FINAL = "final"
    EXPIRED = "expired"


class PageOption(Contract):
    """One answer on the hosted page."""

    id: str
    number: int
    label: str
    emoji: str | None = None


class SurveyPage(Contract):
    """The hosted page of an invitation, in ``language``; ``languages`` are those it can be shown in.

    ``chosen`` is the answer so far. A comment may be given once, after the rating (``may_comment``).
    """

    state: PageState
    language: str
    languages: tuple[str, ...]
    question: str
    options: tuple[PageOption, ...]
    follow_up: str = ""
    thank_you: str = ""
    chosen: str | None = None
    may_comment: bool = False
    commented: bool = False


class ReadSurveyPage(Command[SurveyPage]):
    """The page that a signed link opens; 404 for a link that we did not make.

    ``language`` was chosen on the page; else the contact's serves, else the first of ``accepted`` (the browser's) that
    the survey has.
    """

    type: ClassVar[str] = "csat.read_survey_page"
    service: ClassVar[str] = "csat"

    token: str = Field(max_length=200)
    language: str | None = Field(default=None, max_length=35)
    accepted: tuple[str, ...] = Field(default=(), max_length=20)


class AnswerSurveyPage(Command[SurveyPage]):
    """The page's answer (an option's id), or its comment; replies the page as it then is, also when it was too late.

    404 for a link that we did not make or an option that the survey does not have.
    """

    type: ClassVar[str] = "csat.answer_survey_page"
    service: ClassVar[str] = "csat"

    token: str = Field(max_length=200)
    option: str | None = Field(default=None, max_length=64)
    comment: str | None = Field(default=None, max_length=5000)
    language: str | None = Field(default=None, max_length=35)
    accepted: tuple[str, ...] = Field(default=(), max_length=20)
