"""The folder in which ``switchboard up`` keeps what must survive a restart."""

import os
import secrets
from pathlib import Path

from shared.startup import StartupError


class State:
    """Servers' data and the secret key. Nobody else can read it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StartupError(
                f"cannot make {self.directory} ({error.strerror}): set SWITCHBOARD_STATE_DIR to a folder you can write"
            ) from None

    @property
    def rabbitmq(self) -> Path:
        return self.directory / "rabbitmq"

    @property
    def secantusdb(self) -> Path:
        return self.directory / "secantusdb"

    def secret_key(self) -> str:
        """The key that encrypts stored secrets: made once; without it what it encrypted cannot be read."""
        return make_secret_key(self.directory / "secret.key")


def make_secret_key(file: Path) -> str:
    """The key in this file, made when there is none. Written whole or not at all, readable by its owner only."""
    try:
        if not file.exists():
            unfinished = file.with_suffix(f".{secrets.token_hex(8)}.new")
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_hex(32) + "\n")
            try:
                os.link(unfinished, file)  # fails when another process was faster; then its key counts
            except FileExistsError:
                pass
            finally:
                unfinished.unlink()
        return file.read_text().strip()
    except OSError as error:
        raise StartupError(f"cannot keep the secret key in {file}: {error.strerror}") from None
