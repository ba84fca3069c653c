"""Answers: JSON that is ready, and the errors that every route may give, as the OpenAPI describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from shared.http import PROBLEM


class FieldError(BaseModel):
    """What is wrong with one field, by its dotted path."""

    model_config = ConfigDict(extra="allow")

    field: str
    message: str


class Problem(BaseModel):
    """Every error (RFC 9457). ``code`` is stable; ``detail`` says what to do; a conflict carries ``current``."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = None
    current: Any | None = None


_SAID = {
    400: "The request is malformed",
    401: "Nobody is signed in, or the key is wrong",
    403: "Without the right, or without the CSRF token",
    404: "No such thing, or none that you may see",
    409: "Somebody changed it first, or it must be unique",
    412: "Somebody changed it first (If-Match)",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Well-formed, but a field or a rule of the product refuses it",
    428: "If-Match is missing",
    429: "Too many requests",
    503: "A part of the system is away: try again",
    504: "No answer in time: safe to repeat with the same Idempotency-Key",
}
_PROBLEM = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route, beside those that all have."""
    common = (400, 401, 403, 413, 415, 422, 429, 503, 504)
    return {status: {"description": _SAID[status], "content": _PROBLEM} for status in sorted({*common, *statuses})}


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer of plain values and models."""
    if isinstance(value, BaseModel):
        body = value.model_dump_json().encode()
    else:
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_plain).encode("utf-8", "replace")
    return Response(body, status, media_type="application/json", headers=dict(headers or {}))


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"not JSON: {type(value).__name__}")
