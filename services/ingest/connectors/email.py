"""Mail out over SMTP. Nothing there drops a repeat, so what got no answer is uncertain and never repeated by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Protocol

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from services.ingest.connectors.mail_server import Login, Logins, ServerProblem, no_connection, reachable
from services.ingest.domain.delivery import Outcome, Postponed, Refused, Took
from services.ingest.domain.mail.tokens import reply_address
from services.ingest.domain.mail.writing import Enclosed, composed, for_servers
from services.ingest.domain.message import StoredMessage
from shared.contracts.settings import Channel, EmailConfig
from shared.errors import NotFound, RetryLater
from shared.text import one_line

PIECE = 262_144
TRY_SECONDS = 12.0
GREYLISTED = timedelta(minutes=2)
"""A server that defers strangers wants them to come back later than at once."""


class Bytes(Protocol):
    """``shared.store.Blobs``, as far as this needs it."""

    async def read(self, id: str, offset: int = 0, size: int = PIECE) -> bytes: ...


class EmailConnector:
    """Sends by SMTP: one connection a mail, signed in, encrypted as the channel says."""

    def __init__(self, files: Bytes, logins: Logins, *, key: bytes, allow_private: bool, timeout: float) -> None:
        self._files = files
        self._logins = logins
        self._key = key
        self._allow_private = allow_private
        self._timeout = timeout

    async def send(self, state: StoredMessage, channel: Channel) -> Outcome:
        """One attempt."""
        config = channel.config
        if not isinstance(config, EmailConfig) or state.mail is None:
            return Refused("The message is no mail, or the channel no mailbox.")
        try:
            sender, recipient = for_servers(config.address), for_servers(state.mail.to or "")
            mail = await self._composed(state, config)
        except (ValueError, UnicodeError):
            return Refused("The address of the contact cannot receive mail.")
        except NotFound:
            return Refused("A file of it is not stored here any more.")
        except RetryLater as away:
            return Postponed(away.detail)
        begun = False
        try:
            async with asyncio.timeout(self._timeout), self._connected(config) as server:
                await server.mail(sender)
                await server.rcpt(recipient)
                begun = True
                await server.data(mail)
        except ServerProblem as problem:
            return Postponed(problem.detail)
        except SMTPResponseException as error:
            return _answered(error)
        except (SMTPException, OSError, TimeoutError) as error:
            detail = no_connection(config.smtp_host, config.smtp_port, _cause(error)).detail
            return Postponed(detail, may_have_arrived=begun)
        return Took()

    async def check(self, config: EmailConfig) -> str | None:
        """Connect and sign in; what is wrong, or None."""
        try:
            async with asyncio.timeout(min(self._timeout, TRY_SECONDS)), self._connected(config):
                return None
        except ServerProblem as problem:
            return problem.detail
        except SMTPResponseException as error:
            return _answered(error).reason
        except (SMTPException, OSError, TimeoutError) as error:
            return no_connection(config.smtp_host, config.smtp_port, _cause(error)).detail

    @contextlib.asynccontextmanager
    async def _connected(self, config: EmailConfig) -> AsyncIterator[SMTP]:
        await reachable(config.smtp_host, config.smtp_port, self._allow_private)
        login = await self._logins.outgoing(config)
        server = SMTP(
            hostname=config.smtp_host,
            port=config.smtp_port,
            timeout=self._timeout,
            use_tls=config.smtp_security == "tls",
            start_tls=False,
        )
        try:
            await server.connect()
            if config.smtp_security == "starttls":
                await _start_tls(server)
            if server.last_ehlo_response is None:
                await server.ehlo()
            await _sign_in(server, login, config)
            yield server
        except SMTPAuthenticationError as error:
            self._logins.forget(config)
            said = one_line(error.message, 150)
            raise ServerProblem(f"{config.smtp_host} does not accept this user and secret ({said}).") from error
        except SMTPNotSupported as error:
            raise ServerProblem(
                f"{config.smtp_host} does not offer this encryption or way to sign in; check the settings."
            ) from error
        finally:
            server.close()

    async def _composed(self, state: StoredMessage, config: EmailConfig) -> bytes:
        message, header = state.message, state.mail
        if header is None:
            raise ValueError("no mail")
        files = [
            Enclosed(name=one.name, type=one.type, data=await self._whole(one.id))
            for one in message.attachments
            if one.id is not None
        ]
        links = [f"{one.name or 'File'}: {one.url}" for one in message.attachments if one.id is None and one.url]
        answers = None
        if config.plus_addresses:
            answers = reply_address(config.address, message.conversation, state.thread.channel, self._key)
        return await asyncio.to_thread(
            composed,
            header,
            text="\n\n".join(part for part in (message.text, "\n".join(links)) if part),
            sender=config.address,
            display_name=config.display_name,
            reply_to=answers,
            sent_at=message.sent_at,
            automatic=message.automatic,
            files=files,
        )

    async def _whole(self, id: str) -> bytes:
        pieces: list[bytes] = []
        offset = 0
        while piece := await self._files.read(id, offset, PIECE):
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)


async def _start_tls(server: SMTP) -> None:
    """From here on encrypted, or not at all: never merely tried."""
    await server.ehlo()
    if not server.supports_extension("starttls"):
        raise SMTPNotSupported("no STARTTLS")
    await server.starttls()


async def _sign_in(server: SMTP, login: Login | None, config: EmailConfig) -> None:
    """As the channel says. A server that offers no signing in is used without, unless it has a password of its own."""
    if login is None:
        return
    if login.token:
        await server.auth_xoauth2(login.user, login.secret)
    elif server.supports_extension("auth"):
        await server.login(login.user, login.secret)
    elif config.smtp_password:
        raise SMTPNotSupported("no AUTH")


def _answered(error: SMTPResponseException) -> Postponed | Refused:
    """What the server's word means: 4xx come again, anything else never."""
    about = "The recipient was refused" if isinstance(error, SMTPRecipientRefused) else "The mail was refused"
    if isinstance(error, SMTPSenderRefused):
        about = "The sender was refused"
    reason = f"{about}: {error.code} {one_line(error.message, 200)}"
    return Postponed(reason, after=GREYLISTED) if 400 <= error.code < 500 else Refused(reason)


def _cause(error: BaseException) -> BaseException:
    """The error of the connection beneath the library's."""
    inner = error.__cause__ or error.__context__
    return inner if isinstance(inner, OSError) else error
