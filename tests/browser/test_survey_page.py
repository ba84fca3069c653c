"""The hosted survey page in a real Chromium: readable by everybody, on a phone, styled under its own policy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Route, async_playwright, expect

from services.gateway.survey_html import HEADERS, notice, survey_page
from shared.contracts.surveys import PageOption, PageState, SurveyPage

pytestmark = [pytest.mark.browser]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ADDRESS = "http://care.test/survey/token"
LONG = "Nos gustaría saber qué le ha parecido la atención de " + "superextraordinariamente" * 4
FACES = ("😡", "🙁", "😐", "🙂", "😀")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        await browser.close()


def pages() -> dict[str, str]:
    """Every state, short options and long ones."""
    numbers = tuple(PageOption(id=str(n), number=n, label=str(n)) for n in range(1, 11))
    faces = tuple(PageOption(id=str(n), number=n, label=f"{LONG} {n}", emoji=face) for n, face in enumerate(FACES, 1))
    common = {
        "language": "es",
        "languages": ("es", "en"),
        "question": LONG,
        "follow_up": LONG,
        "thank_you": "¡Gracias!",
    }
    found = {"not found": notice("es", "No existe", LONG)}
    for state in PageState:
        for name, options in (("numbers", numbers), ("faces", faces)):
            chosen = None if state in (PageState.OPEN, PageState.EXPIRED) else "2"
            fields = {"state": state, "options": options, "chosen": chosen, "may_comment": chosen is not None}
            found[f"{state} {name}"] = survey_page(SurveyPage.model_validate({**common, **fields}))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_CS_10_every_state_is_accessible_and_fits_a_phone(browser: Browser, scheme: str) -> None:
    context = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": 320, "height": 640}
    )
    page = await context.new_page()
    body = ""

    async def answer(route: Route) -> None:
        await route.fulfill(body=body, headers={**HEADERS, "content-type": "text/html; charset=utf-8"})

    await page.route("**/*", answer)
    for name, html in pages().items():
        body = html
        await page.goto(ADDRESS)
        for summary in await page.locator("summary").all():
            await summary.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, name
        found = (await Axe().run(page)).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], name
    body = pages()["open numbers"]
    await page.goto(ADDRESS)
    await expect(page.get_by_role("button", name="10")).to_have_css("min-height", "48px")
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await page.get_by_role("button", name="10").click()
    assert (await sent.value).post_data == "lang=es&option=10"
    await context.close()
