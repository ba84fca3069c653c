"""One public address: which path goes to which application, and health beside them."""

import socket
from collections.abc import Callable

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.health import Health, Probe
from shared.metrics import Registries
from shared.serving import Listener, Site
from shared.settings import CommonSettings
from shared.startup import BadSetting, StartupError


def speaking(name: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"{name} {scope['path']}")(scope, receive, send)

    return app


@pytest.fixture
def health() -> Health:
    return Health(Registries())


@pytest.fixture
def ask(health: Health) -> Callable[[Site], httpx2.AsyncClient]:
    return lambda site: httpx2.AsyncClient(transport=httpx2.ASGITransport(app=site), base_url="http://test")


async def test_the_longest_prefix_gets_the_whole_path(
    health: Health, ask: Callable[[Site], httpx2.AsyncClient]
) -> None:
    site = Site(health)
    site.mount({"": speaking("gateway"), "/hooks": speaking("ingest")})
    async with ask(site) as client:
        assert (await client.get("/hooks/c1")).text == "ingest /hooks/c1"
        assert (await client.get("/hooksy")).text == "gateway /hooksy"
        assert (await client.get("/")).text == "gateway /"


async def test_before_it_serves_it_says_starting_and_is_live_but_not_ready(
    health: Health, ask: Callable[[Site], httpx2.AsyncClient]
) -> None:
    async with ask(Site(health)) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/api/session")).status_code == 503
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, {"process": "starting"})


async def test_readiness_names_what_fails(health: Health, ask: Callable[[Site], httpx2.AsyncClient]) -> None:
    async def away() -> str | None:
        return "not connected"

    def broken() -> str | None:
        raise RuntimeError("no idea")

    health.phase = None
    health.probes = [Probe("broker", away), Probe("database", lambda: None), Probe("replica", broken)]
    async with ask(Site(health)) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["failing"] == {"broker": "not connected", "replica": "RuntimeError: no idea"}
        health.probes = [Probe("database", lambda: None)]
        assert (await client.get("/readyz")).json() == {"ready": True, "failing": {}}


async def test_health_with_a_port_of_its_own_is_not_on_the_public_one(
    health: Health, ask: Callable[[Site], httpx2.AsyncClient]
) -> None:
    site = Site(health, tells=False)
    async with ask(site) as client:
        assert (await client.post("/hooks/c1")).status_code == 503
        site.mount({"": speaking("gateway")})
        health.phase = None
        assert (await client.get("/")).text == "gateway /"
        for path in ("/metrics", "/readyz", "/livez"):
            assert (await client.get(path)).status_code == 404


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(StartupError, match=f"port {port} is taken: .*SWITCHBOARD_PORT"):
            Listener(speaking("any"), CommonSettings(), port, drain=1)


def test_a_foreign_address_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="SWITCHBOARD_HOST"):
        Listener(speaking("any"), CommonSettings(host="192.0.2.1"), 0, drain=1)
