"""Read models: rows folded from snapshots of several sources, each applied iff newer, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.store.client import Database
from shared.store.indexes import Index
from shared.store.pages import Page
from shared.store.repository import Filter, Order


class Clock(Protocol):
    """Tells the time: aware, UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``parts[source]`` are the fields of a source as of ``versions[source]``; ``at`` is its last change.

    In the store: ``{_id, v: {<source>: version}, at, <source>: {fields}}``, so filters and indexes say
    ``conversation.status``, ``at``.
    """

    id: str
    versions: Mapping[str, int]
    parts: Mapping[str, Mapping[str, Any]]
    at: datetime


class Projection:
    """Rows by id. A source's fields are replaced whole by a newer version and never by an older or equal one."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        clock: Clock,
        indexes: Sequence[Index] = (),
        wait: float = 0.03,
    ) -> None:
        """``wait`` is how long (seconds) a write waits for more changes of the same rows."""
        raise NotImplementedError

    async def start(self) -> None:
        """Make the indexes."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Write what waits."""
        raise NotImplementedError

    async def project(self, id: str, source: str, version: int, fields: Mapping[str, Any]) -> bool:
        """Apply iff newer; True when it landed. Returns once it is written; ``RetryLater`` when the store is away.

        ``version`` must order everything this source ever says of the row. Where the source is "the last
        message", make it of instant and version (milliseconds × 1024 + version), so that masking, the next
        version of the same message, replaces the text and no later arrival of the text replaces the shell.
        """
        raise NotImplementedError

    async def upsert_newer(self, rows: Iterable[tuple[str, str, int, Mapping[str, Any]]]) -> list[bool]:
        """``project`` for several (id, source, version, fields), written together."""
        raise NotImplementedError

    async def get(self, id: str) -> Row | None:
        raise NotImplementedError

    async def get_many(self, ids: Iterable[str]) -> dict[str, Row]:
        """Those that are there, by id, in one round trip."""
        raise NotImplementedError

    async def find(self, filter: Filter, *, order: Order = (), limit: int) -> list[Row]:
        """At most ``limit`` of those that match."""
        raise NotImplementedError

    async def page(self, filter: Filter, *, order: Order = (), after: str | None = None, limit: int = 50) -> Page[Row]:
        """A page in ``order`` (ties by id). InvalidInput for a cursor that is not of this order."""
        raise NotImplementedError

    async def count(self, filter: Filter, *, limit: int = 0) -> int:
        """How many match, counted up to ``limit`` (0: all)."""
        raise NotImplementedError

    async def counts(self, filter: Filter, by: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """How many match, by the values at these paths (one aggregation)."""
        raise NotImplementedError

    async def remove(self, id: str) -> None:
        """Drop the row."""
        raise NotImplementedError
