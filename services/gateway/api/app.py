"""The gateway's application: API, docs, pages, and what is sent on to ingest."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api import (
    accounts,
    acts,
    agents,
    blocks,
    channels,
    contacts,
    conversations,
    docs,
    files,
    live,
    macros,
    me,
    messages,
    notifications,
    reports,
    rules,
    sessions,
    settings,
    survey_page,
    surveys,
    virtual_agents,
    webhooks,
)
from services.gateway.api.files import UPLOADS
from services.gateway.api.forward import PREFIXES, Forward, forwarded
from services.gateway.api.pages import Pages
from services.gateway.api.parts import Parts
from services.gateway.api.principal import Gate
from services.gateway.metrics import Timed
from shared.errors import NotFound
from shared.http import http_app, problem_response

ROUTERS = (
    sessions,
    settings,
    accounts,
    acts,
    conversations,
    messages,
    contacts,
    files,
    channels,
    agents,
    notifications,
    reports,
    surveys,
    survey_page,
    virtual_agents,
    webhooks,
    live,
    macros,
    me,
    blocks,
    rules,
)
_WRITES = frozenset({"POST", "PUT", "PATCH"})


class JsonOnly:
    """ASGI middleware: bodies under /api are JSON, files plain bytes (415): that also keeps other sites' forms out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api") and scope["method"] in _WRITES:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
            empty = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers
            wanted = b"application/octet-stream" if scope["path"] == UPLOADS else b"application/json"
            if kind != wanted and not (empty and not kind):
                await _unsupported()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _unsupported() -> Response:
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return problem_response(
        status,
        "unsupported_media_type",
        "Send JSON, with Content-Type: application/json (a file: application/octet-stream).",
    )


class PrivateAnswers:
    """ASGI middleware: what the API answers is nobody's to keep."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def private(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                added = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in names)]
            await send(message)

        api = scope["type"] == "http" and scope["path"].startswith("/api")
        await self._app(scope, receive, private if api else send)


class Elsewhere:
    """What no route of the API takes: ingest's paths, where they are sent on, and the pages."""

    def __init__(self, forward: Forward | None, pages: Pages) -> None:
        self._forward = forward
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path: str = request.scope["path"]
        if forwarded(path):
            if self._forward is None:
                raise NotFound("There is nothing at this address.")
            return await self._forward(request)
        if request.method not in ("GET", "HEAD") or path == "/api" or path.startswith("/api/"):
            raise NotFound("There is nothing at this address.")
        return self._pages.answer(path, gzipped="gzip" in request.headers.get("accept-encoding", ""))


def make_app(parts: Parts, gate: Gate, forward: Forward | None, pages: Pages) -> FastAPI:
    """The whole application."""
    larger = {**dict.fromkeys(PREFIXES, parts.settings.forward_limit), UPLOADS: parts.settings.upload_limit}
    app = http_app(
        "Switchboard API", body_limit=parts.settings.body_limit, larger=larger, docs=True, docs_url=None, redoc_url=None
    )
    app.state.parts = parts
    app.state.gate = gate
    app.add_middleware(JsonOnly)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(Timed, metrics=parts.metrics)
    for module in ROUTERS:
        app.include_router(module.router)
    app.include_router(docs.router)
    app.openapi = lambda: docs.describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it

    app.router.default = Elsewhere(forward, pages)
    return app
