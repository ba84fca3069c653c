"""Indexes declared by name, made at start, left alone when they exist."""

from __future__ import annotations

from dataclasses import dataclass

ASCENDING = 1
DESCENDING = -1


@dataclass(frozen=True, slots=True)
class Index:
    """``keys`` are document paths with ``ASCENDING`` or ``DESCENDING``.

    ``sparse`` leaves out documents that have none of the keys (absent, never null). The embedded server uses an
    index's leading equality well and little else: begin with what is asked for by equality.
    """

    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    sparse: bool = False
