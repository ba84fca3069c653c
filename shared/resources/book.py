"""A service's view in memory of one kind of settings object, own or copied."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from shared.contracts.settings import ResourceModel

M = TypeVar("M", bound=ResourceModel)


class Book(Generic[M]):
    """Live objects by id. Readers hold the mapping only while they use it: changes replace it."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self._versions: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._heard = 0
        self._heard_at: dict[str, int] = {}
        self._values: Mapping[str, M] = MappingProxyType({})
        self._listeners: list[Callable[[], None]] = []

    def all(self) -> Mapping[str, M]:
        """Every live object by id."""
        return self._values

    def get(self, id: str | None) -> M | None:
        """The object, or None when there is none (or no longer)."""
        return self._values.get(id) if id is not None else None

    def current(self) -> M:
        """The value of a singleton; its defaults while nobody has saved it."""
        return self._values.get("-") or self.model()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change of this book (synchronously; it must not block)."""
        self._listeners.append(listener)

    @property
    def revision(self) -> str:
        """Equal for books with the same objects at the same versions."""
        return revision_of(self._versions.items())

    @property
    def mark(self) -> int:
        """How many changes were heard of one by one: take it before reading what ``fill`` is given."""
        return self._heard

    def fill(self, items: Iterable[tuple[str, int, M]], mark: int) -> bool:
        """Replace everything by (id, version, value), as read after ``mark``; says whether anything changed.

        What was heard of since the mark, or at a newer version, stays as heard.
        """
        now: dict[str, tuple[int, M]] = {}
        for id, version, value in items:
            if self._seen.get(id, 0) <= version:
                now[id] = (version, value)
            elif id in self._versions:
                now[id] = (self._versions[id], self._values[id])
        for id, at in self._heard_at.items():
            if at > mark and id in self._versions:
                now[id] = (self._versions[id], self._values[id])
        versions = {id: version for id, (version, _) in now.items()}
        if versions == self._versions:
            return False
        self._versions = versions
        self._seen |= versions
        self._values = MappingProxyType({id: value for id, (_, value) in now.items()})
        self._tell()
        return True

    def knows(self, id: str, version: int) -> bool:
        """Whether the object, or its deletion, was heard of at ``version`` or newer."""
        return self._seen.get(id, 0) >= version

    def put(self, id: str, version: int, value: M | None) -> bool:
        """One object at ``version`` (None: deleted); older than what is known changes nothing."""
        if self.knows(id, version):
            return False
        self._seen[id] = version
        self._heard += 1
        self._heard_at[id] = self._heard
        values = dict(self._values)
        versions = dict(self._versions)
        if value is None:
            values.pop(id, None)
            versions.pop(id, None)
        else:
            values[id] = value
            versions[id] = version
        self._values = MappingProxyType(values)
        self._versions = versions
        self._tell()
        return True

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def revision_of(versions: Iterable[tuple[str, int]]) -> str:
    """A short word for a set of (id, version)."""
    text = "\n".join(f"{id} {version}" for id, version in sorted(versions))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
