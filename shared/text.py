"""Cleaning what strangers write: no NUL, no lone surrogates, bounded. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from shared.errors import InvalidInput

MAX_DEPTH = 64
_UNWANTED = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without NUL and with each lone surrogate as U+FFFD, so that it can be stored, sent and shown.

    Two halves of one character, written as two escapes and joined by nobody, become that character.
    """
    if not _UNWANTED.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "")


def one_line(text: str, limit: int) -> str:
    """A cleaned name: white space and control characters as single blanks, at most ``limit`` code points."""
    printable = "".join(character if character.isprintable() else " " for character in clean(text))
    return " ".join(printable.split())[:limit].rstrip()


def clean_tree(value: Any, depth: int = 0) -> Any:
    """A decoded JSON value with every text and key cleaned; nested deeper than 64 is ``InvalidInput``."""
    if isinstance(value, str):
        return clean(value)
    if depth > MAX_DEPTH:
        raise InvalidInput(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        return {clean(key): clean_tree(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean_tree(inner, depth + 1) for inner in value]
    return value


def clean_json(raw: bytes) -> Any:
    """Decode JSON and clean it; whatever is not JSON is ``InvalidInput`` (no NaN, no endless nesting)."""
    try:
        return clean_tree(json.loads(raw, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.", errors=[{"field": "", "message": _reason(error)}]) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it cannot be decoded"
