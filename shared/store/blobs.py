"""Bytes of attachments: kept in the database by default (GridFS), behind an interface an object store can fill."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass

from shared.store.client import Database


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of stored bytes; ``size`` in bytes."""

    id: str
    name: str
    type: str
    size: int


class Blobs:
    """Files of one service by id."""

    def __init__(self, database: Database, name: str = "blobs") -> None:
        raise NotImplementedError

    async def put(self, id: str, data: AsyncIterable[bytes] | bytes, *, name: str = "", type: str, limit: int) -> Blob:
        """Store once: an id that is there keeps its bytes. TooLarge past ``limit`` bytes, and nothing is kept."""
        raise NotImplementedError

    async def about(self, id: str) -> Blob | None:
        """Name, type and size; None when there is none."""
        raise NotImplementedError

    async def read(self, id: str, offset: int = 0, size: int = 262_144) -> bytes:
        """Up to ``size`` bytes from ``offset``. NotFound when there is none."""
        raise NotImplementedError

    async def delete(self, id: str) -> None:
        """Forget it; fine when there is none."""
        raise NotImplementedError
