"""``GET /hooks/{channel}/files/{attachment}``: a stored file, to whoever has the address that we signed (CH-08)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.ingest.domain.links import is_signed
from shared.clock import Clock
from shared.errors import NotFound
from shared.http import CleanRoute
from shared.store import Blob, Blobs


class FileLinks:
    """The route. What is not signed, too old or gone is answered alike."""

    def __init__(self, blobs: Blobs, keys: Sequence[bytes], clock: Clock) -> None:
        self._blobs = blobs
        self._keys = keys
        self._clock = clock

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(route_class=CleanRoute)
        router.add_api_route("/hooks/{channel}/files/{attachment}", self.read, methods=["GET"], response_model=None)
        return router

    async def read(
        self,
        channel: str,
        attachment: str,
        until: Annotated[int, Query(ge=0, le=10**11)],
        signature: Annotated[str, Query(max_length=200)],
    ) -> Response:
        """The file, to be saved and never run."""
        if not is_signed(channel, attachment, until, signature, self._keys, self._clock.now()):
            raise NotFound("There is no such file, or its address is too old.")
        about = await self._blobs.about(attachment)
        if about is None:
            raise NotFound("There is no such file, or its address is too old.")
        return download(self._blobs, about)


def download(blobs: Blobs, about: Blob) -> Response:
    """A stored file, to be saved and never run (CH-15)."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(about.name or 'file', safe='')}",
        "Content-Length": str(about.size),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_bytes(blobs, about.id), media_type="application/octet-stream", headers=headers)


async def _bytes(blobs: Blobs, id: str) -> AsyncIterator[bytes]:
    offset = 0
    while piece := await blobs.read(id, offset):
        yield piece
        offset += len(piece)
