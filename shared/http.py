"""What every HTTP surface stands on: problem+json errors (RFC 9457), a body limit counted while it streams in."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import InvalidInput, SwitchboardError, TooLarge, Unprocessable
from shared.field_errors import field_errors
from shared.text import clean_json

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"
_CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "too_many_requests",
    503: "retry_later",
    504: "timed_out",
}


class _BodyOverLimit(HTTPException):
    """Raised from ``receive``; an HTTPException, because FastAPI turns anything else met while reading into 400."""

    def __init__(self) -> None:
        super().__init__(status_code=TooLarge.status, detail="The body is over the limit of this address.")


def problem_response(
    status: int,
    code: str,
    detail: str,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem+json answer. ``extra`` members stand beside the standard ones (``errors``, ``current``, …).

    Written as ASCII, so that a lone surrogate in somebody's input cannot break the answer about it.
    """
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    body = {**(extra or {}), "type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return Response(
        json.dumps(body, ensure_ascii=True, default=str).encode("ascii"),
        status_code=status,
        media_type=PROBLEM,
        headers=dict(headers or {}),
    )


def render(error: SwitchboardError) -> Response:
    """The answer that ``error`` stands for; ``retry_after`` (seconds) also becomes the header."""
    headers = {}
    if (after := error.extra.get("retry_after")) is not None:
        headers["Retry-After"] = str(max(1, round(float(after))))
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return problem_response(error.status, error.code, error.detail, error.extra, headers)


class EventStream(EventSourceResponse):
    """Server-sent events that no cache keeps and no proxy gathers; they are closed when the page goes away.

    Not FastAPI's own way, an endpoint that is a generator: a page that goes away while it is written to is an
    error there (``BrokenResourceError``).
    """

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__(events, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until either side ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()


async def _on_switchboard_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, SwitchboardError):
        raise error
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("http.failed", status=error.status, code=error.code)
    return render(error)


async def _on_invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = field_errors(error.errors())
    return render(Unprocessable("Some fields are wrong; see errors.", errors=found))


async def _on_http_exception(_: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHTTPException):
        raise error
    code = _CODES.get(error.status_code, "error")
    return problem_response(error.status_code, code, str(error.detail), headers=error.headers)


async def _on_bug(request: Request, error: Exception) -> Response:
    route = getattr(request.scope.get("route"), "path", "other")
    log.error("http.bug", route=route, error=type(error).__name__, exc_info=error)
    return problem_response(500, "internal", "Something went wrong on our side; it was recorded.")


class _CleanRequest(Request):
    """Its JSON comes without NUL and lone surrogates, which neither the store nor the bus could carry."""

    async def json(self) -> Any:
        try:
            return clean_json(await self.body())
        except InvalidInput as error:
            raise HTTPException(error.status, error.detail) from error


class CleanRoute(APIRoute):
    """Route class of everything that takes JSON; ``APIRouter(route_class=CleanRoute)`` for routers of your own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler over a request whose JSON is cleaned."""
        handler = super().get_route_handler()

        async def cleaned(request: Request) -> Response:
            return await handler(_CleanRequest(request.scope, request.receive))

        return cleaned


class BodyLimit:
    """ASGI middleware: 413 once a request's body is over ``limit`` bytes, declared or counted as it streams.

    ``larger`` gives path prefixes their own limit (uploads); the longest prefix wins.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._limit = limit
        self._larger = sorted((larger or {}).items(), key=lambda pair: -len(pair[0]))

    def _limit_of(self, path: str) -> int:
        return next((limit for prefix, limit in self._larger if path.startswith(prefix)), self._limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared[:20]) > limit:
            await _too_large(scope, receive, send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise _BodyOverLimit
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _BodyOverLimit:
            if started:
                raise
            await _too_large(scope, receive, send)


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await render(TooLarge("The body is over the limit of this address."))(scope, receive, send)


def install_errors(app: FastAPI) -> None:
    """Make every error of ``app`` a problem+json answer; what nobody expected is logged and answered with 500."""
    app.add_exception_handler(SwitchboardError, _on_switchboard_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_bug)


def http_app(
    title: str, *, body_limit: int, larger: Mapping[str, int] | None = None, docs: bool = False, **options: Any
) -> FastAPI:
    """A FastAPI application with our errors and a body limit in bytes; without ``docs`` it serves no OpenAPI."""
    if not docs:
        options = {"openapi_url": None, "docs_url": None, "redoc_url": None} | options
    app = FastAPI(title=title, **options)
    app.router.route_class = CleanRoute
    install_errors(app)
    app.add_middleware(BodyLimit, limit=body_limit, larger=larger or {})
    return app
