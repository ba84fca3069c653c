"""A broker and a store for tests: those of the environment, else containers, else local ones on free ports.

``SWITCHBOARD_TEST_RABBIT_URL`` and ``SWITCHBOARD_TEST_MONGO_URL`` name running servers (any prefix beginning
with ``t`` on them is ours to write). The chaos test uses ``LocalRabbit`` and ``LocalSecantus`` directly:
``start``, ``kill``, ``stop``; they keep their port and their data.
"""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.local.rabbitmq import LocalRabbit
from shared.local.secantusdb import LocalSecantus
from shared.local.server import LocalServer

__all__ = ["LocalRabbit", "LocalSecantus", "LocalServer", "Servers"]

RABBIT_IMAGE = "rabbitmq:4-management"
MONGO_IMAGE = "mongo:8"


@dataclass
class Running:
    """A server that answers, where it came from, and how to end it."""

    url: str
    source: str
    end: Callable[[], None]


class Servers:
    """Starts each server once, when first asked for; ``stop`` ends what was started."""

    def __init__(self, rabbit_url: str | None = None, mongo_url: str | None = None) -> None:
        self._directory: Path | None = None
        self._rabbit = _given(rabbit_url or os.environ.get("SWITCHBOARD_TEST_RABBIT_URL"))
        self._mongo = _given(mongo_url or os.environ.get("SWITCHBOARD_TEST_MONGO_URL"))

    @property
    def rabbit_url(self) -> str:
        if self._rabbit is None:
            self._rabbit = _rabbit_container() if docker_answers() else self._local(LocalRabbit)
        return self._rabbit.url

    @property
    def mongo_url(self) -> str:
        if self._mongo is None:
            self._mongo = _mongo_container() if docker_answers() else self._local(LocalSecantus)
        return self._mongo.url

    def sources(self) -> str:
        """Where the servers in use came from, for the end of a test run."""
        used = {"broker": self._rabbit, "store": self._mongo}
        return ", ".join(f"{name}: {server.source}" for name, server in used.items() if server is not None)

    def stop(self) -> None:
        for server in (self._rabbit, self._mongo):
            if server is not None:
                server.end()
        self._rabbit = self._mongo = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _local(self, kind: type[LocalServer]) -> Running:
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="switchboard-tests-"))
        server = kind(self._directory / kind.name.lower())
        server.start()
        return Running(server.url, "local child", server.stop)


def _given(url: str | None) -> Running | None:
    return Running(url, "given", lambda: None) if url else None


def docker_answers() -> bool:
    """Whether a Docker engine listens where the environment (or the system) says. Asks, starts nothing."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    scheme, _, address = host.partition("://")
    try:
        if scheme == "unix":
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(address)
                return True
        name, _, port = address.partition(":")
        with socket.create_connection((name, int(port or 2375)), timeout=1):
            return True
    except OSError:
        return False


def _rabbit_container() -> Running:
    host, port, end = _container(RABBIT_IMAGE, 5672)
    _wait(lambda: _amqp_answers(host, port), RABBIT_IMAGE)
    return Running(f"amqp://guest:guest@{host}:{port}/", RABBIT_IMAGE, end)


def _mongo_container() -> Running:
    host, port, end = _container(MONGO_IMAGE, 27017)
    url = f"mongodb://{host}:{port}/?directConnection=true&w=majority&journal=true&retryWrites=false"
    _wait(lambda: _mongo_answers(url), MONGO_IMAGE)
    return Running(url, MONGO_IMAGE, end)


def _container(image: str, port: int) -> tuple[str, int, Callable[[], None]]:
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image).with_exposed_ports(port)
    container.start()
    return container.get_container_host_ip(), int(container.get_exposed_port(port)), container.stop


def _amqp_answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(3) == b"\x01\x00\x00"
    except OSError:
        return False


def _mongo_answers(url: str) -> bool:
    import pymongo
    import pymongo.errors

    try:
        with pymongo.MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")
    except pymongo.errors.PyMongoError:
        return False
    return True


def _wait(ready: Callable[[], bool], image: str) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"a container of {image} runs but gives no answer")
        time.sleep(0.2)
