"""The command line: what the person can mend is one line and an exit code, never a traceback."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.bus import consumes
from shared.bus.dead_letters import dead_letters
from shared.contracts.base import Meta
from shared.local.ports import free_port
from tests.support.bells import BellRang, rang
from tests.support.eventually import eventually
from tests.support.towns import real_town

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
KEY = "k" * 32


def switchboard(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these variables and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        cwd=ROOT,
        env={**kept, **{f"SWITCHBOARD_{name.upper()}": value for name, value in environment.items()}},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error that is ours."""
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("switchboard: ")]
    return line


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_serve_without_a_secret_key_is_refused() -> None:
    done = switchboard("serve", "sla")
    assert "SWITCHBOARD_SECRET_KEY is not set" in the_line(done)
    assert done.returncode == 2


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    done = switchboard("up", port="http", state_dir=str(tmp_path))
    assert "SWITCHBOARD_PORT" in the_line(done)
    assert done.returncode == 2


def test_an_unknown_service_is_answered_with_the_known_ones() -> None:
    done = switchboard("serve", "billing", secret_key=KEY)
    assert "ingest, routing, sla, automation, csat, gateway" in the_line(done)
    assert done.returncode == 2


def test_a_taken_port_is_told_before_anything_is_started(taken_port: int, tmp_path: Path) -> None:
    done = switchboard("up", port=str(taken_port), state_dir=str(tmp_path / "state"))
    assert f"port {taken_port} is taken" in the_line(done)
    assert done.returncode == 1
    assert not (tmp_path / "state").exists()


def test_a_broker_that_refuses_is_named_with_its_setting(mongo_url: str) -> None:
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    done = switchboard(
        "serve", "sla", port=str(free_port()), secret_key=KEY, mongo_url=mongo_url, rabbit_url=url, connect_within="0.5"
    )
    line = the_line(done)
    assert "refuses connections" in line
    assert "SWITCHBOARD_RABBIT_URL" in line
    assert "guest:guest" not in line
    assert done.returncode == 1


def test_a_broker_that_does_not_know_us_is_one_line(rabbit_url: str, mongo_url: str) -> None:
    place = urlsplit(rabbit_url).netloc.rpartition("@")[2]
    done = switchboard(
        *("serve", "sla"),
        port=str(free_port()),
        secret_key=KEY,
        mongo_url=mongo_url,
        rabbit_url=f"amqp://nobody:nothing@{place}/",
        connect_within="5",
    )
    assert "SWITCHBOARD_RABBIT_URL" in the_line(done)
    assert "nothing" not in the_line(done)
    assert done.returncode == 2


def test_a_database_that_refuses_is_named_with_its_setting(rabbit_url: str) -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/"
    done = switchboard(
        "serve",
        "sla",
        port=str(free_port()),
        secret_key=KEY,
        mongo_url=url,
        rabbit_url=rabbit_url,
        connect_within="0.5",
    )
    assert "SWITCHBOARD_MONGO_URL" in the_line(done)
    assert done.returncode == 1


def test_dead_letters_of_an_empty_broker(rabbit_url: str, mongo_url: str, prefix: str, tmp_path: Path) -> None:
    absent = switchboard("dead-letters", "list", state_dir=str(tmp_path))
    assert "no `switchboard up` runs" in the_line(absent)
    neither = switchboard("dead-letters", "drop", rabbit_url=rabbit_url, prefix=prefix)
    assert "--all" in the_line(neither)


def test_a_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    assert switchboard("make-key", str(file)).returncode == 0
    made = file.read_text()
    assert switchboard("make-key", str(file)).returncode == 0
    assert file.read_text() == made
    assert len(made.strip()) == 64


def test_a_key_has_a_name() -> None:
    done = switchboard("api-key", "create", " ")
    assert "name" in the_line(done)
    assert done.returncode == 1


def test_settings_lists_every_variable() -> None:
    done = switchboard("settings")
    assert "SWITCHBOARD_MONGO_URL" in done.stdout
    assert "SWITCHBOARD_GATEWAY_INGEST_URL" in done.stdout


async def test_dead_letters_are_listed_shown_given_back_and_dropped(rabbit_url: str, prefix: str) -> None:
    def letters(*arguments: str) -> Awaitable[subprocess.CompletedProcess[str]]:
        command = partial(switchboard, "dead-letters", *arguments, rabbit_url=rabbit_url, prefix=prefix)
        return asyncio.to_thread(command)

    async with real_town(rabbit_url, prefix) as town:
        tower = await town.bus("tower")
        mended = asyncio.Event()
        heard: list[str] = []

        async def handler(event: BellRang, meta: Meta) -> None:
            if not mended.is_set():
                raise RuntimeError("the rope is torn")
            heard.append(meta.event_id)

        await tower.start([consumes(BellRang, handler)])
        for event_id in ("first", "second"):
            await tower.publish(rang("Maria", event_id))
        async with dead_letters(rabbit_url, prefix) as found:

            async def both() -> bool:
                return await found.count() == 2

            await eventually(both)
            (first, second) = sorted(await found.list(), key=lambda letter: letter.event_id)

        listed = (await letters("list")).stdout
        assert first.id in listed
        assert "the rope is torn" in listed
        shown = (await letters("show", first.id)).stdout
        assert f"{prefix}.tower.bell.rang" in shown
        assert "Maria" not in shown
        assert "Maria" in (await letters("show", first.id, "--body")).stdout
        assert "no dead letter" in the_line(await letters("show", "nothing"))

        mended.set()
        assert "1 given back" in (await letters("replay", first.id)).stdout
        await eventually(lambda: heard == ["first"])
        assert "1 dropped" in (await letters("drop", second.id)).stdout
        assert "1 of those ids" in the_line(await letters("drop", second.id))
        assert "no dead letters" in (await letters("list")).stdout
        assert heard == ["first"]
