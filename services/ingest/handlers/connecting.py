"""Trying a channel's connection before it is saved, and how the mailboxes stand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from shared.contracts.base import Meta
from shared.contracts.channels import (
    ChannelState,
    ChannelStates,
    ChannelTried,
    ConnectionCheck,
    ReadChannelStates,
    TryChannel,
)
from shared.contracts.settings import Channel, EmailConfig
from shared.errors import Unprocessable
from shared.resources import ResourceOwner


class Tries(Protocol):
    """Connects, signs in, opens what is to be used: what is wrong, or None."""

    def __call__(self, config: EmailConfig) -> Awaitable[str | None]: ...


class Watched(Protocol):
    """``mailboxes.Mailboxes``, as far as this needs it."""

    async def states(self) -> tuple[ChannelState, ...]: ...


class Connecting:
    """Handlers about connections."""

    def __init__(self, owner: ResourceOwner, receiving: Tries, sending: Tries, watched: Watched) -> None:
        self._owner = owner
        self._receiving = receiving
        self._sending = sending
        self._watched = watched

    async def attempt(self, command: TryChannel, _meta: Meta) -> ChannelTried:
        """Both ways at once, as given, nothing saved."""
        channel = await self._owner.drafted(Channel, command.id, command.value)
        config = channel.config
        if not isinstance(config, EmailConfig):
            raise Unprocessable("Only mailboxes have a connection that can be tried.")
        received, sent = await asyncio.gather(self._receiving(config), self._sending(config))
        checks = (ConnectionCheck(what="receive", problem=received), ConnectionCheck(what="send", problem=sent))
        return ChannelTried(ok=received is None and sent is None, checks=checks)

    async def states(self, _command: ReadChannelStates, _meta: Meta) -> ChannelStates:
        """Of every mailbox that is switched on."""
        return ChannelStates(items=await self._watched.states())
