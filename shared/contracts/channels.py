"""How the channels' connections to their networks stand, and trying one before it is saved."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from shared.contracts.base import Command, Contract, Instant


class ConnectionCheck(Contract):
    """One thing that was tried. ``problem`` says what to do; absent when it works."""

    what: Literal["receive", "send"]
    problem: str | None = None


class ChannelTried(Contract):
    """``ok`` when everything worked."""

    ok: bool
    checks: tuple[ConnectionCheck, ...] = ()


class TryChannel(Command[ChannelTried]):
    """Try a channel's connection as given, saved or not. ``id``: secrets left out are those saved in that channel.

    422 for a medium that has nothing to try, and for a value that could not be saved either.
    """

    type: ClassVar[str] = "ingest.try_channel"
    service: ClassVar[str] = "ingest"

    id: str | None = None
    value: dict[str, Any]


class ChannelState(Contract):
    """How a channel that has to be watched stands.

    ``state``: ``ok``, ``failing`` (``problem`` says why, ``next_try_at`` when it is tried again) or ``starting``.
    ``since`` is since when; ``looked_at`` when its mailbox was last read.
    """

    channel: str
    state: Literal["starting", "ok", "failing"]
    problem: str | None = None
    since: Instant | None = None
    looked_at: Instant | None = None
    next_try_at: Instant | None = None


class ChannelStates(Contract):
    """Of all channels that are watched."""

    items: tuple[ChannelState, ...]


class ReadChannelStates(Command[ChannelStates]):
    """How the mailboxes stand."""

    type: ClassVar[str] = "ingest.read_channel_states"
    service: ClassVar[str] = "ingest"
