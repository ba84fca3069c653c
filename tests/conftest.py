"""Fixtures that every test may use: servers, a prefix of its own, a clock it turns by hand."""

import os
import uuid

import hypothesis
import pytest

from tests.support.servers import Servers

# A slow machine is no failure of a property; CI tries the same examples each time.
hypothesis.settings.register_profile(
    "switchboard",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("switchboard")

SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, str] = getattr(config, "workerinput", {})  # what the xdist controller started
    config.stash[SERVERS] = Servers(given.get("rabbit_url"), given.get("mongo_url"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Under xdist the controller starts the servers, in its main thread, and every worker is told where."""
    servers = node.config.stash[SERVERS]  # type: ignore[attr-defined]  # xdist ships no types
    node.workerinput.update(rabbit_url=servers.rabbit_url, mongo_url=servers.mongo_url)  # type: ignore[attr-defined]  # as above


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins, so that the workers end together."""
    longest = ("browser", "e2e", "integration", "contracts", "properties", "unit")
    items.sort(key=lambda item: next((place for place, part in enumerate(longest) if part in item.path.parts), 0))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVERS].stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if sources := config.stash[SERVERS].sources():
        terminalreporter.write_line(f"servers: {sources}")


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    return pytestconfig.stash[SERVERS]


@pytest.fixture(scope="session")
def rabbit_url(servers: Servers) -> str:
    """A real broker. Use names that begin with your ``prefix``."""
    return servers.rabbit_url


@pytest.fixture(scope="session")
def mongo_url(servers: Servers) -> str:
    """A real store. Use databases that begin with your ``prefix``."""
    return servers.mongo_url


@pytest.fixture
def prefix() -> str:
    """Names this test's databases, exchanges and queues, so that tests do not see one another."""
    return f"t{uuid.uuid4().hex[:12]}"
