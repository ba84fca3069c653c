"""The ingest service under test: on a real store, its bus in memory or real, called over HTTP in process."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import structlog
from prometheus_client import CollectorRegistry

from services.ingest.main import Ingest
from services.ingest.settings import IngestSettings
from shared.bus import Bus, Envelope
from shared.clock import Clock, SystemClock
from shared.contracts.base import Event, Meta
from shared.contracts.resources import CreateResource, Stored
from shared.ids import new_id
from shared.runtime import Runtime
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Store
from shared.webhooks import sign
from tests.support.bus import FakeBus

E = TypeVar("E", bound=Event)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, yes").decode()
KEY = "a key for tests, of thirty-two characters"


def meta(event_id: str | None = None, type: str = "test") -> Meta:
    """Metadata of a command or an event from nowhere."""
    id = event_id or new_id()
    return Meta(event_id=id, type=type, occurred_at=SystemClock().now(), correlation_id=id)


@dataclass
class House:
    """A running ingest, and how tests speak to it."""

    service: Ingest
    bus: Bus
    client: httpx2.AsyncClient
    clock: Clock
    stopping: asyncio.Event

    def said(self, event: type[E]) -> list[E]:
        """Events of this type that were published (bus in memory)."""
        assert isinstance(self.bus, FakeBus)
        return self.bus.said(event)

    async def channel(self, config: Mapping[str, Any], **fields: Any) -> Stored:
        """A channel as an admin would create it."""
        value = {"name": new_id(), "config": dict(config), **fields}
        return await self.bus.ask(CreateResource(kind="channels", value=value), service="ingest")

    async def attribute(self, value: Mapping[str, Any]) -> Stored:
        """A contact attribute as an admin would define it."""
        return await self.bus.ask(CreateResource(kind="contact-attributes", value=dict(value)), service="ingest")

    async def heard(self, event: Event, meta: Meta) -> None:
        """Hand an event to ingest and wait until it is handled (bus in memory)."""
        assert isinstance(self.bus, FakeBus)
        body = event.model_dump_json().encode()
        await self.bus.publish(Envelope(meta=meta.model_copy(update={"type": event.type}), body=body))
        await self.bus.settled()

    async def webhook(self, outbound_url: str | None = None, **fields: Any) -> str:
        """The id of a webhook channel that signs with ``SECRET``."""
        config = {"medium": "webhook", "inbound_secret": SECRET, "outbound_secret": SECRET}
        if outbound_url is not None:
            config["outbound_url"] = outbound_url
        return (await self.channel(config, **fields)).id

    async def webchat(self, **config: Any) -> str:
        """The id of a web chat."""
        return (await self.channel({"medium": "webchat", **config})).id

    async def deliver(self, channel: str, body: Any, *, secret: str = SECRET) -> httpx2.Response:
        """A signed delivery of the generic webhook; ``body`` is JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = sign(secret, new_id(), self.clock.now(), raw) | {"content-type": "application/json"}
        return await self.client.post(f"/hooks/{channel}", content=raw, headers=headers)


def message(external_id: str, text: str = "hola", address: str = "ana", **fields: Any) -> dict[str, Any]:
    """One message of a webhook delivery."""
    sender = {"address": address, "name": fields.pop("name", ""), "attributes": fields.pop("attributes", {})}
    return {"external_id": external_id, "text": text, "sender": sender, **fields}


@asynccontextmanager
async def ingest_house(
    store: Store, bus: Bus, *, clock: Clock | None = None, private: bool = True, **settings: Any
) -> AsyncIterator[House]:
    """Ingest on this store and bus, started; stopped at the end."""
    clock = clock or SystemClock()
    stopping = asyncio.Event()
    runtime = Runtime(
        settings=CommonSettings(allow_private_endpoints=private),
        clock=clock,
        bus=bus,
        store=store,
        metrics=CollectorRegistry(),
        vault=Vault((KEY,)),
        log=structlog.get_logger("test"),
        stopping=stopping,
    )
    service = Ingest(runtime, IngestSettings(**settings))
    await service.start()
    transport = httpx2.ASGITransport(app=service.app, raise_app_exceptions=False)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://ingest") as client:
            yield House(service, bus, client, clock, stopping)
    finally:
        stopping.set()
        await service.stop()


@asynccontextmanager
async def ingest_at(mongo_url: str, prefix: str, **settings: Any) -> AsyncIterator[House]:
    """Ingest with a store of its own and its bus in memory."""
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    try:
        async with ingest_house(store, FakeBus("ingest"), **settings) as house:
            yield house
    finally:
        await store.close()
