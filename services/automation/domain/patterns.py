"""Admins' regular expressions, in linear time whatever they are (RE2). Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2

MOST_MEMORY = 1 << 20
"""Bytes for one compiled expression; one that needs more is refused."""

MOST_STEPS = 2_500
"""Instructions of one compiled expression, each perhaps taken at every character: a quarter of a second at worst."""


class BadPattern(ValueError):
    """Not an expression that RE2 takes (it has no look-around and no back-references)."""


class Pattern(Protocol):
    """A compiled expression."""

    @property
    def programsize(self) -> int: ...

    def search(self, text: str) -> object | None: ...


@lru_cache(maxsize=2048)
def compiled(pattern: str) -> Pattern:
    """The expression, found anywhere in a text, in any case. Raises BadPattern.

    Its ``\\w`` and ``\\b`` are ASCII only; ``\\pL`` is any letter.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    options.case_sensitive = False
    try:
        found: Pattern = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise BadPattern(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
    except UnicodeEncodeError as error:
        raise BadPattern("it is not text") from error
    if found.programsize > MOST_STEPS:
        raise BadPattern("it is too large; repeat less")
    return found
