"""The hosted page: links that cannot be guessed, languages, what still counts, comments (csat.md, Answers)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.csat.domain.invitations import Stage
from services.csat.domain.link import invitation_of, token
from shared.contracts.acts import Resolve
from shared.contracts.surveys import AnswerRecorded, AnswerSurveyPage, PageState, ReadSurveyPage, SurveyPage
from shared.contracts.words import AnsweredBy
from shared.errors import NotFound, RetryLater
from shared.ids import derived
from tests.support.clock import ManualClock
from tests.support.conversations import Story, at
from tests.support.surveys import KEY, CsatInMemory, solved_story, survey

MINUTE, DAY = 60, 86_400
VERSIONS = [
    {
        "language": "en",
        "question": "How was it?",
        "options": [{"label": "Bad", "emoji": "😡"}, {"label": "Good", "emoji": "🙂"}],
        "follow_up": "What can we do better?",
        "thank_you": "Thank you!",
    },
    {
        "language": "es",
        "question": "¿Qué tal?",
        "options": [{"label": "Mal"}, {"label": "Bien"}],
        "follow_up": "¿Qué podemos mejorar?",
        "thank_you": "¡Gracias!",
    },
    {"language": "fr", "question": "Alors ?", "options": [{"label": "1"}, {"label": "2"}]},
]


class Visit:
    """A survey that was sent, and its page."""

    def __init__(self, service: CsatInMemory, told: Story, text: str) -> None:
        self.service = service
        self.told = told
        self.token = text

    async def look(self, seconds: float, language: str | None = None, accepted: tuple[str, ...] = ()) -> SurveyPage:
        self.service.clock.set(at(seconds))
        return await self.service.bus.ask(ReadSurveyPage(token=self.token, language=language, accepted=accepted))

    async def say(self, seconds: float, option: str | None = None, comment: str | None = None) -> SurveyPage:
        self.service.clock.set(at(seconds))
        return await self.service.bus.ask(AnswerSurveyPage(token=self.token, option=option, comment=comment))


async def visit(language: str | None = None) -> Visit:
    service = CsatInMemory({"srv": survey(versions=VERSIONS)}, clock=ManualClock(at(20)))
    service.bus.answer_with(ReadSurveyPage, service.pages.read)
    service.bus.answer_with(AnswerSurveyPage, service.pages.answer)
    told = solved_story(language)
    await service.hear(told.act(Resolve(reason="solved"), 20))
    await service.wake(at(20))
    return Visit(service, told, token((await service.invitation(told)).id, KEY))


def test_a_link_says_its_invitation_to_whoever_has_the_key_and_cannot_be_made_without() -> None:
    id = derived("invitation", "c", 1)
    made = token(id, KEY)
    assert len(made) == 43
    assert invitation_of(made, [b"newer", KEY]) == id, "links outlive a change of keys"
    assert invitation_of(made, [b"another"]) is None
    for forged in ("", "x", made[:-2], made + "A", made[:-3] + "AAA", "ñ" * 43, token(derived("other"), b"guess")):
        assert invitation_of(forged, [KEY]) is None, forged


async def test_CS_10_the_page_takes_an_answer_a_correction_and_one_comment() -> None:
    page = await visit()
    seen = await page.look(100)
    assert (seen.state, seen.question, [one.label for one in seen.options]) == (
        PageState.OPEN,
        "How was it?",
        ["Bad", "Good"],
    )
    assert not seen.may_comment
    answered = await page.say(200, option="1")
    assert (answered.state, answered.chosen, answered.may_comment) == (PageState.ANSWERED, "1", True)
    corrected = await page.say(200 + 9 * MINUTE, option="2")
    assert corrected.chosen == "2"
    late = await page.say(200 + 10 * MINUTE, option="1")
    assert (late.state, late.chosen) == (PageState.FINAL, "2")
    commented = await page.say(2 * DAY, comment=" She was very kind ")
    assert (commented.commented, commented.may_comment) == (True, False)
    await page.say(2 * DAY + 1, comment="More")
    [(id, note)] = page.service.notes.items()
    assert (note.text, note.by.name) == ("She was very kind", "After chat")
    answer = page.service.invitations.said(AnswerRecorded)[-1].answer
    assert (answer.number, answer.label, answer.positive, answer.how) == (2, "Good", True, AnsweredBy.PAGE)
    assert (answer.comment_message, answer.agent) == (id, "ana")
    assert (page.told.state, page.told.now.episode) == ("resolved.closed", 1)


async def test_the_page_shows_what_was_answered_before_csat_has_heard_of_it() -> None:
    page = await visit()
    page.service.deaf = True
    assert (await page.say(100, option="2")).state is PageState.ANSWERED
    commented = await page.say(101, comment="Thanks")
    assert (commented.chosen, commented.commented, commented.may_comment) == ("2", True, False)
    late = await page.say(100 + 11 * MINUTE, option="1")
    assert (late.state, late.chosen) == (PageState.FINAL, "2")


async def test_a_comment_whose_note_could_not_be_written_is_given_again() -> None:
    page = await visit()
    await page.say(100, option="2")
    page.service.refusal = RetryLater("ingest is away")
    with pytest.raises(RetryLater):
        await page.say(200, comment="Thanks")
    page.service.refusal = None
    page.service.bus.asked.clear()
    assert (await page.say(210, comment="Thanks")).commented
    assert [note.text for note in page.service.notes.values()] == ["Thanks"]


async def test_CS_11_an_expired_page_takes_nothing() -> None:
    page = await visit()
    assert (await page.look(20 + 7 * DAY - 1)).state is PageState.OPEN
    assert (await page.say(20 + 7 * DAY, option="1", comment="x")).state is PageState.EXPIRED
    assert page.service.notes == {}
    assert (await page.service.invitation(page.told)).option is None


async def test_CS_11_the_page_is_over_when_the_conversation_says_so_however_late_the_survey_went() -> None:
    service = CsatInMemory({"srv": survey(versions=VERSIONS)}, clock=ManualClock(at(20)))
    service.refusal = RetryLater("ingest is away")
    told = solved_story()
    await service.hear(told.act(Resolve(reason="solved"), 20))
    await service.wake(at(20))
    service.refusal = None
    await service.wake(at(3620))
    invitation = await service.invitation(told)
    assert (invitation.stage, invitation.sent_at) == (Stage.SENT, at(3620))
    assert told.now.invitation is not None
    over = told.now.invitation.expires_at
    for now, state in ((over - timedelta(seconds=1), PageState.OPEN), (over, PageState.EXPIRED)):
        service.clock.set(now)
        page = ReadSurveyPage(token=token(invitation.id, KEY))
        assert (await service.pages.read(page, service.meta())).state is state


async def test_the_page_counts_after_a_reopening_but_what_was_not_sent_has_none() -> None:
    page = await visit()
    page.told.message("m2", 60, "it broke again")
    await page.service.hear(page.told)
    assert (await page.say(100, option="1")).chosen == "1"
    assert page.told.state == "new.untouched"
    for wrong in ("", "guess", token(derived("invitation", "nobody", 1), KEY)):
        with pytest.raises(NotFound):
            await page.service.bus.ask(ReadSurveyPage(token=wrong))
    with pytest.raises(NotFound):
        await page.say(110, option="9")
    waiting = CsatInMemory({"srv": survey(delay_minutes=10)}, clock=ManualClock(at(20)))
    await waiting.hear(solved_story().act(Resolve(reason="solved"), 20))
    [scheduled] = await waiting.invitations.find({}, limit=10)
    assert scheduled.stage is Stage.SCHEDULED
    with pytest.raises(NotFound):
        await waiting.pages.read(ReadSurveyPage(token=token(scheduled.id, KEY)), waiting.meta())


async def test_the_page_speaks_what_was_chosen_else_the_contacts_language_else_the_browsers() -> None:
    spanish, unknown = await visit("es-MX"), await visit()
    assert (await spanish.look(100, accepted=("fr",))).question == "¿Qué tal?"
    assert (await spanish.look(100, "en", ("fr",))).question == "How was it?"
    assert (await unknown.look(100)).question == "How was it?"
    assert (await unknown.look(100, accepted=("de-DE", "fr-FR", "es"))).question == "Alors ?"
    shown = await unknown.look(100, accepted=("es",))
    assert (shown.language, shown.languages) == ("es", ("en", "es", "fr"))
    assert [(one.number, one.label, one.emoji) for one in shown.options] == [(1, "Mal", None), (2, "Bien", None)]


async def test_a_survey_changed_since_shows_what_was_sent() -> None:
    page = await visit()
    changed = [{"language": "es", "question": "Nueva", "options": [{"label": str(n)} for n in range(1, 6)]}]
    page.service.surveys = {"srv": survey(versions=changed)}
    shown = await page.look(100, "es", ("es",))
    assert (shown.question, shown.languages, len(shown.options)) == ("How was it?", ("en",), 2)
    page.service.surveys = {}
    assert (await page.say(110, option="2")).chosen == "2"
