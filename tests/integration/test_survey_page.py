"""``/survey/{token}`` of a running gateway, with csat and routing's decisions behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from services.csat.domain.link import token
from services.gateway.security.throttle import Throttle
from services.gateway.survey_html import STYLE
from shared.contracts.acts import Resolve
from shared.contracts.base import Meta
from shared.contracts.surveys import AnswerSurveyPage, ReadSurveyPage, SurveyPage
from shared.errors import RetryLater
from tests.support.clock import ManualClock
from tests.support.conversations import at
from tests.support.gateway import Running, running_gateway
from tests.support.surveys import KEY, CsatInMemory, solved_story, survey

pytestmark = pytest.mark.integration

VERSIONS = [
    {"language": "en", "question": "How was it?", "follow_up": "Why?", "thank_you": "Thank you!"},
    {"language": "es", "question": "¿Qué tal?"},
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class House:
    """A gateway, a survey that was sent, and its page's path."""

    gateway: Running
    csat: CsatInMemory
    http: httpx2.AsyncClient
    path: str

    async def post(self, **fields: str) -> httpx2.Response:
        return await self.http.post(self.path, data=fields)


@pytest.fixture
async def house(mongo_url: str, prefix: str) -> AsyncIterator[House]:
    csat = CsatInMemory({"srv": survey(versions=VERSIONS)}, clock=ManualClock(at(20)))
    told = solved_story()
    await csat.hear(told.act(Resolve(reason="solved"), 20))
    await csat.wake(at(20))
    async with running_gateway(mongo_url, prefix) as running:
        running.bus.answer_with(ReadSurveyPage, csat.pages.read)
        running.bus.answer_with(AnswerSurveyPage, csat.pages.answer)
        async with running.client() as http:
            yield House(running, csat, http, f"/survey/{token((await csat.invitation(told)).id, KEY)}")


async def test_CS_10_a_contact_answers_comments_and_corrects_without_a_session(house: House) -> None:
    page = await house.http.get(house.path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-store"
    assert "How was it?" in page.text
    assert f"<style>{STYLE}</style>" in page.text, "as the policy's hash says"
    assert (await house.http.head(house.path)).status_code == 200
    [invitation] = await house.csat.invitations.find({}, limit=10)
    assert invitation.option is None, "looking answers nothing"
    answered = await house.post(option="2")
    assert answered.status_code == 200
    assert "Thank you!" in answered.text
    assert "Why?" in answered.text
    house.csat.clock.set(at(80))
    await house.post(option="5")
    commented = await house.post(comment="Muy bien 😀, gracias", lang="es")
    assert "Su comentario ha quedado registrado." in commented.text
    [note] = house.csat.notes.values()
    assert note.text == "Muy bien 😀, gracias"
    [invitation] = await house.csat.invitations.find({}, limit=10)
    assert (invitation.option, invitation.comment_message) == ("5", next(iter(house.csat.notes)))


async def test_the_page_follows_the_browser_unless_a_language_is_chosen(house: House) -> None:
    spanish = await house.http.get(house.path, headers={"Accept-Language": "de;q=0.5, es-MX, en;q=0.1"})
    assert "¿Qué tal?" in spanish.text
    assert '<html lang="es">' in spanish.text
    chosen = await house.http.get(f"{house.path}?lang=en", headers={"Accept-Language": "es"})
    assert "How was it?" in chosen.text
    for odd in ("", "*", "xx-" * 300, ";;q=,", "es;q=nonsense"):
        assert (await house.http.get(house.path, headers={"Accept-Language": odd})).status_code == 200


async def test_CS_11_an_expired_survey_says_so(house: House) -> None:
    house.csat.clock.set(at(8 * 86_400))
    assert "This survey is over." in (await house.http.get(house.path)).text
    assert "This survey is over." in (await house.post(option="1")).text
    [invitation] = await house.csat.invitations.find({}, limit=10)
    assert invitation.option is None


@pytest.mark.parametrize("wrong", ["x", "A" * 43, "%00", "<script>", "ñ"])
async def test_a_wrong_link_is_not_found(house: House, wrong: str) -> None:
    for answer in (await house.http.get(f"/survey/{wrong}"), await house.http.post(f"/survey/{wrong}", data={})):
        assert answer.status_code == 404
        assert "There is no such survey" in answer.text
    assert (await house.http.get("/survey/" + "a" * 300)).status_code in (404, 422)


async def test_whatever_is_posted_is_answered(house: House) -> None:
    for body in (b"", b"option=", b"comment=%ff%00", b"&&&==", b"lang=es&" * 50, b"a" * 100_000):
        answer = await house.http.post(house.path, content=body, headers=FORM)
        assert answer.status_code in (200, 400), body[:40]
    assert (await house.http.post(house.path, json={"option": "1"})).status_code == 200
    [invitation] = await house.csat.invitations.find({}, limit=10)
    assert invitation.option is None
    assert (await house.post(option="nine")).status_code == 404
    await house.post(option="1")
    assert (await house.post(comment="x" * 20_000)).status_code == 200
    assert [len(note.text) for note in house.csat.notes.values()] == [5000]


async def test_too_many_requests_and_a_service_that_is_away_are_pages_too(house: House) -> None:
    async def away(_command: ReadSurveyPage, _meta: Meta) -> SurveyPage:
        raise RetryLater("csat is away")

    house.gateway.bus.answer_with(ReadSurveyPage, away)
    answer = await house.http.get(house.path, headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Un momento" in answer.text
    limit = Throttle("one", 1)
    await limit.check("from 127.0.0.1")
    parts = house.gateway.gateway.app.state.parts  # type: ignore[attr-defined]  # a FastAPI application
    object.__setattr__(parts, "survey_pages", limit)
    assert (await house.http.get(house.path)).status_code == 429
