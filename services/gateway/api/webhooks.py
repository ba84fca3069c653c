"""The delivery log of webhooks, redelivery and test events. Admins only; the webhooks themselves are settings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.conversations import Cursor
from services.gateway.api.principal import Manager, documented
from shared.contracts.webhooks import (
    DeliveryLine,
    DeliveryPage,
    DeliveryStatus,
    ListDeliveries,
    ReadDelivery,
    Redeliver,
    SendTestEvent,
)
from shared.http import CleanRoute

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=CleanRoute, dependencies=documented)

Id = Annotated[str, Path(max_length=128)]


@router.get("/{id}/deliveries", responses={200: {"model": DeliveryPage}, **errors(404)}, response_model=None)
async def deliveries(
    id: Id,
    _: Manager,
    asks: Asks,
    status: Annotated[DeliveryStatus | None, Query(description="Only those that stand so")] = None,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What was sent to a webhook, newest first, for as long as the log is kept."""
    return answer(await asks.ask(ListDeliveries(webhook=id, status=status, after=after, limit=limit)))


@router.get("/{id}/deliveries/{delivery}", responses={200: {"model": DeliveryLine}, **errors(404)}, response_model=None)
async def delivery(id: Id, delivery: Id, _: Manager, asks: Asks) -> Response:
    """One delivery with its payload."""
    return answer(await asks.ask(ReadDelivery(webhook=id, delivery=delivery)))


@router.post(
    "/{id}/deliveries/{delivery}/redeliver",
    status_code=202,
    responses={202: {"model": DeliveryLine}, **errors(404, 409)},
    response_model=None,
)
async def redeliver(id: Id, delivery: Id, _: Manager, asks: Asks) -> Response:
    """Deliver it again, now, under the same event id. 409 while the webhook is switched off."""
    return answer(await asks.ask(Redeliver(webhook=id, delivery=delivery)), 202)


@router.post(
    "/{id}/test", status_code=202, responses={202: {"model": DeliveryLine}, **errors(404, 409)}, response_model=None
)
async def test(id: Id, manager: Manager, asks: Asks) -> Response:
    """Send a `webhook.test` event. 409 while the webhook is switched off."""
    return answer(await asks.ask(SendTestEvent(webhook=id, by=manager.actor)), 202)
