"""/hooks and /widget sent on to ingest, streaming both ways, where the gateway is the one public address."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.errors import RetryLater
from shared.http import render

PREFIXES = ("/hooks", "/widget")
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OUR_SERVER_S = frozenset({"date", "server"})
_TIMEOUT = httpx2.Timeout(30.0, connect=5.0, read=None)
"""No read time-out: live answers of the chat are silent for long."""


def forwarded(path: str) -> bool:
    """Whether this path is ingest's."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PREFIXES)


class Forward:
    """Sends requests on to ingest as they are, with the caller's address."""

    def __init__(self, url: str) -> None:
        self._url = url
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50)
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT, limits=limits, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def __call__(self, request: Request) -> Response:
        """Ingest's answer, passed on as it comes; 503 while it is away."""
        path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
        query = request.scope["query_string"].decode("latin-1")
        outgoing = self._client.build_request(
            request.method,
            f"{self._url}{path}" + (f"?{query}" if query else ""),
            headers=self._headers(request),
            content=request.stream() if _has_body(request) else None,
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx2.TransportError:
            return render(RetryLater("The channels' service is away: send it again.", retry_after=5))
        response = StreamingResponse(_body(answer), status_code=answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in _HOP_BY_HOP | _OUR_SERVER_S
        ]
        return response

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        kept = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
            if name.decode("latin-1").lower() not in _HOP_BY_HOP and not name.lower().startswith(b"x-forwarded-")
        ]
        address = request.client.host if request.client is not None else ""
        host = request.headers.get("host", "")
        return [
            *kept,
            ("x-forwarded-for", address),
            ("x-forwarded-proto", request.url.scheme),
            ("x-forwarded-host", host),
        ]


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


async def _body(answer: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx2.TransportError:
        return
    finally:
        await answer.aclose()
