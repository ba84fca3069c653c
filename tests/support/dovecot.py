"""A real IMAP server for tests: Debian's dovecot without privileges in a folder of its own, and its mailboxes."""

from __future__ import annotations

import base64
import contextlib
import getpass
import grp
import hmac
import itertools
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from shared.local.ports import free_port, is_free
from tests.support.certificates import Certificate, certificate

PASSWORD = "the-password-of-every-mailbox"
TOKEN_KEY = b"what signs the access tokens of every mailbox"
DOVECOT = "/usr/sbin/dovecot"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 sec
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
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
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
_TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""


class Dovecot:
    """The server; any user may sign in with ``PASSWORD``, or a token signed with ``TOKEN_KEY``, and has a mailbox.

    Keeps its ports and its mail over kills and restarts, as ``shared.local.LocalServer`` does.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.tls_port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="switchboard-mail-"))
        self._who = pwd.getpwnam("nobody" if os.getuid() == 0 else getpass.getuser())
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = itertools.count()
        self.certificate: Certificate = certificate(self._folder)
        self._prepare()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    def start(self) -> None:
        """Begin; returns when it answers."""
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        """Begin without waiting."""
        drop: dict[str, Any] = {}
        if os.getuid() == 0:
            drop = {"user": self._who.pw_name, "group": self._who.pw_gid, "extra_groups": []}
        command = [DOVECOT, "-F", "-c", str(self._folder / "dovecot.conf")]
        self._process = subprocess.Popen(command, start_new_session=True, **drop)

    def wait_ready(self, within: float = 30.0) -> None:
        """Return once it answers. RuntimeError with its log when it does not."""
        deadline = time.monotonic() + within
        while not self._answers():
            if not self.alive or time.monotonic() > deadline:
                raise RuntimeError(f"dovecot does not start: {self._log()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to the server and everything it started; returns when its ports are free."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        while not (is_free(self.port) and is_free(self.tls_port)):
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, and forget its mail."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def deliver(self, user: str, mail: bytes) -> None:
        """As a mail transfer agent lays it into the mailbox, at once and whole, whether the server runs or not."""
        inbox = self._folder / "mail" / user
        self._own(*(inbox / part for part in ("", "cur", "new", "tmp")))
        now = time.time_ns() // 1000
        name = f"{now // 1_000_000}.M{now % 1_000_000:06}P{os.getpid()}Q{next(self._delivered)}.test"
        (inbox / "tmp" / name).write_bytes(mail)
        self._chown(inbox / "tmp" / name)
        (inbox / "tmp" / name).rename(inbox / "new" / name)

    def _prepare(self) -> None:
        folder, who = self._folder, self._who
        self._own(*(folder / name for name in ("", "run", "state", "mail", "keys/default/HS256")))
        group = grp.getgrgid(who.pw_gid).gr_name
        config = {"user": who.pw_name, "group": group, "uid": who.pw_uid, "gid": who.pw_gid, "password": PASSWORD}
        ports = {"port": self.port, "tls_port": self.tls_port}
        (folder / "dovecot.conf").write_text(_CONFIG.format(folder=folder, **config, **ports))
        (folder / "oauth2.conf").write_text(_TOKENS.format(folder=folder))
        (folder / "keys/default/HS256/default").write_bytes(base64.b64encode(TOKEN_KEY))
        self._chown(*folder.rglob("*"))

    def _own(self, *folders: Path) -> None:
        for folder in folders:
            if not folder.is_dir():
                folder.mkdir(parents=True)
            self._chown(folder)

    def _chown(self, *paths: Path) -> None:
        if os.getuid() == 0:
            for path in paths:
                os.chown(path, self._who.pw_uid, self._who.pw_gid)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=2)
            client.shutdown()
            return True
        return False

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text()[-2000:] if log.exists() else "no log"


def token(user: str, key: bytes = TOKEN_KEY) -> str:
    """An access token as an identity provider signs it (RFC 7519, HS256), good for an hour."""
    now = int(time.time())
    said = {"sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + 3600}
    parts = [_part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, said)]
    return ".".join((*parts, _part(hmac.digest(key, ".".join(parts).encode(), "sha256"))))


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Account:
    """A mailbox on the server, as its owner's mail program sees it."""

    server: Dovecot
    user: str

    @property
    def port(self) -> int:
        return self.server.port

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
    def client(self) -> Iterator[Any]:
        """IMAPClient, which has no types."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login(self.user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()
