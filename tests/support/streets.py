"""Settings changed with a key, and channels of their own for tests that change how conversations move."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import httpx2

from deploy.demo.client import Client
from tests.support.shop import Network, new_secret


class Admin:
    """Changes settings with a key."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def set(self, kind: str, **value: Any) -> None:
        """The one object of its kind; what is not named stays."""
        await asyncio.to_thread(self._client.set_singleton, kind, value)

    async def make(self, kind: str, **value: Any) -> str:
        """The object of this name, made or brought to this value; its id."""
        return str((await asyncio.to_thread(self._client.ensure, kind, value))["id"])


@dataclass(frozen=True)
class Street:
    """A webhook channel of its own, whose workflow differs from the workspace's."""

    id: str
    network: Network


@dataclass(frozen=True)
class Town:
    """Opens streets."""

    admin: Admin
    replies_to: str
    outbound: str
    http: httpx2.AsyncClient

    async def street(self, *, auto_assign: bool = False) -> Street:
        """Another channel, whose replies are signed with the shop's secret."""
        config = {
            "medium": "webhook",
            "inbound_secret": (inbound := new_secret()),
            "outbound_url": f"{self.replies_to}/replies",
            "outbound_secret": self.outbound,
        }
        name = f"Street {uuid.uuid4().hex[:8]}"
        id = await self.admin.make("channels", name=name, config=config, auto_assign=auto_assign)
        return Street(id, Network(self.http, id, inbound))
