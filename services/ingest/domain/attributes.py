"""Values of contact attributes: what may be stored at all, and what fits an attribute that an admin defined. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date

from shared.contracts.messages import AttributeValue
from shared.contracts.settings import ContactAttribute
from shared.text import clean, one_line

MAX_NAME = 64
MAX_VALUE = 2_000
MAX_VALUES = 50
_LARGEST = 2**53
"""Whole numbers beyond this do not survive JSON readers."""


def tidy_name(name: str) -> str:
    """A usable attribute name; ValueError for none. Dots and dollars would be paths in the store."""
    tidy = one_line(name.replace(".", " ").replace("$", " "), MAX_NAME + 1)
    if not tidy or len(tidy) > MAX_NAME:
        raise ValueError(f"an attribute's name must have 1 to {MAX_NAME} characters")
    return tidy


def tidy_value(value: AttributeValue) -> AttributeValue:
    """The value, cleaned; ValueError for numbers that cannot be kept and for too much text."""
    match value:
        case bool():
            return value
        case int():
            if abs(value) > _LARGEST:
                raise ValueError("the number is too large")
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError("the number is not finite")
            return value
        case str():
            return _tidy_text(value)
        case tuple():
            if len(value) > MAX_VALUES:
                raise ValueError(f"a list may have at most {MAX_VALUES} values")
            return tuple(_tidy_text(one) for one in value)


def tidy(attributes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue | None]:
    """Names and values cleaned; None stands for "clear". ValueError names the attribute that is wrong."""
    found: dict[str, AttributeValue | None] = {}
    for raw, value in attributes.items():
        try:
            name = tidy_name(raw)
            found[name] = None if value is None else tidy_value(value)
        except ValueError as error:
            raise ValueError(f"{one_line(raw, MAX_NAME)}: {error}") from error
    return found


def misfits(
    attributes: Mapping[str, AttributeValue | None], definitions: Iterable[ContactAttribute]
) -> list[dict[str, str]]:
    """What does not fit the definition of the same name, by field (CT-03). Names without one are free."""
    defined = {definition.name: definition for definition in definitions}
    problems: list[dict[str, str]] = []
    for name, value in attributes.items():
        definition = defined.get(name)
        if definition is not None and value is not None and (why := _misfit(definition, value)):
            problems.append({"field": f"attributes.{name}", "message": why})
    return problems


def _misfit(definition: ContactAttribute, value: AttributeValue) -> str | None:
    match definition.type:
        case "text":
            return None if isinstance(value, str) else "must be a text"
        case "number":
            return None if isinstance(value, int | float) and not isinstance(value, bool) else "must be a number"
        case "boolean":
            return None if isinstance(value, bool) else "must be true or false"
        case "date":
            return None if isinstance(value, str) and _is_date(value) else "must be a date, as 2026-03-31"
        case "url":
            fits = isinstance(value, str) and value.startswith(("http://", "https://"))
            return None if fits else "must be an address that begins with http:// or https://"
        case "list":
            chosen = value if isinstance(value, tuple) else (value,)
            missing = [one for one in chosen if one not in definition.options]
            return f"{missing[0]} is not one of the options" if missing else None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _tidy_text(text: str) -> str:
    cleaned = clean(text)
    if len(cleaned) > MAX_VALUE:
        raise ValueError(f"a value may have at most {MAX_VALUE} characters")
    return cleaned
