"""``switchboard dead-letters``: look at what handlers could not digest, give it back, or let it go."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from shared.bus.dead_letters import DeadLetters, Letter, dead_letters
from shared.errors import SwitchboardError
from shared.local.servers import broker_beside
from shared.settings import CommonSettings, load
from shared.startup import StartupError

T = TypeVar("T")

app = typer.Typer(
    help="Messages that a handler could not digest. Nothing is dropped by itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, soft_wrap=True)

Ids = Annotated[list[str] | None, typer.Argument(help="ids from the list")]
All = Annotated[bool, typer.Option("--all", help="every letter")]


@app.command("list")
def list_letters() -> None:
    """All letters, oldest first."""
    letters = _with(lambda found: found.list())
    for letter in letters:
        last = letter.causes[-1] if letter.causes else ""
        died = letter.died_at[:19]
        line = f"{letter.id}  {died}  {letter.queue}  {letter.reason}, {letter.attempts} tries  {last[:100]}"
        console.print(line, markup=False)
    if not letters:
        console.print("no dead letters")


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(help="id from the list")],
    body: Annotated[bool, typer.Option(help="print the body too; it may hold what people wrote")] = False,
) -> None:
    """One letter: where it comes from, what happened to it and why."""
    letter = _with(lambda found: found.show(letter_id))
    for name, value in _fields(letter):
        console.print(f"{name:12} {value}", markup=False)
    if letter.traceback:
        console.print(f"\n{letter.traceback}", markup=False)
    if body:
        console.print(f"\n{letter.body.decode(errors='replace')}", markup=False)


@app.command()
def replay(ids: Ids = None, everything: All = False) -> None:
    """Give letters back to the queue they came from, after what stopped them has been mended."""
    chosen = _chosen(ids, everything)
    _say(_with(lambda found: found.replay(chosen)), chosen, "given back")


@app.command()
def drop(ids: Ids = None, everything: All = False) -> None:
    """Let letters go for good."""
    chosen = _chosen(ids, everything)
    _say(_with(lambda found: found.drop(chosen)), chosen, "dropped")


def _chosen(ids: list[str] | None, everything: bool) -> Collection[str] | None:
    if everything == bool(ids):
        raise StartupError("name letters by their ids, or say --all")
    return None if everything else set(ids or ())


def _say(done: int, chosen: Collection[str] | None, what: str) -> None:
    """How many it were; an error when they are fewer than were named."""
    console.print(f"{done} {what}")
    if chosen is not None and done < len(chosen):
        raise StartupError(f"{len(chosen) - done} of those ids could not be {what}: compare with the list")


def _fields(letter: Letter) -> list[tuple[str, str]]:
    meta = letter.meta
    return [
        ("id", letter.id),
        ("queue", letter.queue),
        ("type", letter.type),
        ("event", letter.event_id),
        ("died", letter.died_at),
        ("why", letter.reason),
        ("tries", str(letter.attempts)),
        *([("correlation", meta.correlation_id), ("caused by", meta.causation_id or "-")] if meta else []),
        *(("cause", cause) for cause in letter.causes),
    ]


def _with(ask: Callable[[DeadLetters], Awaitable[T]]) -> T:
    """Connect to the broker that the settings name, or that `switchboard up` runs, and ask."""
    settings = load(CommonSettings)
    url = broker_beside(settings)

    async def connected() -> T:
        async with dead_letters(url, settings.prefix) as found:
            return await ask(found)

    try:
        return asyncio.run(connected())
    except SwitchboardError as error:
        raise StartupError(error.detail) from None
