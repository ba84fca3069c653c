"""The ``switchboard`` command. Services are imported only by the commands that need them."""

import sys
from typing import Annotated

import typer

from shared.settings import CommonSettings, load
from shared.startup import StartupError

app = typer.Typer(
    help="Omnichannel customer care that an organisation runs itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up() -> None:
    """Run everything in one process; a broker and a database are started where no URL names one."""
    from services import running

    running.up(load(CommonSettings))


@app.command()
def serve(service: Annotated[str, typer.Argument(help="ingest, routing, sla, automation, csat or gateway")]) -> None:
    """Run one service. Start it as often as needed: replicas share the work."""
    from services import running

    running.serve(load(CommonSettings), service)


@app.command("make-key")
def make_key(file: Annotated[str, typer.Argument(help="where SWITCHBOARD_SECRET_KEY_FILE points")]) -> None:
    """Make the key that encrypts stored secrets, once; an existing one is kept."""
    from pathlib import Path

    from shared.local.state import make_secret_key

    make_secret_key(Path(file))


@app.command()
def settings() -> None:
    """Print every setting with its default and meaning."""
    from services.settings_reference import markdown

    typer.echo(markdown())


PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Everything after the command's name is for the program that does it, which is imported only then."""


@app.command("api-key", context_settings=PASSED_ON)
def api_key(context: typer.Context) -> None:
    """Make API keys for machines."""
    import importlib

    importlib.import_module("services.gateway.cli").app(context.args, prog_name="switchboard api-key")


@app.command("dead-letters", context_settings=PASSED_ON)
def dead_letters(context: typer.Context) -> None:
    """Look at messages that a handler could not digest, give them back, or drop them."""
    from services.dead_letters import app as letters

    letters(context.args, prog_name="switchboard dead-letters")


def main() -> None:
    """Run the command. What the person can mend is one line and an exit code, never a traceback."""
    try:
        app()
    except StartupError as error:
        sys.stderr.write(f"switchboard: {error}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
