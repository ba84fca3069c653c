"""Connections to mail servers, one for each look into a folder; and the sweep over files that were never sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import structlog

from services.ingest.connectors.imap import Folder, ImapFolder
from services.ingest.connectors.mail_server import Logins, ServerProblem
from services.ingest.handlers.attaching import Attaching
from services.ingest.settings import IngestSettings
from shared.contracts.settings import EmailConfig
from shared.errors import SwitchboardError

log = structlog.get_logger(__name__)

NAMES = "mail names"
"""What the signing key of our Message-IDs and reply addresses is derived for."""

TRY_SECONDS = 12.0
SWEEP_SECONDS = 1800.0


class Post:
    """Connections to mail servers."""

    def __init__(self, logins: Logins, settings: IngestSettings, *, allow_private: bool) -> None:
        self._logins = logins
        self._settings = settings
        self._allow_private = allow_private
        self._pool = ThreadPoolExecutor(settings.mail_threads, thread_name_prefix="imap")

    @contextlib.asynccontextmanager
    async def opened(self, config: EmailConfig) -> AsyncIterator[tuple[ImapFolder, Folder]]:
        """A channel's folder, open."""
        folder = ImapFolder(config, self._pool, self._settings.mail_answer)
        try:
            try:
                about = await folder.open(await self._logins.incoming(config), allow_private=self._allow_private)
            except ServerProblem:
                self._logins.forget(config)
                raise
            yield folder, about
        finally:
            await folder.close()

    async def try_receiving(self, config: EmailConfig) -> str | None:
        """What keeps the folder from being read, if anything does."""
        try:
            async with asyncio.timeout(TRY_SECONDS), self.opened(config):
                return None
        except ServerProblem as problem:
            return problem.detail
        except TimeoutError:
            return f"{config.imap_host}:{config.imap_port} does not answer in time; check name, port and encryption."

    def close(self) -> None:
        """End the threads; what they still do ends with its connection."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Sweep:
    """Forgets uploads that were never sent, now and then."""

    def __init__(self, attaching: Attaching) -> None:
        self._attaching = attaching
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="unsent uploads")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._attaching.forget_unsent()
            except SwitchboardError as away:
                log.info("uploads.not_swept", code=away.code)
