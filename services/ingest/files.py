"""Inbound files: fetched from where the network keeps them, and kept so that they outlive that address (CH-08)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import structlog

from services.ingest.domain.message import StoredMessage, Task, armed, changed
from services.ingest.domain.waking import fetch_pause
from services.ingest.metrics import IngestMetrics
from shared.contracts.messages import Attachment
from shared.contracts.settings import Channel
from shared.errors import RetryLater, TooLarge, Unprocessable
from shared.ids import derived
from shared.outside import Download
from shared.resources import Book
from shared.store import Blobs

log = structlog.get_logger(__name__)

USUAL_LIMIT_MB = 20
Fetched = Callable[[StoredMessage, datetime], StoredMessage]
"""What fetching made of the message, to be applied to its current state."""


class Downloads(Protocol):
    """``shared.outside.Outside``, as far as this needs it."""

    def download(self, url: str, limit: int) -> AbstractAsyncContextManager[Download]: ...


class Files:
    """Fetches the attachments of a message."""

    def __init__(self, outside: Downloads, blobs: Blobs, channels: Book[Channel], metrics: IngestMetrics) -> None:
        self._outside = outside
        self._blobs = blobs
        self._channels = channels
        self._metrics = metrics

    async def fetch(self, state: StoredMessage) -> Fetched:
        """Fetch what has an address and no copy. What can never be had says why in ``problem``."""
        channel = self._channels.get(state.thread.channel)
        limit = (channel.max_attachment_mb if channel is not None else USUAL_LIMIT_MB) * 1_048_576
        tries = state.fetch.number if state.fetch is not None else 1
        last = fetch_pause(tries) is None
        files = state.message.attachments
        results = await asyncio.gather(
            *(self._one(_copy_id(state, place), file, limit, last) for place, file in enumerate(files))
        )
        found = {file.url: result for file, result in zip(files, results, strict=True) if result is not None}
        return lambda current, now: _applied(current, found, tries, now)

    async def forget(self, state: StoredMessage) -> None:
        """Delete what was fetched for a message that was masked meanwhile (PR-03)."""
        for place in range(len(state.message.attachments)):
            await self._blobs.delete(_copy_id(state, place))

    async def _one(self, id: str, file: Attachment, limit: int, last: bool) -> Attachment | None:
        """The attachment as it now is; None when it is to be tried again."""
        if file.url is None or file.id is not None or file.problem is not None:
            return file
        try:
            async with self._outside.download(file.url, limit) as download:
                if 400 <= download.status < 500 and download.status not in (408, 425, 429):
                    return self._given_up(file, f"The server answered {download.status}.")
                if download.status != 200:
                    raise RetryLater(f"The server answered {download.status}.")
                kind = download.type or file.type
                blob = await self._blobs.put(id, download.chunks, name=file.name, type=kind, limit=limit)
        except TooLarge:
            return self._given_up(file, f"The file is larger than {limit // 1_048_576} MB.")
        except Unprocessable as error:
            return self._given_up(file, error.detail)
        except RetryLater as error:
            if last:
                return self._given_up(file, error.detail)
            self._metrics.fetches.labels("later").inc()
            return None
        self._metrics.fetches.labels("kept").inc()
        return file.model_copy(update={"id": blob.id, "size": blob.size, "type": blob.type})

    def _given_up(self, file: Attachment, why: str) -> Attachment:
        self._metrics.fetches.labels("refused").inc()
        return file.model_copy(update={"problem": why})


def _copy_id(state: StoredMessage, place: int) -> str:
    return derived("file", state.id, place)


def _applied(state: StoredMessage, found: dict[str | None, Attachment], tries: int, now: datetime) -> StoredMessage:
    if state.fetch is None or state.message.masked_at is not None:
        return state
    files = tuple(found.get(file.url, file) for file in state.message.attachments)
    missing = any(file.url is not None and file.id is None and file.problem is None for file in files)
    wait = fetch_pause(tries) if missing else None
    task = Task(at=now + wait, number=tries) if wait is not None else None
    return armed(changed(state.model_copy(update={"fetch": task}), attachments=files))
