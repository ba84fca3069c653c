"""Which pages may use a chat box: CORS by the channel's allowed origins, checked here and not only by browsers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Forbidden
from shared.http import render

PREFIX = "/widget/"


class Origins:
    """ASGI middleware for ``/widget/{channel}/…``. ``allowed`` gives a channel's origins; empty: any page."""

    def __init__(self, app: ASGIApp, allowed: Callable[[str], Sequence[str]]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        channel = scope["path"].removeprefix(PREFIX).partition("/")[0]
        if not self._may(channel, origin, headers.get("host", "")):
            await render(Forbidden("This page may not use the chat: add its origin to the channel."))(
                scope, receive, send
            )
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(origin)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                out["access-control-allow-origin"] = origin
                out["access-control-expose-headers"] = "retry-after"
                out.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, marked)

    def _may(self, channel: str, origin: str, host: str) -> bool:
        allowed = [one.rstrip("/").lower() for one in self._allowed(channel)]
        return not allowed or origin.lower() in allowed or urlsplit(origin).netloc.lower() == host.lower()


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type, last-event-id",
            "access-control-max-age": "600",
            "vary": "Origin",
        },
    )
