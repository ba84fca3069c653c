"""Survey figures and the answers behind them (csat.md, Figures)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.conversations import Cursor, Filter
from services.gateway.api.principal import Me, documented
from services.gateway.domain.access import Action, OnChannel
from shared.contracts.base import Instant
from shared.contracts.surveys import AnswerPage, Figures, ReadAnswers, ReadFigures
from shared.errors import Unprocessable
from shared.http import CleanRoute

router = APIRouter(prefix="/api/surveys", tags=["surveys"], route_class=CleanRoute, dependencies=documented)


@dataclass(frozen=True)
class Range:
    """Surveys sent in [start, end), narrowed by what they count for."""

    start: Instant
    end: Instant
    survey: str | None
    agent: str | None
    team: str | None
    channel: str | None
    topic: str | None


def range_of(
    principal: Me,
    start: Instant,
    end: Instant,
    survey: Filter = None,
    agent: Filter = None,
    team: Filter = None,
    channel: Filter = None,
    topic: Filter = None,
) -> Range:
    """What is asked for, by whom it may be: admins; supervisors by channel; everybody his own (RP-04)."""
    if end < start:
        raise Unprocessable("The end lies before the start.", errors=[{"field": "end", "message": "Too early."}])
    if agent != principal.access.id:
        principal.need(Action.READ_FIGURES, OnChannel(channel) if channel is not None else None)
    return Range(start, end, survey, agent, team, channel, topic)


Wanted = Annotated[Range, Depends(range_of)]


@router.get("/figures", responses={200: {"model": Figures}, **errors()}, response_model=None)
async def figures(wanted: Wanted, asks: Asks) -> Response:
    """Response rate, satisfaction, average and distribution of the surveys sent in a time range."""
    return answer(await asks.ask(ReadFigures(**vars(wanted))))


@router.get("/answers", responses={200: {"model": AnswerPage}, **errors()}, response_model=None)
async def answers(
    wanted: Wanted, asks: Asks, after: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """The answers behind the figures, each with its conversation; those of the surveys sent last first."""
    return answer(await asks.ask(ReadAnswers(**vars(wanted), after=after, limit=limit)))
