"""Keyword conditions (AU-02): whole words and phrases on Unicode boundaries, all rules' keywords in one pass. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick

from shared.contracts.settings import KeywordCondition

MOST_CHARACTERS = 20_000
"""How much of a message is looked at; the rest of a longer one is not."""


def split(keywords: str) -> tuple[str, ...]:
    """The keywords of a comma-separated list, without empty ones, in order."""
    return tuple(dict.fromkeys(word for part in keywords.split(",") if (word := " ".join(part.split()))))


def folded(text: str, *, ignore_accents: bool = False) -> str:
    """NFKC and casefolded, white space single; without combining marks when accents are ignored."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if ignore_accents:
        apart = unicodedata.normalize("NFD", plain)
        plain = unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))
    return " ".join(plain.split())


@dataclass(frozen=True, slots=True)
class _Row:
    condition: KeywordCondition
    words: tuple[str, ...]


class KeywordIndex:
    """Conditions compiled together. ``matching`` costs one pass over the text, however many keywords there are."""

    def __init__(self, conditions: Iterable[KeywordCondition]) -> None:
        self._rows: dict[KeywordCondition, _Row] = {}
        words: tuple[set[str], set[str]] = (set(), set())
        for condition in conditions:
            folded_words = tuple(
                word
                for raw in split(condition.keywords)
                if (word := folded(raw, ignore_accents=condition.ignore_accents))
            )
            self._rows[condition] = _Row(condition, folded_words)
            words[condition.ignore_accents].update(folded_words)
        self._automata = tuple(_automaton(found) for found in words)

    def matching(self, text: str) -> frozenset[KeywordCondition]:
        """The conditions that the text meets."""
        found = tuple(
            _found(automaton, folded(text[:MOST_CHARACTERS], ignore_accents=bool(accents)))
            for accents, automaton in enumerate(self._automata)
        )
        return frozenset(
            condition
            for condition, row in self._rows.items()
            if row.words and _met(condition, row.words, found[condition.ignore_accents])
        )


def _met(condition: KeywordCondition, words: Sequence[str], found: frozenset[str]) -> bool:
    hits = (word in found for word in words)
    return any(hits) if condition.match == "any_of" else all(hits)


def _automaton(words: Iterable[str]) -> ahocorasick.Automaton | None:
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _found(automaton: ahocorasick.Automaton | None, text: str) -> frozenset[str]:
    if automaton is None:
        return frozenset()
    return frozenset(
        word
        for end, word in automaton.iter(text)
        if _boundary(text, end - len(word) + 1, word[0]) and _boundary(text, end + 1, word[-1])
    )


def _boundary(text: str, place: int, edge: str) -> bool:
    """Whether a word may begin or end at ``place``: not inside a run of letters and digits.

    A keyword that itself begins or ends with a sign (``c++``) needs no boundary there.
    """
    if not _wordy(edge) or place <= 0 or place >= len(text):
        return True
    return not (_wordy(text[place - 1]) and _wordy(text[place]))


def _wordy(character: str) -> bool:
    return character.isalnum() or character == "_" or bool(unicodedata.combining(character))
