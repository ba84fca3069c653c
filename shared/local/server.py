"""A database or broker run as our child: started, watched, stopped, killed, started again on its own data.

It is asked again to end, should it not: a Python program misses a signal that comes in the instant before
it begins to wait (the store, just started, did so once in twelve times).
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar, TypedDict

from shared.local import tether
from shared.local.ports import free_port, is_free
from shared.startup import StartupError

POLL_SECONDS = 0.05
ASK_AGAIN_SECONDS = 8.0  # longer than either server takes to end: the store begins anew with each request


class _Record(TypedDict):
    pid: int
    started: str | None


class LocalServer(ABC):
    """One server with its own directory; keeps its port and its data over stops, kills and restarts.

    ``spawn`` must be called in the main thread: the kernel ties the child to the thread that made it.
    """

    name: ClassVar[str]
    ready_within: ClassVar[float] = 60.0
    stop_within: ClassVar[float] = 20.0
    orphaned: ClassVar[signal.Signals] = signal.SIGTERM  # what the kernel sends it when we are killed

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._ports: dict[str, int] = {}

    @property
    @abstractmethod
    def url(self) -> str:
        """What clients connect to. Known once the server has been spawned."""

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def _environment(self) -> Mapping[str, str]: ...

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves requests now."""

    @property
    def output(self) -> Path:
        """File with what the server printed since its last start."""
        return self.directory / "output.log"

    @property
    def port(self) -> int:
        """The port clients use, once spawned."""
        return self._ports["main"]

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    def running_url(self) -> str | None:
        """Where another process runs this server now; None when nobody does. For commands beside it."""
        record = self._read_record()
        if record is None or _started(record["pid"]) != record["started"]:
            return None
        self._ports = json.loads(self._ports_file.read_text())
        return self.url

    def start(self) -> None:
        """Spawn and wait until it answers. StartupError when it does not."""
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        """Start the process without waiting for it. StartupError when another Switchboard uses the directory."""
        if self.alive:
            return
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._hold_lock()
        self._end_leftover()
        self._choose_ports()
        self._prepare()
        self._process = self._tethered(self._command(), self._environment(), self.output)
        self._record(self._process.pid)

    def wait_ready(self, within: float | None = None) -> None:
        """Return once it answers; StartupError when it ended or did not answer within so many seconds."""
        deadline = time.monotonic() + (within or self.ready_within)
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                code = self._process.returncode if self._process else None
                raise StartupError(f"{self.name} ended at once (code {code}): {self._last_words()}")
            if time.monotonic() > deadline:
                raise StartupError(f"{self.name} gave no answer on port {self.port}; see {self.output}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), insist after a while, and let go of the directory."""
        self._end(signal.SIGTERM)
        self._after_stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """SIGKILL, as a power cut would. ``start`` brings it back on the same port and data."""
        self._end(signal.SIGKILL)

    def _prepare(self) -> None:  # noqa: B027 - most servers need only some of these
        """Write what the server needs in its directory."""

    def _after_stop(self) -> None:  # noqa: B027 - as above
        """End what was started besides the server itself."""

    def _port_names(self) -> Sequence[str]:
        return ("main",)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        deadline = time.monotonic() + self.stop_within
        while process.poll() is None:
            process.send_signal(number if time.monotonic() < deadline else signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ASK_AGAIN_SECONDS)
        self._process = None
        self._record_file.unlink(missing_ok=True)

    def _tethered(
        self, command: Sequence[str], environment: Mapping[str, str], output: Path
    ) -> subprocess.Popen[bytes]:
        tethered = [sys.executable, "-IS", tether.__file__, str(os.getpid()), str(int(self.orphaned)), *command]
        with output.open("wb") as out:
            return subprocess.Popen(  # noqa: S603 - the command is ours
                tethered,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=self.directory,
                start_new_session=True,  # Ctrl-C is for us; we stop it in our own time
            )

    def _hold_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self.directory / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StartupError(
                f"another Switchboard uses {self.directory}: stop it, or set SWITCHBOARD_STATE_DIR to another folder"
            ) from None
        self._lock = lock

    def _choose_ports(self) -> None:
        """Ports of last time where they are free, so that a restart is invisible to clients."""
        file = self._ports_file
        remembered: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        for name in self._port_names():
            port = self._ports.get(name) or remembered.get(name)
            self._ports[name] = port if port is not None and is_free(port) else free_port()
        file.write_text(json.dumps(self._ports))

    @property
    def _ports_file(self) -> Path:
        return self.directory / "ports.json"

    @property
    def _record_file(self) -> Path:
        return self.directory / "process.json"

    def _record(self, pid: int) -> None:
        self._record_file.write_text(json.dumps({"pid": pid, "started": _started(pid)}))

    def _read_record(self) -> _Record | None:
        if not self._record_file.exists():
            return None
        record: _Record = json.loads(self._record_file.read_text())
        return record

    def _end_leftover(self) -> None:
        """End the server of a Switchboard that was killed: two on one directory would destroy the data."""
        record = self._read_record()
        if record is None:
            return
        pid = record["pid"]
        began = asked = time.monotonic() - ASK_AGAIN_SECONDS
        while (started := _started(pid)) is not None and started == record["started"]:
            now = time.monotonic()
            if now - asked >= ASK_AGAIN_SECONDS:
                os.kill(pid, signal.SIGKILL if now - began > self.stop_within else signal.SIGTERM)
                asked = now
            time.sleep(POLL_SECONDS)
        self._record_file.unlink()

    def _last_words(self) -> str:
        lines = self.output.read_text(errors="replace").strip().splitlines() if self.output.exists() else []
        return f"{lines[-1].strip() if lines else 'it said nothing'} (see {self.output})"


def _started(pid: int) -> str | None:
    """When this process began, as its system tells it; None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return answer.stdout.strip() or None


def answers(port: int, greeting: bytes, expected: bytes) -> bool:
    """Whether the loopback server on ``port`` answers ``greeting`` with something that begins as expected.

    An empty expectation only asks that it accepts the connection.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            if not expected:
                return True
            connection.sendall(greeting)
            return connection.recv(len(expected)) == expected
    except OSError:
        return False
