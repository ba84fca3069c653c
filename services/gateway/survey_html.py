"""The hosted page of a survey as HTML: one small page without scripts, for phones first. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from services.gateway.survey_words import LANGUAGE_NAMES, Words, words_of
from shared.contracts.surveys import PageOption, PageState, SurveyPage

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2933;--soft:#52606d;--line:#7b8794;--brand:#1864ab;--on:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#15191e;--ink:#e7ebef;--soft:#aab4bf;--line:#7b8794;--brand:#74c0fc;
--on:#0b1a29}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-inline-size:34rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.375rem;line-height:1.35;margin:0 0 1.25rem;overflow-wrap:anywhere;white-space:pre-line}
p{margin:0 0 1rem;overflow-wrap:anywhere;white-space:pre-line}
.soft{color:var(--soft);font-size:.9375rem}
fieldset{border:0;margin:0;padding:0}
legend,.away{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.options{display:flex;flex-direction:column;gap:.625rem;margin:0 0 .75rem;padding:0;list-style:none}
.options.short{flex-direction:row;flex-wrap:wrap}
.options.short li{flex:1 1 3rem}
button{font:inherit;cursor:pointer;inline-size:100%;min-block-size:3rem;padding:.5rem 1rem;border:2px solid var(--line);
border-radius:.75rem;background:transparent;color:inherit;text-align:start;overflow-wrap:anywhere}
.short button{text-align:center;font-weight:600}
button:hover,button[aria-pressed=true]{border-color:var(--brand)}
button[aria-pressed=true],button.send{background:var(--brand);border-color:var(--brand);color:var(--on);font-weight:600}
button.send{text-align:center}
button:focus-visible,textarea:focus-visible,a:focus-visible,summary:focus-visible{
outline:3px solid var(--ink);outline-offset:2px}
.emoji{font-size:1.375rem;margin-inline-end:.5rem}
.short .emoji{display:block;margin:0}
label{display:block;margin:0 0 .5rem;font-weight:600;overflow-wrap:anywhere;white-space:pre-line}
textarea{font:inherit;inline-size:100%;min-block-size:8rem;padding:.75rem;border:2px solid var(--line);
border-radius:.75rem;background:transparent;color:inherit;margin:0 0 .75rem}
details{margin:1.5rem 0 0}
summary{cursor:pointer;min-block-size:2.75rem;padding:.5rem 0;color:var(--soft)}
section{margin:0 0 1.5rem}
nav{margin:2.5rem 0 0;border-block-start:1px solid var(--line);padding:1rem 0 0}
nav ul{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin:0;padding:0;list-style:none}
a{color:inherit;display:inline-block;padding:.5rem 0}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
SHORT = 3
"""Labels up to so many characters stand side by side."""


def survey_page(page: SurveyPage) -> str:
    """The page as it stands: the question, or the answer with what may follow, or that it is over."""
    words = words_of(page.language)
    title = page.question
    if page.state is PageState.EXPIRED:
        body = f"<h1>{escape(page.question)}</h1><p role=status>{escape(words.over)}</p>"
    elif page.state is PageState.OPEN:
        body = f"<h1>{escape(page.question)}</h1>{_form(page, words)}"
    else:
        title = page.thank_you or words.thanks
        body = _answered(page, words)
    return _document(page.language, title, body + _languages(page, words))


def notice(language: str, title: str, text: str) -> str:
    """A page that says one thing: not found, too many requests, away."""
    return _document(language, title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _answered(page: SurveyPage, words: Words) -> str:
    chosen = next((option for option in page.options if option.id == page.chosen), None)
    given = "" if chosen is None else f"<p>{escape(words.answer)} <strong>{escape(_label(chosen))}</strong></p>"
    thanks = escape(page.thank_you or words.thanks)
    parts = [f"<div role=status><h1>{thanks}</h1>{given}</div>"]
    if page.may_comment:
        parts.append(_comment(page, words))
    elif page.commented:
        parts.append(f"<p>{escape(words.commented)}</p>")
    if page.state is PageState.ANSWERED:
        asked = f'<p class="soft">{escape(page.question)}</p>'
        parts.append(f"<details><summary>{escape(words.change)}</summary>{asked}{_form(page, words)}</details>")
    else:
        parts.append(f'<p class="soft">{escape(words.final)}</p>')
    return "".join(parts)


def _form(page: SurveyPage, words: Words) -> str:
    short = all(len(option.label) <= SHORT for option in page.options)
    items = "".join(f"<li>{_button(option, page.chosen)}</li>" for option in page.options)
    plain = all(option.label == str(option.number) for option in page.options)
    scale = f'<p class="soft">{escape(words.scale.format(len(page.options)))}</p>' if plain else ""
    return (
        f"<form method=post>{_language(page)}<fieldset><legend>{escape(page.question)}</legend>"
        f'{scale}<ul class="options{" short" if short else ""}">{items}</ul></fieldset></form>'
    )


def _button(option: PageOption, chosen: str | None) -> str:
    emoji = "" if not option.emoji else f'<span class="emoji" aria-hidden="true">{escape(option.emoji)}</span>'
    pressed = "" if chosen is None else f' aria-pressed="{"true" if option.id == chosen else "false"}"'
    return f'<button name="option" value="{escape(option.id)}"{pressed}>{emoji}{escape(option.label)}</button>'


def _comment(page: SurveyPage, words: Words) -> str:
    asked = escape(page.follow_up or words.comment)
    return (
        f"<section><form method=post>{_language(page)}<label for=comment>{asked}</label>"
        "<textarea id=comment name=comment maxlength=5000 required></textarea>"
        f'<button class="send">{escape(words.send)}</button></form></section>'
    )


def _language(page: SurveyPage) -> str:
    return f'<input type=hidden name=lang value="{escape(page.language)}">'


def _languages(page: SurveyPage, words: Words) -> str:
    if len(page.languages) < 2:
        return ""
    links = "".join(
        f'<li><a href="?lang={escape(one)}" lang="{escape(one)}" hreflang="{escape(one)}"'
        f"{' aria-current=true' if one == page.language else ''}>{escape(_name(one))}</a></li>"
        for one in page.languages
    )
    return f'<nav aria-label="{escape(words.languages)}"><ul>{links}</ul></nav>'


def _name(language: str) -> str:
    return LANGUAGE_NAMES.get(language.partition("-")[0].casefold(), language)


def _label(option: PageOption) -> str:
    return " ".join(part for part in (option.emoji, option.label) if part)


def _document(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset=utf-8>'
        '<meta name=viewport content="width=device-width,initial-scale=1"><meta name=robots content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
