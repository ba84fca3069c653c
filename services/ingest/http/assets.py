"""The chat box's files, read once, served with a tag of their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.responses import Response

TYPES = {"widget.js": "text/javascript; charset=utf-8", "demo.html": "text/html; charset=utf-8"}
DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def _content(name: str) -> tuple[bytes, str]:
    body = files("services.ingest").joinpath("static", name).read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def asset(name: str, known: str | None) -> Response:
    """The file, or 304 when the caller has it."""
    body, tag = _content(name)
    headers = {
        "etag": tag,
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
    }
    if name.endswith(".html"):
        headers |= {"content-security-policy": DEMO_POLICY, "cache-control": "no-cache"}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=TYPES[name], headers=headers)
