"""Keyword conditions (AU-02): whole words and phrases on Unicode boundaries, all rules' keywords in one pass. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import ahocorasick

from shared.contracts.settings.conditions import KeywordCondition

MOST_CHARACTERS = 20_000
"""How much of a message is looked at; the rest of a longer one is not."""

MOST_HITS = 200_000
"""How often keywords may occur in it, inside of words too. Reached only where absurd ones end in one another (a, aa,
aaa, …), which would take a minute; what comes after is not looked at."""

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufe00-\ufe0f\ufeff]")
"""Soft hyphens, joiners without width, and what only chooses how an emoji looks."""

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]")
"""Accents, vowel points; not the marks that make another letter of one (か and が)."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts written without spaces, in which every character may begin or end a word: ideographs, hiragana, Thai, Lao,
Burmese, Khmer. Katakana and Hangul are not among them (Unicode, annex 29)."""


def split(keywords: str) -> tuple[str, ...]:
    """The keywords of a comma-separated list, without empty ones, in order."""
    parts = re.split("[,，、]", keywords)
    return tuple(dict.fromkeys(word for part in parts if (word := " ".join(part.split()))))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a condition looks for: any of these words and phrases (``every``: all of them), folded."""

    words: tuple[str, ...]
    every: bool = False
    ignore_accents: bool = False


def wanted(words: Iterable[str], *, every: bool = False, ignore_accents: bool = False) -> Wanted:
    """These words and phrases, as people write them."""
    folds = (folded(word, ignore_accents=ignore_accents) for word in words)
    return Wanted(tuple(dict.fromkeys(word for word in folds if word)), every, ignore_accents)


def wanted_by(condition: KeywordCondition) -> Wanted:
    """What a row of keywords looks for."""
    words = split(condition.keywords)
    return wanted(words, every=condition.match == "all_of", ignore_accents=condition.ignore_accents)


def folded(text: str, *, ignore_accents: bool = False) -> str:
    """NFKC and casefolded, white space single, nothing invisible; without accents when they are ignored."""
    visible = _INVISIBLE.sub("", text)
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    if ignore_accents:
        plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", plain)))
    return " ".join(plain.split())


class KeywordIndex:
    """Conditions compiled together. ``matching`` costs one pass over the text, however many keywords there are."""

    def __init__(self, conditions: Sequence[Wanted]) -> None:
        """Conditions are named by their place from here on."""
        places: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
        for place, condition in enumerate(conditions):
            for word in condition.words:
                places[condition.ignore_accents].setdefault(word, []).append(place)
        self._needed = [len(condition.words) if condition.every else 1 for condition in conditions]
        self._automata = tuple(_automaton(each) for each in places)

    def matching(self, text: str) -> set[int]:
        """The places of the conditions that the text meets."""
        looked_at = text[:MOST_CHARACTERS]
        counts: dict[int, int] = {}
        for ignore_accents, automaton in enumerate(self._automata):
            if automaton is not None:
                for places in _found(automaton, folded(looked_at, ignore_accents=bool(ignore_accents))):
                    for place in places:
                        counts[place] = counts.get(place, 0) + 1
        return {place for place, count in counts.items() if count >= self._needed[place]}


def _automaton(words: dict[str, list[int]]) -> ahocorasick.Automaton | None:
    if not words:
        return None
    automaton = ahocorasick.Automaton()
    for word, places in words.items():
        automaton.add_word(word, (word, places))
    automaton.make_automaton()
    return automaton


def _found(automaton: ahocorasick.Automaton, text: str) -> Iterable[list[int]]:
    """For every keyword that occurs as a whole word or phrase, once, who wants it."""
    found: dict[str, list[int]] = {}
    for end, (word, places) in islice(automaton.iter(text), MOST_HITS):
        if word not in found and _boundary(text, end - len(word) + 1) and _boundary(text, end + 1):
            found[word] = places
    return found.values()


def _boundary(text: str, place: int) -> bool:
    """Whether a word may begin or end at ``place``: not inside a run of letters, digits and their marks.

    So a keyword that begins or ends with a sign (``c++``, an emoji) needs no boundary there.
    """
    if place <= 0 or place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if not _wordy(after) or not _wordy(before):
        return True
    if unicodedata.category(after)[0] == "M":
        return False  # a mark belongs to what it stands on
    return bool(_UNSPACED.match(before) or _UNSPACED.match(after))


def _wordy(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
