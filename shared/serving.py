"""HTTP of a process: uvicorn as a part of our event loop, with our own signals, and which path goes to whom."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.health import PATHS, Health
from shared.listening import bind
from shared.settings import CommonSettings

KEEP_ALIVE_SECONDS = 75
"""Longer than the 60 s for which proxies keep an idle connection, so that they never send into a closing one."""

_STARTING = PlainTextResponse("starting\n", 503, {"Retry-After": "1"})
_NOT_FOUND = PlainTextResponse("not found\n", 404)


class Site:
    """Paths to applications: the longest prefix wins. ``tells``: health is answered here, not on a port of its own."""

    def __init__(self, health: Health, *, tells: bool = True) -> None:
        self._health = health
        self._tells = tells
        self._mounts: tuple[tuple[str, ASGIApp], ...] = ()

    def mount(self, mounts: Mapping[str, ASGIApp]) -> None:
        """Serve these; an application sees whole paths. ``""`` takes what no other prefix does."""
        self._mounts = tuple(sorted(mounts.items(), key=lambda mount: -len(mount[0])))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path in PATHS:
            await (self._health if self._tells else _NOT_FOUND)(scope, receive, send)
            return
        for prefix, app in self._mounts:
            if not prefix or path == prefix or path.startswith(prefix + "/"):
                await app(scope, receive, send)
                return
        starting = self._health.phase is not None
        await (_STARTING if starting else _NOT_FOUND)(scope, receive, send)


class Listener:
    """One port, bound when made (so that a taken port is noticed first), served from ``start`` to ``stop``."""

    def __init__(self, app: ASGIApp, settings: CommonSettings, port: int, *, drain: float) -> None:
        """``drain``: seconds that answers under way get when it stops."""
        self._socket = bind(settings.host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=max(1, round(drain)),
            )
        )
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")

    async def stop(self) -> None:
        """Take no new request, finish those under way within the drain time. Safe to call twice."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self._socket.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the runner."""
        yield
