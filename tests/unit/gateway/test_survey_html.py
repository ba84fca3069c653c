"""The hosted page as HTML: what each state shows, nobody's markup is run, nothing but forms (CS-10, CS-11)."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from services.gateway.survey_html import HEADERS, notice, survey_page
from shared.contracts.surveys import PageOption, PageState, SurveyPage

EVIL = "\"><script>alert(1)</script>'&"


class Seen(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(state: PageState, **fields: object) -> SurveyPage:
    options = tuple(PageOption(id=str(number), number=number, label=str(number)) for number in range(1, 6))
    texts = {"language": "en", "languages": ("en",), "question": "How was it?", "options": options}
    return SurveyPage.model_validate({"state": state, **texts, **fields})


def test_CS_10_an_open_page_has_a_button_for_each_option_and_says_which_end_is_best() -> None:
    seen = Seen(survey_page(page(PageState.OPEN)))
    assert [(one["name"], one["value"]) for one in seen.named("button")] == [("option", str(n)) for n in range(1, 6)]
    assert "1 is the worst, 5 the best." in seen.text
    assert seen.named("html") == [{"lang": "en"}]
    assert seen.named("meta")[1]["content"] == "width=device-width,initial-scale=1"
    assert [one["method"] for one in seen.named("form")] == ["post"]


def test_an_answered_page_thanks_asks_for_a_comment_and_offers_to_change() -> None:
    answered = page(
        PageState.ANSWERED, chosen="4", may_comment=True, follow_up="What was best?", thank_you="Bless you."
    )
    seen = Seen(survey_page(answered))
    assert "Bless you." in seen.text
    assert "What was best?" in seen.text
    assert [one.get("aria-pressed") for one in seen.named("button") if one.get("name") == "option"] == [
        "false",
        "false",
        "false",
        "true",
        "false",
    ]
    assert [one["id"] for one in seen.named("textarea")] == [one["for"] for one in seen.named("label")] == ["comment"]


def test_CS_11_what_is_final_or_expired_has_no_buttons_and_says_why() -> None:
    final = Seen(survey_page(page(PageState.FINAL, chosen="4", commented=True, language="es", languages=("es",))))
    assert final.named("form") == []
    assert "Su respuesta: 4" in final.text
    assert "Su respuesta ha quedado registrada." in final.text
    expired = Seen(survey_page(page(PageState.EXPIRED)))
    assert expired.named("button") == []
    assert "This survey is over." in expired.text


@pytest.mark.parametrize("state", list(PageState))
def test_markup_in_every_field_is_text(state: PageState) -> None:
    option = PageOption(id=EVIL, number=1, label=EVIL, emoji=EVIL)
    texts = {"question": EVIL, "follow_up": EVIL, "thank_you": EVIL, "language": EVIL, "languages": (EVIL, "es")}
    seen = Seen(survey_page(page(state, options=(option,), chosen=EVIL, may_comment=True, **texts)))
    assert seen.named("script") == []
    assert {tag for tag, _ in seen.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "p", "div", "strong", "section", "form"),
        *("input", "fieldset", "legend", "ul", "li", "button", "span", "label", "textarea", "details", "summary"),
        *("nav", "a"),
    }
    assert Seen(notice(EVIL, EVIL, EVIL)).named("script") == []


def test_other_languages_are_links_by_their_own_names() -> None:
    seen = Seen(survey_page(page(PageState.OPEN, languages=("en", "es-MX", "xx"))))
    links = [(one["href"], one["lang"], one.get("aria-current")) for one in seen.named("a")]
    assert links == [("?lang=en", "en", "true"), ("?lang=es-MX", "es-MX", None), ("?lang=xx", "xx", None)]
    assert "Español" in seen.text


def test_the_page_runs_nothing_and_tells_nobody_its_address() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert (HEADERS["Referrer-Policy"], HEADERS["Cache-Control"]) == ("no-referrer", "no-store")
