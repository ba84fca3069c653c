"""RabbitMQ from the system's package as our child: own node, own ports, own data, loopback only."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.local.server import LocalServer, answers
from shared.startup import StartupError

PATTERNS = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server",
    "/opt/rabbitmq/sbin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
)
"""Where packages put the server itself. Debian's ``/usr/sbin/rabbitmq-server`` only runs as root, as another user."""

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = switchboard
default_pass = {password}
loopback_users = none
num_acceptors.tcp = 2
raft.wal_max_size_bytes = 33554432
log.file.level = warning
"""
"""A small write-ahead log: the default keeps up to 512 MB of it in memory."""


class LocalRabbit(LocalServer):
    """One broker and its own name server (epmd), both ours, both gone when we are."""

    name = "RabbitMQ"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://switchboard:{self._password()}@127.0.0.1:{self.port}/"

    def _port_names(self) -> Sequence[str]:
        return ("main", "distribution", "epmd")

    def _choose_ports(self) -> None:
        if self._epmd is not None and self._epmd.poll() is None:
            return  # restarted after a kill: the name server still holds its port
        super()._choose_ports()

    def _prepare(self) -> None:
        for folder in ("data", "log"):
            (self.directory / folder).mkdir(exist_ok=True)
        (self.directory / "plugins").write_text("[].\n")
        configuration = self.directory / "rabbitmq.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(CONFIGURATION.format(port=self.port, password=self._password()))
        if self._epmd is None or self._epmd.poll() is not None:
            epmd = shutil.which("epmd")
            if epmd is None:
                raise StartupError("no RabbitMQ: its Erlang has no epmd on the path; reinstall rabbitmq-server")
            command = (epmd, "-port", str(self._ports["epmd"]), "-address", "127.0.0.1")
            self._epmd = self._tethered(command, os.environ, self.directory / "epmd.log")

    def _command(self) -> Sequence[str]:
        return (find_rabbitmq(),)

    def _environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        return {
            **kept,
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),  # the Erlang cookie is made there
            "detached": "1",  # the start script becomes the broker instead of waiting for it
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "plugins"),
            "RABBITMQ_NODENAME": "switchboard@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.directory / "data"),
            "RABBITMQ_LOG_BASE": str(self.directory / "log"),
            "RABBITMQ_DIST_PORT": str(self._ports["distribution"]),
            "RABBITMQ_MAX_NUMBER_OF_PROCESSES": "131072",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _answers(self) -> bool:
        return answers(self.port, b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00")

    def _after_stop(self) -> None:
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait()
            self._epmd = None

    def _password(self) -> str:
        file = self.directory / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text()


def find_rabbitmq() -> str:
    """The server's own start script; StartupError with what to install."""
    for pattern in PATTERNS:
        for found in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            return str(found)
    found_on_path = shutil.which("rabbitmq-server")
    if found_on_path is not None and not Path(found_on_path).is_relative_to("/usr/sbin"):
        return found_on_path
    how = "brew install rabbitmq" if sys.platform == "darwin" else "apt install rabbitmq-server"
    raise StartupError(f"no broker: set SWITCHBOARD_RABBIT_URL, or install RabbitMQ ({how})")
