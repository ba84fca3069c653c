"""Telling the language of a short text (AU-09): eldc where it knows all chosen languages, py3langid for the rest."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

LETTERS_NEEDED = 8
SURE = 0.9
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[\W\d_]+")


class LanguageDetector(Protocol):
    """Tells the language of a text among those chosen."""

    def detect(self, text: str) -> str | None:
        """ISO 639-1 code, or None when the answer is unsure."""
        ...


class _Eldc:
    """60 languages, 98-99 % right on two to five words."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        import eldc  # not on every platform; the model is loaded only where detection is on

        eldc.init()
        unknown = set(languages) - set(eldc.LANGUAGES)
        if unknown:
            raise LookupError(f"eldc does not know {sorted(unknown)}")
        self._detector = eldc.instance()
        self._detector.set_languages(list(languages))

    def detect(self, text: str) -> str | None:
        found = self._detector.detect_details(text)
        return str(found.language) if found.reliable and found.language != "und" else None


class _LangId:
    """139 languages, 93-98 % right."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages(sorted(set(languages) & set(self._identifier.labels)))

    def detect(self, text: str) -> str | None:
        language, probability = self._identifier.classify(text)
        return str(language) if probability >= SURE else None


@lru_cache(maxsize=4)
def detector(languages: tuple[str, ...]) -> LanguageDetector:
    """The best detector for these languages (ISO 639-1)."""
    try:
        return _Eldc(languages)
    except (ImportError, LookupError):
        return _LangId(languages)


def detect(text: str, languages: tuple[str, ...]) -> str | None:
    """The language of ``text`` among ``languages``; None when it is too short or the answer unsure.

    Links, addresses, numbers, emoji, lone surrogates and NUL are set aside first.
    """
    if not languages:
        return None
    plain = _NOISE.sub(" ", text[:2000].encode("utf-8", "ignore").decode().replace("\0", " ")).strip()
    if sum(map(str.isalpha, plain)) < LETTERS_NEEDED:
        return None
    return detector(languages).detect(plain)
