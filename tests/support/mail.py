"""Mail servers for tests: Debian's dovecot without privileges in a folder of its own, and a real SMTP listener."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from imapclient import IMAPClient

from shared.local.ports import free_port
from tests.support.eventually import eventually

PASSWORD = "the-password-of-every-mailbox"
DOVECOT = "/usr/sbin/dovecot"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 sec
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot:
    """The server; any user may sign in with ``PASSWORD`` and has a mailbox of his own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="switchboard-mail-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; returns when it answers."""
        user = "nobody" if os.getuid() == 0 else getpass.getuser()
        who = pwd.getpwnam(user)
        for name in ("run", "state", "mail"):
            (self._folder / name).mkdir(exist_ok=True)
        config = self._folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=self._folder,
                user=user,
                group=grp.getgrgid(who.pw_gid).gr_name,
                uid=who.pw_uid,
                gid=who.pw_gid,
                port=self.port,
                password=PASSWORD,
            )
        )
        if os.getuid() == 0:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, who.pw_uid, who.pw_gid)
        drop: dict[str, Any] = {"user": user, "group": who.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        self._process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], **drop)
        deadline = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"dovecot does not start: {self._log()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, and forget its mail."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=2)
            client.shutdown()
            return True
        return False

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text()[-2000:] if log.exists() else "no log"


@dataclass
class Account:
    """A mailbox on the server, as its owner's mail program sees it."""

    port: int
    user: str

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Mail arrives."""
        with self.client() as client:
            for mail in mails:
                client.append(folder, mail)

    def make(self, folder: str) -> None:
        """A new folder, instead of the one there was."""
        with self.client() as client:
            if client.folder_exists(folder):
                client.delete_folder(folder)
            client.create_folder(folder)

    @contextlib.contextmanager
    def client(self) -> Any:
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login(self.user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()


@dataclass
class Outbox:
    """What an SMTP server was given. ``answers`` are used up in order before it takes everything; None hangs up."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    answers: list[str | None] = field(default_factory=list)
    password: str | None = None

    async def got(self, count: int, within: float = 20.0) -> list[Message]:
        """Wait until it has so many."""
        await eventually(lambda: len(self.mails) >= count, within)
        return self.mails

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer is None or answer.startswith("250"):
            content = envelope.content
            self.mails.append(message_from_bytes(content if isinstance(content, bytes) else b"", policy=SMTP_POLICY))
        if answer is None:
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            return "250 never heard"
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = self.password is None or data.password.decode() == self.password
        return AuthResult(success=right, handled=right)


@asynccontextmanager
async def smtp_server(password: str | None = None) -> AsyncIterator[Outbox]:
    """A listener on a free port; with ``password`` it takes mail only after signing in."""
    outbox = Outbox(password=password)

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that passwords should not go without TLS: they go nowhere
            return SMTP(
                outbox,
                hostname="mail.test",
                authenticator=outbox.authenticate,
                auth_required=password is not None,
                auth_require_tls=False,
            )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
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
    **fields: str,
) -> bytes:
    """A mail as a program would write it; ``answers`` are the Message-IDs it refers to, the oldest first."""
    made = EmailMessage(policy=SMTP_POLICY)
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
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
