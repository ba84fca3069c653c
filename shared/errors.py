"""Errors that carry their meaning: an HTTP status, a stable code, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self


class SwitchboardError(Exception):
    """Base of every expected error. ``detail`` is one sentence for the caller that says what to do.

    ``extra`` is JSON-able and travels with the error (for example the current snapshot of a conflict).
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: Mapping[str, Any] = extra


class InvalidInput(SwitchboardError):
    """The request itself is malformed."""

    status = 400
    code = "invalid"


class Unauthenticated(SwitchboardError):
    """Nobody is signed in, or the signature or key is wrong."""

    status = 401
    code = "unauthenticated"


class Forbidden(SwitchboardError):
    """Signed in, but without the right."""

    status = 403
    code = "forbidden"


class NotFound(SwitchboardError):
    """No such thing, or not visible to the caller."""

    status = 404
    code = "not_found"


class Conflict(SwitchboardError):
    """Somebody changed it first, or a uniqueness rule would break."""

    status = 409
    code = "conflict"


class StaleVersion(Conflict):
    """Somebody changed it first. ``extra["current"]`` carries the current snapshot."""

    code = "stale"


class PreconditionRequired(SwitchboardError):
    """An update without ``If-Match``."""

    status = 428
    code = "precondition_required"


class TooLarge(SwitchboardError):
    """The body is over the limit."""

    status = 413
    code = "too_large"


class Unprocessable(SwitchboardError):
    """Well-formed, but a rule of the product forbids it. ``extra["errors"]`` may list fields."""

    status = 422
    code = "unprocessable"

    @classmethod
    def field(cls, name: str, message: str) -> Self:
        """One field is wrong; ``message`` says what to do."""
        return cls(message, errors=[{"field": name, "message": message}])


class TooManyRequests(SwitchboardError):
    """Over the rate limit. ``extra["retry_after"]`` is in seconds."""

    status = 429
    code = "too_many_requests"


class RetryLater(SwitchboardError):
    """The one way to ask for another try: a dependency is away, or too much is unsent."""

    status = 503
    code = "retry_later"


class TimedOut(SwitchboardError):
    """No answer before the deadline. Safe to repeat: known causes change nothing."""

    status = 504
    code = "timed_out"


def _kinds(base: type[SwitchboardError]) -> dict[str, type[SwitchboardError]]:
    found = {base.code: base}
    for child in base.__subclasses__():
        found |= _kinds(child)
    return found


def to_wire(error: SwitchboardError) -> dict[str, Any]:
    """The error as a JSON-able reply, to be raised again by ``from_wire`` on the asking side."""
    return {"code": error.code, "detail": error.detail, "extra": dict(error.extra)}


def from_wire(wire: Mapping[str, Any]) -> SwitchboardError:
    """The error that ``to_wire`` described; an unknown code comes back as the base error."""
    kind = _kinds(SwitchboardError).get(str(wire.get("code")), SwitchboardError)
    return kind(str(wire.get("detail", "")), **dict(wire.get("extra") or {}))
