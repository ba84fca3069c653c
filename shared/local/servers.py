"""The servers that ``switchboard up`` needs and no setting names."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pydantic import SecretStr

from shared.local.rabbitmq import LocalRabbit, find_rabbitmq
from shared.local.secantusdb import LocalSecantus, find_secantus
from shared.local.server import LocalServer
from shared.local.state import State
from shared.settings import CommonSettings
from shared.startup import StartupError


@contextmanager
def local_servers(settings: CommonSettings) -> Iterator[tuple[CommonSettings, list[LocalServer]]]:
    """Spawn what no URL names; the settings completed with where it listens and with a secret key.

    The servers are not waited for, and are stopped when the context ends.
    """
    state = State(settings.state_dir)
    servers: list[LocalServer] = []
    if settings.rabbit_url is None:
        find_rabbitmq()  # both are looked for before either is started
        servers.append(LocalRabbit(state.rabbitmq))
    if settings.mongo_url is None:
        find_secantus()
        servers.append(LocalSecantus(state.secantusdb))
    found: dict[str, object] = {}
    if settings.secret_key is None and settings.secret_key_file is None:
        found["secret_key"] = SecretStr(state.secret_key())
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.spawn()
            if isinstance(server, LocalSecantus):
                found |= {"mongo_url": server.url, "mongo_embedded": True}
            else:
                found["rabbit_url"] = server.url
        yield settings.model_copy(update=found), servers


def beside(settings: CommonSettings) -> CommonSettings:
    """The settings completed with what `switchboard up` runs with this state now: for commands beside it.

    StartupError when a server is neither named nor running.
    """
    found: dict[str, object] = {"rabbit_url": broker_beside(settings)}
    if settings.mongo_url is None:
        found["mongo_url"] = _running(LocalSecantus(settings.state_dir / "secantusdb"), "SWITCHBOARD_MONGO_URL")
        found["mongo_embedded"] = True
    if settings.secret_key is None and settings.secret_key_file is None:
        found["secret_key"] = SecretStr(State(settings.state_dir).secret_key())
    return settings.model_copy(update=found)


def broker_beside(settings: CommonSettings) -> str:
    """The broker that the settings name, or that `switchboard up` runs with this state now."""
    return settings.rabbit_url or _running(LocalRabbit(settings.state_dir / "rabbitmq"), "SWITCHBOARD_RABBIT_URL")


def _running(server: LocalServer, variable: str) -> str:
    url = server.running_url()
    if url is None:
        raise StartupError(f"{variable} is not set and no `switchboard up` runs with the state in {server.directory}")
    return url
