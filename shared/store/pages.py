"""Pages by key: the cursor names the last row seen, so a page costs the same however deep it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next`` is the opaque cursor of the following page, None at the end."""

    items: tuple[T, ...]
    next: str | None = None
