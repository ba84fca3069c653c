"""Bytes of attachments, kept in the database (GridFS)."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket
from pymongo.errors import DuplicateKeyError

from shared.errors import Conflict, NotFound, TooLarge
from shared.store.client import Database
from shared.store.failures import in_our_words
from shared.store.indexes import ASCENDING, Index

PIECE = 262_144
UPLOAD_PIECE = 196_608
"""Bytes of a piece of a file that comes in pieces, each in a message of its own."""

_BY_NUMBER = Index("files_id_1_n_1", (("files_id", ASCENDING), ("n", ASCENDING)), unique=True)
"""As the driver makes it with the first file."""


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of stored bytes; ``size`` in bytes."""

    id: str
    name: str
    type: str
    size: int


class Blobs:
    """Files of one service by id. An id's bytes never change."""

    def __init__(self, database: Database, name: str = "blobs") -> None:
        self._bucket = AsyncIOMotorGridFSBucket(database.driver, bucket_name=name)
        self._files = database.collection(f"{name}.files")
        self._chunks = database.collection(f"{name}.chunks")
        self._indexed = False

    async def put(self, id: str, data: AsyncIterable[bytes] | bytes, *, name: str = "", type: str, limit: int) -> Blob:
        """Store once: an id that is there keeps its bytes. TooLarge past ``limit`` bytes, and nothing is kept."""
        if (there := await self.about(id)) is not None:
            return there
        with in_our_words():
            stream = self._bucket.open_upload_stream_with_id(id, name, metadata={"type": type})
            size = 0
            try:
                async for piece in _pieces(data):
                    size += len(piece)
                    if size > limit:
                        raise TooLarge(f"this is over the limit of {limit} bytes")
                    await stream.write(piece)
                await stream.close()
            except DuplicateKeyError:  # another process stores the same bytes under the same id
                if (there := await self.about(id)) is not None:
                    return there
                raise
            except BaseException:
                await stream.abort()
                raise
        return Blob(id, name, type, size)

    async def put_piece(self, id: str, number: int, data: bytes) -> None:
        """A piece of a file, from 0, ``UPLOAD_PIECE`` bytes each but the last; may be repeated."""
        if not self._indexed:
            await self._chunks.make_indexes([_BY_NUMBER])
            self._indexed = True
        piece = {"files_id": id, "n": number, "data": data}
        await self._chunks.update({"_id": f"{id}/{number}"}, {"$set": piece}, upsert=True)

    async def put_together(self, id: str, pieces: int, last: int, *, name: str, type: str) -> Blob:
        """The file of its pieces, the last one of ``last`` bytes. Conflict when one is missing."""
        if (there := await self.about(id)) is not None:
            return there
        if await self._chunks.count({"files_id": id}) != pieces:
            raise Conflict("Some pieces of the file are missing: send it again.")
        size = (pieces - 1) * UPLOAD_PIECE + last
        about = {"filename": name, "length": size, "chunkSize": UPLOAD_PIECE, "metadata": {"type": type}}
        await self._files.update({"_id": id}, {"$set": {**about, "uploadDate": datetime.now(UTC)}}, upsert=True)
        return Blob(id, name, type, size)

    async def about(self, id: str) -> Blob | None:
        """Name, type and size; None when there is none."""
        found = await self._files.find({"_id": id}, limit=1)
        return _blob(found[0]) if found else None

    async def read(self, id: str, offset: int = 0, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes from ``offset``. NotFound when there is none."""
        with in_our_words():
            try:
                stream = await self._bucket.open_download_stream(id)
            except NoFile:
                raise NotFound("no such file") from None
            if offset >= stream.length:
                return b""
            stream.seek(offset)
            return bytes(await stream.read(size))

    async def delete(self, id: str) -> None:
        """Forget it; fine when there is none."""
        with in_our_words():
            try:
                await self._bucket.delete(id)
            except NoFile:
                return


async def _pieces(data: AsyncIterable[bytes] | bytes) -> AsyncIterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    async for piece in data:
        yield piece


def _blob(document: dict[str, Any]) -> Blob:
    kind = (document.get("metadata") or {}).get("type", "application/octet-stream")
    return Blob(document["_id"], document.get("filename") or "", kind, document["length"])
