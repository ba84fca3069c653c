"""The HTTP client for such calls. An address is resolved, checked and only then connected to, by number.

So a name that answers differently the second time (DNS rebinding) gets nobody inside. Connections are kept by name:
what TLS vouched for under one name says nothing to another at the same address.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import httpcore2
import httpx2

from shared.errors import RetryLater, TooLarge, Unprocessable
from shared.outside.endpoint import checked, is_private

MAX_ANSWER = 65_536
USER_AGENT = "Switchboard"
KEPT_SECONDS = 5.0
"""How long a connection that nobody uses is kept."""

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Numeric addresses of a host, in order of preference; OSError when there are none."""


class Unreachable(RetryLater):
    """Nothing arrived there: no name, no connection, no TLS."""

    code = "unreachable"


class NoAnswer(RetryLater):
    """It may have arrived; no answer came in time."""

    code = "no_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``headers`` in lower case, ``body`` at most 64 KiB of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Download:
    """A file under way. ``size`` is what the server says, if it does; ``chunks`` ends in TooLarge past the limit."""

    status: int
    type: str
    size: int | None
    chunks: AsyncIterator[bytes]


class Outside:
    """Calls with a time-out in seconds for the whole of each. Redirects are answers like any other."""

    def __init__(self, *, allow_private: bool, timeout: float = 15.0, connections: int = 50) -> None:
        """``allow_private`` lets calls go to private addresses (SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS)."""
        self._timeout = timeout
        self._client = httpx2.AsyncClient(
            transport=_Transport(_Guard(allow_private, _resolve), connections),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 5.0)),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST and read the answer. Unprocessable for an address we do not call, Unreachable, NoAnswer.

        Nothing is unpacked: a kilobyte of a packed answer may be a megabyte.
        """
        async with self._call("POST", url, body, headers) as response:
            read = b""
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= MAX_ANSWER:
                    break
            return Answer(response.status_code, dict(response.headers), read[:MAX_ANSWER])

    @contextlib.asynccontextmanager
    async def download(self, url: str, limit: int) -> AsyncIterator[Download]:
        """GET a file of at most ``limit`` bytes, to be read inside the context. Errors as ``post``, TooLarge."""
        async with self._call("GET", url, b"", {}) as response:
            declared = response.headers.get("content-length", "")
            size = int(declared) if declared.isascii() and declared.isdigit() else None
            if size is not None and size > limit:
                raise TooLarge(f"The file has more than {limit} bytes.")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            yield Download(response.status_code, kind, size, _bounded(response, limit))

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    @contextlib.asynccontextmanager
    async def _call(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        checked(url)
        try:
            async with asyncio.timeout(self._timeout):
                async with self._client.stream(method, url, content=body or None, headers=headers) as response:
                    yield response
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Unprocessable("The address is not a URL that can be called.") from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unreachable("Nobody answers at that address.") from error
        except (TimeoutError, httpx2.HTTPError) as error:
            raise NoAnswer("The call ended without an answer.") from error


class _Guard(httpcore2.AsyncNetworkBackend):
    """Connects a name to a number of its own that was checked."""

    def __init__(self, allow_private: bool, resolve: Resolve) -> None:
        self._inner = httpcore2.AnyIOBackend()
        self._allow_private = allow_private
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is empty or too long
            raise httpcore2.ConnectError(f"no address for {host}") from error
        if not self._allow_private and any(is_private(address) for address in addresses):
            raise Unprocessable("Private addresses are not called (SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS).")
        failure: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
        for address in addresses[:3]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"no address for {host}")


class _Transport(httpx2.AsyncHTTPTransport):
    """Its pool connects by the guard, for which the library has no parameter."""

    def __init__(self, guard: _Guard, connections: int) -> None:
        context = httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=guard,
        )


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def _bounded(response: httpx2.Response, limit: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in response.aiter_bytes():
        seen += len(chunk)
        if seen > limit:
            raise TooLarge(f"The file has more than {limit} bytes.")
        yield chunk
