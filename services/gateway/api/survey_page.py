"""``/survey/{token}``: the hosted page of a survey, for whoever has the link. No session; limited by the minute."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse

from services.gateway.api.parts import Parts, PartsOf
from services.gateway.survey_html import HEADERS, notice, survey_page
from services.gateway.survey_words import words_of
from shared.bus import metadata
from shared.contracts.base import Command, Contract
from shared.contracts.surveys import AnswerSurveyPage, ReadSurveyPage, SurveyPage
from shared.errors import NotFound, RetryLater, SwitchboardError, TimedOut, TooManyRequests
from shared.ids import new_id
from shared.text import clean

R = TypeVar("R", bound=Contract)

router = APIRouter(prefix="/survey", include_in_schema=False)

Token = Annotated[str, Path(max_length=200)]
Language = Annotated[str | None, Query(max_length=35, alias="lang")]
MOST_COMMENT = 5000
MOST_LANGUAGES = 10
LONGEST = 64 * 1024
"""Bytes of a form; a comment of that many characters in any script, percent-encoded, fits."""


@router.api_route("/{token}", methods=["GET", "HEAD"], response_model=None)
async def read(token: Token, request: Request, parts: PartsOf, lang: Language = None) -> HTMLResponse:
    """The page. Opening it answers nothing, so that mail scanners may."""
    command = ReadSurveyPage(token=token, language=_tag(lang), accepted=accepted(request))
    return await _page(request, parts, command)


@router.post("/{token}", response_model=None)
async def write(token: Token, request: Request, parts: PartsOf) -> HTMLResponse:
    """An answer (a button) or a comment, of the page's own form."""
    body = await request.body()
    form = parse_qs(body[:LONGEST].decode("utf-8", "replace")) if _is_form(request) else {}
    given = {name: clean(values[-1]) for name, values in form.items()}
    command = AnswerSurveyPage(
        token=token,
        option=given.get("option", "")[:64] or None,
        comment=given.get("comment", "").strip()[:MOST_COMMENT] or None,
        language=_tag(given.get("lang")),
        accepted=accepted(request),
    )
    return await _page(request, parts, command)


async def _page(request: Request, parts: Parts, command: Command[SurveyPage]) -> HTMLResponse:
    try:
        await parts.survey_pages.check(f"from {request.client.host if request.client is not None else ''}")
        found = await _ask(parts, command)
    except SwitchboardError as error:
        return _refused(request, error)
    return HTMLResponse(survey_page(found), headers=HEADERS)


async def _ask(parts: Parts, command: Command[R]) -> R:
    meta = metadata(command, cause=None, event_id=new_id(), now=parts.clock.now())
    return await parts.bus.ask(command, meta=meta, timeout=parts.settings.ask_seconds)


def _refused(request: Request, error: SwitchboardError) -> HTMLResponse:
    """What went wrong, as a page in the browser's language."""
    language = next(iter(accepted(request)), "en")
    words = words_of(language)
    match error:
        case TooManyRequests():
            status, title, text = error.status, words.busy, words.busy_text
        case RetryLater() | TimedOut():
            status, title, text = HTTPStatus.SERVICE_UNAVAILABLE, words.away, words.away_text
        case NotFound():
            status, title, text = error.status, words.unknown, words.unknown_text
        case _:
            raise error
    after = {"Retry-After": "60"} if status != HTTPStatus.NOT_FOUND else {}
    return HTMLResponse(notice(language, title, text), status, headers={**HEADERS, **after})


def accepted(request: Request) -> tuple[str, ...]:
    """The languages of Accept-Language, the preferred first."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:500].split(",")):
        name, _, quality = part.strip().partition(";")
        tag = _tag(name.strip())
        if tag is not None:
            wanted.append((-_quality(quality), place, tag))
    return tuple(tag for quality, _, tag in sorted(wanted) if quality < 0)[:MOST_LANGUAGES]


def _quality(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0


def _tag(text: str | None) -> str | None:
    """A language tag, or None for anything else."""
    fits = text is not None and 2 <= len(text) <= 35 and text.isascii() and text.replace("-", "").isalnum()
    return text if fits else None


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
