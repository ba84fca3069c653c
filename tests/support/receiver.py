"""An HTTP endpoint of somebody else: answers as told, remembers what it got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from tests.support.eventually import eventually

Answer: TypeAlias = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


@dataclass(frozen=True)
class Request:
    """One request; ``headers`` in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """``answers`` are used up in order, then ``usual``: (status, headers, body). None hangs until the end."""

    url: str = ""
    usual: Answer | None = (200, {}, b"{}")
    answers: list[Answer | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def got(self, count: int, within: float = 30.0) -> list[Request]:
        """Wait until it has so many."""
        await eventually(lambda: len(self.requests) >= count, within)
        return self.requests

    def answer(self, request: Request) -> Answer | None:
        """What to say to a request."""
        return self.answers.pop(0) if self.answers else self.usual

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await _read(reader):
                self.requests.append(request)
                answer = self.answer(request)
                if answer is None:
                    await asyncio.sleep(3600)
                    return
                status, headers, body = answer
                lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except asyncio.IncompleteReadError:
        return None  # who sent it went away
    return Request(method, path, headers, body)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Listening on 127.0.0.1 while the context lasts."""
    async with listening(Receiver()) as found:
        yield found


R = TypeVar("R", bound=Receiver)


@asynccontextmanager
async def listening(found: R) -> AsyncIterator[R]:
    """The same with a receiver of one's own kind."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        await found.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
