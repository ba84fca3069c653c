"""Scripts of auto-responders: which one is taken, what an answer is worth, what escapes (automation.md). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from urllib.parse import urlsplit

from services.automation.domain.keywords import KeywordIndex, folded, wanted
from shared.contracts.messages import AttributeValue
from shared.contracts.settings import ContactAttribute, Script

MOST_VALUE = 2_000
_LARGEST = 2**53
_NUMBER = re.compile(r"[+-]?\d{1,16}([.,]\d{1,10})?")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YES = frozenset({"yes", "y", "true", "1", "sí", "si", "ja", "oui", "sim", "ok"})
_NO = frozenset({"no", "n", "false", "0", "nein", "non", "não", "nao"})


def choose(scripts: Sequence[Script], *, inside: bool, language: str | None) -> Script | None:
    """The script for these hours and this language (AU-14, AU-15); None: none fits.

    The contact's language wins over the default, ``es-MX`` finds ``es`` when there is no closer one, and a script for
    exactly these hours wins over one for always.
    """
    fitting = [script for script in scripts if script.hours in ("always", "inside" if inside else "outside")]
    wanted = (language or "").casefold().replace("_", "-")
    for tongue in dict.fromkeys((wanted, wanted.partition("-")[0], "")):
        same = [script for script in fitting if _language(script) == tongue]
        if same:
            return min(same, key=lambda script: script.hours == "always")
    return None


def escapes(text: str, words: Iterable[str]) -> bool:
    """Whether one of the escape words occurs, whole and in any case (AU-16): "agentes" is not "agente"."""
    looked_for = wanted(words)
    return bool(looked_for.words and text and KeywordIndex([looked_for]).matching(text))


def value_of(text: str, attribute: ContactAttribute) -> AttributeValue | None:
    """The answer as a value of the attribute's type; None when it does not fit (an empty one never does)."""
    given = text.strip()
    if not given or len(given) > MOST_VALUE:
        return None
    return _READ[attribute.type](given, attribute)


def _language(script: Script) -> str:
    return (script.language or "").casefold().replace("_", "-")


def _text(given: str, _attribute: ContactAttribute) -> AttributeValue | None:
    return given


def _number(given: str, _attribute: ContactAttribute) -> AttributeValue | None:
    if not _NUMBER.fullmatch(given) or not given.isascii():
        return None
    number = float(given.replace(",", "."))
    if abs(number) > _LARGEST:
        return None
    return int(number) if number.is_integer() else number


def _date(given: str, _attribute: ContactAttribute) -> AttributeValue | None:
    """2026-03-31, or with the day first: 31/03/2026, 31.3.2026."""
    day_first = _DAY_FIRST.fullmatch(given)
    try:
        if day_first is not None:
            return date(int(day_first[3]), int(day_first[2]), int(day_first[1])).isoformat()
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return None


def _boolean(given: str, _attribute: ContactAttribute) -> AttributeValue | None:
    word = folded(given).strip(".!")
    if word in _YES:
        return True
    return False if word in _NO else None


def _url(given: str, _attribute: ContactAttribute) -> AttributeValue | None:
    """With its scheme in small letters: telephones begin a line with a capital."""
    if any(character.isspace() for character in given):
        return None
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.scheme + given[len(parts.scheme) :]


def _list(given: str, attribute: ContactAttribute) -> AttributeValue | None:
    """One of the options, in any case."""
    wanted = folded(given)
    return next((option for option in attribute.options if folded(option) == wanted), None)


_READ: dict[str, Callable[[str, ContactAttribute], AttributeValue | None]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "boolean": _boolean,
    "url": _url,
    "list": _list,
}
