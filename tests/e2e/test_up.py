"""``switchboard up``: everything from one command, stopped cleanly, back with its state."""

import signal
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.support.processes import Switchboard

pytestmark = pytest.mark.integration

PASSWORD = r"one-time password (\S+)"


def children(process: Switchboard) -> list[psutil.Process]:
    assert process.pid is not None
    return list(psutil.Process(process.pid).children(recursive=True))


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within 20 s (a zombie that nobody reaps has ended)."""
    _, alive = psutil.wait_procs(processes, timeout=20)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def test_it_starts_greets_once_stops_on_ctrl_c_and_comes_back_after_a_kill(tmp_path: Path) -> None:
    process = Switchboard(tmp_path, "up", state_dir=str(tmp_path / "state"))
    second = Switchboard(tmp_path, "up", state_dir=str(tmp_path / "state"))
    try:
        process.start()
        assert process.said(PASSWORD)
        with urllib.request.urlopen(process.url) as page:
            assert "text/html" in page.headers["Content-Type"]
        assert 'service="routing"' in process.metrics()
        servers = children(process)
        assert len(servers) >= 2

        second.spawn()
        assert second.wait_end() == 1
        assert "another Switchboard uses" in second.words()
        assert process.failing() == {}

        assert process.stop(signal.SIGINT) == 0
        assert ended(servers)
        assert "Traceback" not in process.words()

        process.start()
        assert process.words().count("one-time password") == 1
        servers = children(process)
        process.kill()
        assert ended(servers)

        process.start()
        assert process.words().count("Switchboard is ready") == 3
        assert process.stop() == 0
        assert "Traceback" not in process.words()
    finally:
        process.kill()


def test_six_services_as_processes_of_their_own_become_ready(
    tmp_path: Path, rabbit_url: str, mongo_url: str, prefix: str
) -> None:
    services = {
        name: Switchboard(tmp_path, "serve", name, rabbit_url=rabbit_url, mongo_url=mongo_url, prefix=prefix)
        for name in ("ingest", "routing", "sla", "automation", "csat", "gateway")
    }
    try:
        for process in services.values():
            process.spawn()
        for process in services.values():
            process.wait_ready()
        assert services["gateway"].said(PASSWORD)
    finally:
        codes = {name: process.stop() for name, process in services.items()}
    assert codes == dict.fromkeys(services, 0)
    assert [name for name, process in services.items() if "Traceback" in process.words()] == []
