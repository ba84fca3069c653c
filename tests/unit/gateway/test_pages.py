"""The web app's files: what is sent for which path, and how small."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from services.gateway.api.pages import FOR_EVER, Pages

SCRIPT = "console.log('switchboard');\n" * 500


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-abc.js").write_text(SCRIPT)
    (tmp_path / "index.html").write_text("<!doctype html>")
    return Pages(tmp_path)


def test_a_hashed_script_is_sent_compressed_to_who_takes_that(pages: Pages) -> None:
    answer = pages.answer("/assets/index-abc.js", gzipped=True)
    assert gzip.decompress(bytes(answer.body)).decode() == SCRIPT
    assert len(answer.body) < len(SCRIPT) / 4
    assert (answer.headers["content-encoding"], answer.headers["cache-control"]) == ("gzip", FOR_EVER)
    assert answer.headers["vary"] == "Accept-Encoding"


def test_others_get_it_as_it_is(pages: Pages) -> None:
    assert "content-encoding" not in pages.answer("/assets/index-abc.js").headers


def test_the_apps_own_routes_get_the_page_and_a_missing_file_is_not_found(pages: Pages) -> None:
    assert pages.answer("/c/some-conversation").headers["cache-control"] == "no-cache"
    assert pages.answer("/assets/gone.js", gzipped=True).status_code == 404
    assert pages.answer("/assets/../../etc/passwd").status_code == 404
