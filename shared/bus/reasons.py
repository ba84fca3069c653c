"""Why the broker is not to be had, in words for the person who can do something about it."""

from __future__ import annotations

from aio_pika.exceptions import (
    AuthenticationError,
    ChannelPreconditionFailed,
    ConnectionClosed,
    ProbableAuthenticationError,
)

from shared.bus.address import place
from shared.startup import BadSetting, StartupError


def why(error: Exception, url: str) -> str:
    """One line for ``/readyz``."""
    if isinstance(error, ChannelPreconditionFailed):
        return f"the broker has a queue or exchange of another kind: {error}"
    return f"no broker at {place(url)} ({type(error).__name__})"


def refusal(error: Exception, url: str) -> StartupError | None:
    """What ends a start, because waiting will not mend it; None for a broker that is just not up yet."""
    if isinstance(error, AuthenticationError | ProbableAuthenticationError):
        return BadSetting(f"the broker at {place(url)} refuses us: check user and password in SWITCHBOARD_RABBIT_URL")
    if isinstance(error, ChannelPreconditionFailed):
        return StartupError(
            f"the broker at {place(url)} has a queue or exchange of another kind: "
            f"delete it or choose another prefix ({error})"
        )
    if isinstance(error, ConnectionClosed) and "vhost" in str(error):
        return BadSetting(f"the broker at {place(url)} has no such virtual host: check SWITCHBOARD_RABBIT_URL")
    if isinstance(error, ValueError):
        return BadSetting(f"SWITCHBOARD_RABBIT_URL is not an AMQP address: {place(url)}")
    return None
