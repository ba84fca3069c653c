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

    def fill(self, items: Iterable[tuple[str, int, M]]) -> bool:
        """Replace everything by (id, version, value); says whether anything changed.

        An object that was heard of at a newer version meanwhile keeps what was heard.
        """
        items = tuple(items)
        kept = {
            id: (self._versions[id], self._values[id]) if id in self._versions else None
            for id, version, _ in items
            if self._seen.get(id, 0) > version
        }
        now = {id: (version, value) for id, version, value in items if id not in kept}
        now |= {id: known for id, known in kept.items() if known is not None}
        versions = {id: version for id, (version, _) in now.items()}
        if versions == self._versions:
            return False
        self._versions = versions
        self._seen |= versions
        self._values = MappingProxyType({id: value for id, (_, value) in now.items()})
        self._tell()
        return True

    def put(self, id: str, version: int, value: M | None) -> bool:
        """One object at ``version`` (None: deleted); older than what is known changes nothing."""
        if self._seen.get(id, 0) >= version:
            return False
        self._seen[id] = version
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
