"""The page's tests draw the forms of today's settings objects, not of last month's."""

from __future__ import annotations

from tests.browser.support_page_schemas import FILE, written


def test_the_page_is_tested_with_the_schemas_that_the_gateway_answers() -> None:
    assert FILE.read_text() == written(), (
        "renew them: python -m tests.browser.support_page_schemas, then `make web-check`"
    )
