"""What a validation says of fields, in the one form that leaves the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_PLACES = frozenset({"body", "query", "path", "header"})
_INNER = ("function-", "constrained-", "lax-or-strict", "tagged-union", "nullable")
"""Beginnings of names that the validator gives to its own steps; no field is called so."""


def field_errors(errors: ValidationError | Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """``{field, message, kind}`` of each: the path by dots, without the input (it may be private)."""
    found = errors.errors(include_input=False, include_url=False) if isinstance(errors, ValidationError) else errors
    return [
        {"field": _path(one["loc"]), "message": _message(str(one["msg"])), "kind": str(one["type"])} for one in found
    ]


def _path(loc: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in loc if part not in _PLACES and not str(part).startswith(_INNER))


def _message(said: str) -> str:
    return said.removeprefix("Value error, ")
