"""HTML of strangers: what is shown runs, loads and hides nothing, whatever it was; and reads as text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mail.html import has_remote_images, page, safe, text_of

PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=password></form>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<base href='https://evil.example'><meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<div style='position:fixed;background:url(https://evil.example/x)'>x</div>",
        "<link rel=stylesheet href='https://evil.example/x.css'><style>@import 'https://evil.example'</style>",
        "<object data='https://evil.example'></object><embed src='https://evil.example'>",
        "<video poster='https://evil.example/p'><source src='https://evil.example/v'></video>",
        "<table background='https://evil.example/x'><tr><td background='https://evil.example/y'>x</table>",
        "<img srcset='https://evil.example/x 1x'>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<img src='//evil.example/x'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    ],
)
def test_CH_15_nothing_of_a_hostile_mail_runs_or_loads(hostile: str) -> None:
    shown, _ = safe(hostile)
    for word in ("script", "onerror", "evil.example", "<svg", "<style", "fixed", "<form", "svg+xml"):
        assert word not in shown.lower()


def test_CH_15_remote_pictures_come_only_when_asked_for() -> None:
    html = f'<p>Hi<img src="https://shop.example/a.png"><img src="http://t.example/1.gif"><img src="{PIXEL}"></p>'
    shown, blocked = safe(html)
    assert (blocked, "shop.example" in shown, PIXEL in shown) == (2, False, True)
    shown, blocked = safe(html, images=True)
    assert (blocked, "https://shop.example/a.png" in shown) == (0, True)
    assert has_remote_images(html)
    assert not has_remote_images(f'<img src="{PIXEL}"><img src="cid:logo">')


def test_pictures_that_came_along_are_put_in_their_place() -> None:
    shown, blocked = safe('<img src="cid:logo@x"><img src="cid:other">', inline={"logo@x": PIXEL})
    assert (shown.count(PIXEL), shown.count("cid:"), blocked) == (1, 0, 0)


def test_links_open_elsewhere_and_tell_nothing() -> None:
    shown, _ = safe('<a href="https://example.org" target="_self" rel="opener">x</a>')
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 100_000,
        "<p>" + "".join(f"<font color=c{n}>" for n in range(250)) + "<p>x" * 8_000,
        "&" * 1_000_000,
        "<b>" * 100_000,
        "<" * 300_000,
        "<!--" * 200_000,
        "<table><tr><td>" * 20_000,
    ],
)
def test_html_made_to_take_for_ever_does_not(bomb: str) -> None:
    began = time.perf_counter()
    safe(bomb)
    text_of(bomb)
    assert time.perf_counter() - began < 8  # minutes otherwise


@given(st.text(alphabet="<>/=&;\"'abdivpimgsrcscripthref: \n\x00", max_size=300))
def test_any_text_is_cleaned(text: str) -> None:
    shown, _ = safe(text)
    assert "<script" not in shown.lower()
    text_of(text)
    assert page(shown).startswith("<!doctype html>")


def test_html_reads_as_text_with_its_lists_and_quotations() -> None:
    html = """<html><head><title>no</title><style>p{}</style></head><body><p>Hello&nbsp;<b>Eva</b>,</p>
    <ul><li>one</li><li>two</li></ul><div>line 1<br>line 2</div><table><tr><td>a</td><td>b</td></tr></table>
    <blockquote>quoted<br>twice<blockquote>deeper</blockquote></blockquote></body></html>"""
    assert text_of(html) == ("Hello Eva,\n\n- one\n- two\n\nline 1\nline 2\n\na b\n\n> quoted\n> twice\n>\n> > deeper")


def test_preformatted_text_keeps_its_lines() -> None:
    assert text_of("<pre>a\n  b\n\nc</pre>") == "a\n  b\n\nc"
