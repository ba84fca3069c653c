"""``switchboard api-key``: keys for machines, made where no admin is signed in."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.gateway.domain.access import Scope
from shared.startup import StartupError

LONGEST_NAME = 255

app = typer.Typer(help="API keys.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def keys() -> None:
    """API keys."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="read, write, admin; repeat for several (default: all)")
    ] = None,
) -> None:
    """Make an API key and print it. It is stored as a hash only, so keep what is printed."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise StartupError(f"give the key a name of at most {LONGEST_NAME} characters")
    typer.echo(asyncio.run(_create(name.strip(), scope or list(Scope))))


async def _create(name: str, scopes: list[Scope]) -> str:
    from services.gateway.keys import make_key
    from services.gateway.repository import Accounts
    from shared.clock import SystemClock
    from shared.connections import Connections
    from shared.contracts.base import SYSTEM
    from shared.local.servers import beside
    from shared.metrics import Registries
    from shared.settings import CommonSettings, load

    settings, clock = beside(load(CommonSettings)), SystemClock()
    async with Connections(settings, clock, Registries()).store() as store:
        accounts = Accounts(store.database("gateway"))
        await accounts.start()
        key, secret = make_key(name, scopes, SYSTEM, clock.now())
        await accounts.add_key(key)
    return secret
