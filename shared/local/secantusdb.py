"""SecantusDB, the embedded database, as our child. It is GPL: it is run, never imported."""

import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.local.server import LocalServer, answers
from shared.startup import StartupError

CACHE = "128M"


class LocalSecantus(LocalServer):
    """``secantusd-py`` on loopback with its data under ``directory/data``."""

    name = "SecantusDB"
    orphaned = signal.SIGKILL  # SIGTERM may be missed by it; what it acknowledged is in its journal

    @property
    def url(self) -> str:
        # retryWrites: it scans its retry records on every such write (6 ms an insert instead of 0.7).
        # maxPoolSize: more connections than cores only queue inside it.
        return (
            f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
            "&retryWrites=false&maxPoolSize=4&w=majority&journal=true"
        )

    def _command(self) -> Sequence[str]:
        # --standalone: no oplog for change streams that nobody reads; a fifth more writes a second.
        return (
            *(find_secantus(), "--host", "127.0.0.1", "--port", str(self.port)),
            *("--storage-path", str(self.directory / "data"), "--cache-size", CACHE),
            *("--standalone", "--log-level", "WARNING", "--config", str(self.directory / "secantusd.toml")),
        )

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}

    def _prepare(self) -> None:
        (self.directory / "secantusd.toml").write_text("")  # or it would pick up one from the home folder

    def _answers(self) -> bool:
        return answers(self.port, b"", b"")


def find_secantus() -> str:
    """The server's program beside this Python or on the path; StartupError with what to install."""
    beside = Path(sys.executable).parent / "secantusd-py"
    found = str(beside) if beside.exists() else shutil.which("secantusd-py")
    if found is None:
        raise StartupError(
            "no database: set SWITCHBOARD_MONGO_URL, or install the embedded one (pip install 'switchboard[embedded]')"
        )
    return found
