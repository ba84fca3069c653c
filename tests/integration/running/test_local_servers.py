"""The local broker and store: they keep data and port over a kill, and never outlive us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import aio_pika
import psutil
import pymongo
import pytest
from aiormq.abc import FieldTable

from shared.local.rabbitmq import LocalRabbit
from shared.local.secantusdb import LocalSecantus
from shared.local.server import LocalServer
from shared.startup import StartupError
from tests.support.eventually import eventually

pytestmark = pytest.mark.integration


async def test_what_the_broker_confirmed_survives_a_kill_on_the_same_port(tmp_path: Path) -> None:
    rabbit = LocalRabbit(tmp_path / "rabbitmq")
    rabbit.start()
    try:
        url = rabbit.url
        arguments: FieldTable = {"x-queue-type": "quorum"}
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue("kept", durable=True, arguments=arguments)
            message = aio_pika.Message(b"hello", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, "kept")
        await _registered(tmp_path, b"kept")
        rabbit.kill()
        assert not rabbit.alive
        rabbit.start()
        assert rabbit.url == url
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue("kept", durable=True, arguments=arguments)
            received = await queue.get(timeout=10)
            assert received is not None
            assert received.body == b"hello"
    finally:
        rabbit.stop()


async def _registered(directory: Path, queue: bytes) -> None:
    """Wait until the broker has written down that it has this queue.

    It keeps the names of its quorum queues in a file that it saves about half a second after a change; killed
    within that half second, it comes back with a queue that never elects a leader (docs/operations.md).
    """
    (names,) = (directory / "rabbitmq" / "data").glob("*/quorum/*/names.dets")
    await eventually(lambda: queue in names.read_bytes())


def test_what_the_store_acknowledged_survives_a_kill_on_the_same_port(tmp_path: Path) -> None:
    store = LocalSecantus(tmp_path / "secantusdb")
    store.start()
    try:
        with pymongo.MongoClient[dict[str, object]](store.url) as client:
            client["a"]["b"].insert_many([{"_id": n} for n in range(100)])
        store.kill()
        store.start()
        with pymongo.MongoClient[dict[str, object]](store.url) as client:
            assert client["a"]["b"].count_documents({}) == 100
    finally:
        store.stop()


def test_a_second_switchboard_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    first, second = LocalSecantus(tmp_path), LocalSecantus(tmp_path)
    first.start()
    try:
        with pytest.raises(StartupError, match="another Switchboard uses"):
            second.spawn()
    finally:
        first.stop()


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    store = LocalSecantus(tmp_path)
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StartupError, match="SecantusDB ended at once"):
        store.start()
    store.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tie exists on Linux only")
@pytest.mark.parametrize("kind", [LocalSecantus, LocalRabbit])
def test_children_end_when_we_are_killed(kind: type[LocalServer], tmp_path: Path) -> None:
    program = (
        f"import time; from pathlib import Path; from {kind.__module__} import {kind.__name__} as Server\n"
        f"server = Server(Path({str(tmp_path)!r})); server.start(); print('ready', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert children
        os.kill(parent.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_server_left_behind_is_ended_before_the_next_start(tmp_path: Path) -> None:
    left = LocalSecantus(tmp_path)
    left.start()
    old = left.pid
    assert old is not None
    assert left._lock is not None
    left._lock.close()  # as if its parent had died without the kernel's tie
    following = LocalSecantus(tmp_path)
    following.start()
    try:
        deadline = time.monotonic() + 10
        while left.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left.alive
        assert following.pid not in (None, old)
    finally:
        following.stop()
