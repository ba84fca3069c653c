"""/docs: the OpenAPI as a page, with files of our own and none from elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import FileResponse, HTMLResponse, Response

from services.gateway.api.answers import Problem
from services.gateway.api.pages import SECURITY
from shared.errors import NotFound

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchboard API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = """fetch("/api/session")
  .then((answer) => (answer.ok ? answer.json() : {}))
  .catch(() => ({}))
  .then((session) => SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger",
    deepLinking: true,
    requestInterceptor: (request) => {
      if (session.csrf) request.headers["X-CSRF-Token"] = session.csrf;
      return request;
    },
  }));
"""
DESCRIPTION = """The one way to read and change conversations, contacts and settings; the web app uses nothing else.

**Signing in.** Machines send `Authorization: Bearer <API key>`. Browsers sign in with `POST /api/session`, which sets
a cookie and gives a token to send back as `X-CSRF-Token` on every write.

**Writing.** Send an `Idempotency-Key` of your own with every write: repeating it is safe and answers as before.

**Errors** are `application/problem+json` with a stable `code`. **Instants** are ISO 8601 in UTC.
"""
_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


def _folder() -> Path:
    """Where the package that brings Swagger UI keeps it."""
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise NotFound("Swagger UI is not installed; /openapi.json describes the API.")
    return Path(found.origin).parent / "static"


@router.get("/docs")
async def page() -> Response:
    """The page."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", **SECURITY})


@router.get("/docs/start.js")
async def start() -> Response:
    """What starts Swagger UI; of our own, because the policy allows no script in the page."""
    return Response(START, media_type="text/javascript", headers={"Cache-Control": "no-cache", **SECURITY})


@router.get("/docs/{name}")
async def file(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _TYPES:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": "public, max-age=86400", **SECURITY}
    return FileResponse(_folder() / name, media_type=_TYPES[name], headers=headers)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI: FastAPI's, with our errors instead of its own."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts |= problem.pop("$defs", {})
    parts["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        parts.pop(unused, None)
    app.openapi_schema = schema
    return schema
