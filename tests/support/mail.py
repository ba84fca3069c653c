"""Mail for tests: a real SMTP listener, mails as programs write them, reports of servers."""

from __future__ import annotations

import asyncio
import base64
import ssl
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP as SMTP_POLICY
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.support.eventually import eventually


@dataclass
class Outbox:
    """What an SMTP server was given. ``answers`` are used up in order before it takes everything; None hangs up.

    ``password``: what it wants before it takes mail; ``tokens``: those that somebody signed in with (XOAUTH2).
    """

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    answers: list[str | None] = field(default_factory=list)
    password: str | None = None
    tokens: list[str] = field(default_factory=list)

    async def got(self, count: int, within: float = 20.0) -> list[Message]:
        """Wait until it has so many."""
        await eventually(lambda: len(self.mails) >= count, within)
        return self.mails

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer is None or answer.startswith("250"):
            self.mails.append(read(envelope))
        return hang_up(server) if answer is None else answer

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Takes any token of the form that it must have."""
        said = base64.b64decode(args[1]).decode()
        user, bearer, *rest = said.split("\x01")
        right = user.startswith("user=") and bearer.startswith("auth=Bearer ") and rest == ["", ""]
        self.tokens += [bearer.removeprefix("auth=Bearer ")] if right else []
        return AuthResult(success=right, handled=False)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = self.password is None or data.password.decode() == self.password
        return AuthResult(success=right, handled=right)


def read(envelope: Envelope) -> Message:
    """The mail that came."""
    content = envelope.content
    return message_from_bytes(content if isinstance(content, bytes) else b"", policy=SMTP_POLICY)


def hang_up(server: SMTP) -> str:
    """End the connection as a crash would; the answer that nobody hears."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    return "250 never heard"


B = TypeVar("B", bound=Outbox)


@asynccontextmanager
async def listening(outbox: B, *, tls: ssl.SSLContext | None = None, at_once: bool = False) -> AsyncIterator[B]:
    """On a free port; with ``tls`` it offers STARTTLS, or speaks it ``at_once``."""

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that passwords should not go without TLS: they go nowhere
            return SMTP(
                outbox,
                hostname="mail.test",
                authenticator=outbox.authenticate,
                auth_required=outbox.password is not None,
                auth_require_tls=False,
                tls_context=None if at_once else tls,
                require_starttls=tls is not None and not at_once,
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if at_once else None)
    outbox.port = server.sockets[0].getsockname()[1]
    try:
        yield outbox
    finally:
        server.close()
        await server.wait_closed()


def mail(
    text: str = "hola",
    *,
    sender: str = "Ana <ana@example.org>",
    subject: str = "Pedido",
    name: str | None = None,
    answers: Sequence[str] = (),
    html: str | None = None,
    to: str = "help@shop.example",
    date: str = "Mon, 02 Mar 2026 09:00:00 +0000",
    **fields: str,
) -> bytes:
    """A mail as a program would write it; ``answers`` are the Message-IDs it refers to, the oldest first."""
    made = EmailMessage(policy=SMTP_POLICY)
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = date
    if name is not None:
        made["Message-ID"] = f"<{name}>"
    if answers:
        made["In-Reply-To"] = f"<{answers[-1]}>"
        made["References"] = " ".join(f"<{one}>" for one in answers)
    for field_name, value in fields.items():
        made[field_name.replace("_", "-")] = value
    made.set_content(text)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made.as_bytes()


def bounce(about: str, *, action: str = "failed", to: str = "help@shop.example") -> bytes:
    """A server's report (RFC 3464) about the mail with this Message-ID."""
    return (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nTo: {to}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        "--r\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; ana@example.org\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
        f"\r\n--r\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: {to}\r\nMessage-ID: <{about}>\r\nSubject: Re: x\r\n"
        "\r\n--r--\r\n"
    ).encode()
