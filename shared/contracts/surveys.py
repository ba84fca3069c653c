"""Satisfaction surveys: what csat says and answers (csat.md)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Command, Contract, Event, Instant


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
    """An answer with what it counts for (RP-06: as of the resolve)."""

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
    positive: bool
    answered_at: Instant
    comment_message: str | None = None


class AnswerRecorded(Event):
    """``survey.answered``: rules and webhooks may react to it."""

    type: ClassVar[str] = "survey.answered.v1"

    answer: AnswerSnapshot


class Figures(Contract):
    """csat.md, Figures; None where there is nothing to average."""

    sent: int
    answered: int
    response_rate: float | None
    satisfaction: float | None
    average: float | None
    distribution: dict[str, int]
    answers: tuple[AnswerSnapshot, ...] = ()


class ReadFigures(Command[Figures]):
    """Figures of a time range, with optional filters."""

    type: ClassVar[str] = "csat.read_figures"
    service: ClassVar[str] = "csat"

    start: Instant
    end: Instant
    survey: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    topic: str | None = None
