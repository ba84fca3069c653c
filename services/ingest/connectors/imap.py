"""A mailbox's folder over IMAP: which mail is new, its bytes, and waiting for more. Reads only, changes nothing.

The client is a blocking one, called in threads of its own; only the waiting (IDLE) holds no thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from services.ingest.connectors.mail_server import Login, ServerProblem, no_connection, reachable
from shared.contracts.settings import EmailConfig
from shared.text import one_line

P = ParamSpec("P")
T = TypeVar("T")
# A search's answer is one line, and there is no public way to let it be longer: 1 MB is 130,000 mails.
imaplib._MAXLINE = 16_777_216  # type: ignore[attr-defined]  # not in the stubs
Errors = (
    IMAPClientError,
    imaplib.IMAP4.error,
    OSError,
    ValueError,
    AssertionError,
    LookupError,
    TypeError,
    AttributeError,
)
"""What the client raises, on answers that make no sense or lack something too."""


@dataclass(frozen=True, slots=True)
class Folder:
    """``next_uid`` is greater than that of any mail in it."""

    uidvalidity: int
    next_uid: int


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it lies there; ``cut`` when only its beginning was fetched. ``at``: when its server got it."""

    uid: int
    raw: bytes
    at: datetime | None
    cut: bool


class _Client(IMAPClient):  # type: ignore[misc]  # it has no types
    """With what it hears beside its answers: a server tells of new mail once, maybe at the end of something else."""

    def was_told(self) -> bool:
        """Whether an answer since the last time had news of the number of mails."""
        _, news = self._imap.response("EXISTS")
        return bool(news != [None])

    def begin_idle(self) -> bool:
        """Begin to wait; whether something was told already, with the words that waiting began."""
        self.idle()
        connection = self.socket()
        connection.setblocking(False)
        try:
            return bool(self._imap.file.peek(1))
        except OSError:
            return False
        finally:
            connection.setblocking(True)
            connection.settimeout(self._timeout.read)


class ImapFolder:
    """One connection with the folder open, for one task at a time. Every method raises ``ServerProblem``."""

    def __init__(self, config: EmailConfig, pool: Executor, timeout: float) -> None:
        self._config = config
        self._pool = pool
        self._timeout = timeout
        self._client: _Client | None = None
        self._idles = False

    async def open(self, login: Login, *, allow_private: bool) -> Folder:
        """Connect, sign in, open the folder."""
        await reachable(self._config.imap_host, self._config.imap_port, allow_private)
        return await self._call(self._open, login)

    async def close(self) -> None:
        """Let go of the connection, whatever its state."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*Errors):
                await self._in_thread(client.shutdown)

    async def after(self, uid: int) -> list[int]:
        """The UIDs above ``uid``, ascending."""
        found = await self._call(self._search, ["UID", f"{uid + 1}:*"])
        return sorted(one for one in found if one > uid)  # a range with * always has the last one

    async def since(self, day: datetime) -> list[int]:
        """The UIDs of mail that arrived on this day or later, ascending."""
        return sorted(await self._call(self._search, ["SINCE", day.date()]))

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes by UID, of those that are still there."""
        found = await self._call(self._fetch, uids, ["RFC822.SIZE"])
        return {uid: int(data.get(b"RFC822.SIZE", 0)) for uid, data in found.items()}

    async def fetch(self, uids: Sequence[int], limit: int) -> list[Received]:
        """The mails that are still there, ascending, each up to ``limit`` bytes."""
        found = await self._call(self._fetch, uids, ["INTERNALDATE", f"BODY.PEEK[]<0.{limit}>"])
        mails: list[Received] = []
        for uid, data in sorted(found.items()):
            raw = data.get(b"BODY[]<0>", data.get(b"BODY[]"))
            at = data.get(b"INTERNALDATE")
            if isinstance(raw, bytes):
                aware = at.replace(tzinfo=UTC) if isinstance(at, datetime) and at.tzinfo is None else at
                mails.append(Received(uid, raw, aware if isinstance(aware, datetime) else None, len(raw) >= limit))
        return mails

    async def wait(self, within: float) -> None:
        """Until the server says that something changed, at most ``within`` seconds; without IDLE just that long."""
        client = self._connected()
        if client.was_told():
            return
        if not self._idles:
            await asyncio.sleep(within)
            await self._call(client.noop)
            return
        if await self._call(client.begin_idle):
            within = 0
        rang = asyncio.Event()
        loop, socket = asyncio.get_running_loop(), client.socket()
        loop.add_reader(socket, rang.set)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await rang.wait()
        finally:
            loop.remove_reader(socket)
        await self._call(client.idle_done)

    # --- in a thread ---------------------------------------------------------------------------------------------

    def _open(self, login: Login) -> Folder:
        config = self._config
        client = _Client(config.imap_host, config.imap_port, ssl=config.imap_security == "tls", timeout=self._timeout)
        self._client = client
        client.normalise_times = False
        if config.imap_security == "starttls":
            client.starttls()
        if login.token:
            client.oauth2_login(login.user, login.secret)
        else:
            client.login(login.user, login.secret)
        self._idles = client.has_capability("IDLE")
        try:
            about = client.select_folder(config.imap_folder, readonly=True)
        except (IMAPClientError, imaplib.IMAP4.error) as error:
            raise ServerProblem(f"The folder {config.imap_folder} cannot be opened. Check its name.") from error
        return Folder(uidvalidity=int(about[b"UIDVALIDITY"]), next_uid=int(about.get(b"UIDNEXT") or 0))

    def _search(self, criteria: list[Any]) -> list[int]:
        return [int(uid) for uid in self._connected().search(criteria)]

    def _fetch(self, uids: Sequence[int], what: list[str]) -> dict[int, dict[bytes, Any]]:
        found: dict[int, dict[bytes, Any]] = self._connected().fetch(list(uids), what)
        return found

    def _connected(self) -> _Client:
        if self._client is None:
            raise ServerProblem("The connection is closed.")
        return self._client

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        host, port = self._config.imap_host, self._config.imap_port
        try:
            return await self._in_thread(function, *args, **kwargs)
        except LoginError as error:
            said = one_line(str(error), 150)
            raise ServerProblem(f"{host} does not accept this user and secret ({said}).") from error
        except OSError as error:
            raise no_connection(host, port, error) from error
        except Errors as error:
            said = one_line(str(error), 150)
            raise ServerProblem(f"{host} gave an answer that makes no sense ({said}).") from error

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))
