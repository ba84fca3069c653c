"""Connections to mail servers, one for each look into a folder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from services.ingest.connectors.imap import Folder, ImapFolder
from services.ingest.connectors.mail_server import Logins, ServerProblem
from services.ingest.settings import IngestSettings
from shared.contracts.settings import EmailConfig

NAMES = "mail names"
"""What the signing key of our Message-IDs and reply addresses is derived for."""

TRY_SECONDS = 12.0


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
