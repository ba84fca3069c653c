"""Webhooks out on a real store and real endpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.automation.main import build
from shared.bus import Bus
from shared.contracts.conversations import ConversationChanged
from shared.contracts.resources import CreateResource, Stored
from shared.contracts.webhooks import (
    DeliveryLine,
    DeliveryStatus,
    ListDeliveries,
    ReadDelivery,
    Redeliver,
    SendTestEvent,
)
from shared.errors import NotFound, Unprocessable
from shared.runtime import Service
from shared.webhooks import verify
from tests.support.clock import ManualClock
from tests.support.conversations import Story, desk, inbound
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises
from tests.support.receiver import Receiver, receiver

pytestmark = pytest.mark.integration
NEEDED = only(all_of="automation", services=("automation", "gateway", "ingest", "routing", "sla"))


@dataclass
class Town:
    """The service, the networks' side and an admin's."""

    place: Premises
    service: Service
    routing: Bus
    gateway: Bus
    endpoint: Receiver
    clock: ManualClock

    async def webhook(self, *events: str, **fields: Any) -> Stored:
        value = {"name": "CRM", "url": self.endpoint.url + "/in", "events": list(events), **fields}
        return await self.gateway.ask(CreateResource(kind="webhooks", value=value), service="automation")

    async def message(self, text: str, id: str) -> None:
        story = Story(desk(triage=True)).message(id, 0, text)
        event = ConversationChanged(conversation=story.now, changes=story.facts, message=inbound(id, 0, text).message)
        await self.place.say(self.routing, event, event_id=f"event {id}")

    async def log(self, webhook: str, status: DeliveryStatus | None = None) -> tuple[DeliveryLine, ...]:
        return (await self.gateway.ask(ListDeliveries(webhook=webhook, status=status))).items


@pytest.fixture
async def town(mongo_url: str, prefix: str) -> AsyncIterator[Town]:
    clock = ManualClock(datetime.now(UTC))
    async with premises(mongo_url, prefix, NEEDED, clock=clock, private=True) as place, receiver() as endpoint:
        for name in ("ingest", "sla"):
            await place.owns_nothing(name)
        routing = await place.owns_nothing("routing")
        service = await place.open("automation", build)
        yield Town(place, service, routing, await place.bus("gateway"), endpoint, clock)


async def test_a_subscriber_is_told_signed_once_and_the_log_says_so(town: Town) -> None:
    made = await town.webhook("message.received")
    assert made.value["secret"] is None
    secret = made.revealed["secret"]
    for _ in range(3):
        await town.message("¿Hola?", "m1")
    (request,) = await town.endpoint.got(1)
    assert verify(request.headers, request.body, [secret], town.clock.now()) == request.json()["id"]
    assert request.json()["data"]["message"]["text"] == "¿Hola?"

    async def delivered() -> bool:
        return [line.status for line in await town.log(made.id)] == ["delivered"]

    await eventually(delivered)
    (line,) = await town.log(made.id, DeliveryStatus.DELIVERED)
    assert (line.code, line.attempts, line.excerpt, line.event) == (200, 1, "{}", request.json()["id"])
    assert await town.log(made.id, DeliveryStatus.FAILED) == ()
    again = await town.gateway.ask(Redeliver(webhook=made.id, delivery=line.id))
    assert again.event == line.event
    assert [one.headers["webhook-id"] for one in await town.endpoint.got(2)] == [line.event] * 2
    with pytest.raises(NotFound):
        await town.gateway.ask(ReadDelivery(webhook="other", delivery=line.id))


async def test_what_failed_or_was_under_way_is_delivered_by_the_next_process_under_the_same_id(town: Town) -> None:
    made = await town.webhook("message.received")
    town.endpoint.answers = [(500, {"retry-after": "1"}, b"no")]
    await town.message("hello", "m1")
    await town.endpoint.got(1)
    await town.service.stop()
    await town.place.open("automation", build)
    town.clock.advance(timedelta(seconds=30))
    first, second = await town.endpoint.got(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert await town.place.dead() == []
    assert made.id


async def test_a_test_event_and_a_rule_reach_a_webhook_without_events(town: Town) -> None:
    made = await town.webhook()
    await town.gateway.ask(SendTestEvent(webhook=made.id))
    await town.endpoint.got(1)
    call = {"act": "call_webhook", "webhook": made.id}
    rule = {"name": "Errors", "conditions": {"of": [{"test": "keywords", "keywords": "error"}]}, "actions": [call]}
    await town.gateway.ask(CreateResource(kind="rules", value=rule), service="automation")
    await town.message("An error!", "m1")
    _, called = await town.endpoint.got(2)
    assert (called.json()["type"], called.json()["data"]["rule"]["name"]) == ("rule.called", "Errors")
    assert called.json()["data"]["message"]["text"] == "An error!"


async def test_an_address_that_is_none_is_refused(town: Town) -> None:
    with pytest.raises(Unprocessable):
        await town.webhook(url="ftp://crm.example.org/")
