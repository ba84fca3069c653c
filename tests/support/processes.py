"""``switchboard`` as processes of their own, for end-to-end, browser and chaos tests: start, wait, kill, again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from shared.local.ports import free_port

ROOT = Path(__file__).parents[2]
SECRET_KEY = "for tests only: 0123456789abcdef0123456789abcdef"


class Switchboard:
    """One process of the command line, on a port of its own that it keeps over restarts.

    ``arguments`` are ``("up",)`` or ``("serve", service)``; ``environment`` names settings without their prefix,
    as in ``mongo_url=…``. ``log`` is the file with everything it printed, over all its lives.
    """

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.arguments = arguments
        self.port = free_port()
        self.log = directory / f"{'-'.join(arguments)}-{self.port}.log"
        self._settings = {
            "secret_key": SECRET_KEY,
            "log_format": "json",
            **environment,
            "port": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def spawn(self) -> None:
        """Start without waiting."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
        ours = {f"SWITCHBOARD_{name.upper()}": value for name, value in self._settings.items()}
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", *self.arguments],
                cwd=ROOT,
                env={**kept, **ours, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def start(self, within: float = 90) -> None:
        """Start and wait until it is ready."""
        self.spawn()
        self.wait_ready(within)

    def wait_ready(self, within: float = 90) -> None:
        """Return once ``/readyz`` says so. Raises with what fails, or with the end of its log."""
        deadline = time.monotonic() + within
        while (failing := self.failing()) != {}:
            if self.pid is None or time.monotonic() > deadline:
                raise TimeoutError(f"{' '.join(self.arguments)} is not ready: {failing}\n{self.words()[-3000:]}")
            time.sleep(0.05)

    def failing(self) -> Mapping[str, str]:
        """What ``/readyz`` says fails; empty when it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return {}
        except urllib.error.HTTPError as answer:
            with answer:
                found: dict[str, str] = json.load(answer)["failing"]
                return found
        except OSError as error:
            return {"process": str(error)}

    def metrics(self) -> str:
        """What Prometheus would scrape."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and wait; its exit code."""
        return self._end(number)

    def wait_end(self, within: float = 60) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        return self._process.wait(within)

    def words(self) -> str:
        """Everything it printed."""
        return self.log.read_text(errors="replace")

    def said(self, pattern: str) -> str:
        """The first group of the first match in what it printed, as a one-time password. Raises when absent."""
        found = re.search(pattern, self.words())
        if found is None:
            raise LookupError(f"it never said {pattern}:\n{self.words()[-2000:]}")
        return found.group(1)

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
