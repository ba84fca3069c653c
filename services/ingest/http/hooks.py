"""``POST /hooks/{channel}``: the generic webhook. Answered only when everything good in it is on disk."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from services.ingest.domain.incoming import (
    Incoming,
    IncomingMessage,
    IncomingReceipt,
    Rejected,
    attachments,
    parse,
    when,
)
from services.ingest.handlers.accepting import Accepting, Arrival
from services.ingest.handlers.receipts import Receipts
from services.ingest.http.gate import Gate
from services.ingest.metrics import IngestMetrics
from shared.clock import Clock
from shared.contracts.messages import ThreadKey
from shared.contracts.settings import Channel, WebhookConfig
from shared.contracts.words import Medium
from shared.errors import NotFound, SwitchboardError, Unauthenticated, Unprocessable
from shared.http import CleanRoute
from shared.resources import Book
from shared.text import clean_json
from shared.webhooks import verify


class Hooks:
    """The webhook's route. Mounted under ``/hooks``."""

    def __init__(
        self,
        channels: Book[Channel],
        accepting: Accepting,
        receipts: Receipts,
        gate: Gate,
        clock: Clock,
        metrics: IngestMetrics,
    ) -> None:
        self._channels = channels
        self._accepting = accepting
        self._receipts = receipts
        self._gate = gate
        self._clock = clock
        self._metrics = metrics

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(route_class=CleanRoute)
        router.add_api_route("/hooks/{channel}", self.deliver, methods=["POST"], response_model=None)
        return router

    async def deliver(self, channel: str, request: Request) -> Response:
        """One delivery: ``{stored, known, receipts, rejected}``; 422 when nothing in it could be used."""
        try:
            with self._metrics.accept_seconds.time():
                async with self._gate():
                    answer = await self._deliver(channel, request)
                    return Response(to_json(answer), media_type="application/json")
        except SwitchboardError as error:
            self._metrics.refusals.labels(error.code).inc()
            raise

    async def _deliver(self, id: str, request: Request) -> dict[str, Any]:
        secret = self._secret(id)
        raw = await request.body()
        verify(request.headers, raw, (secret,), self._clock.now())
        incoming = parse(clean_json(raw))
        arrivals = [self._arrival(id, item) for _, item in incoming.messages]
        stored = await self._accepting.accept(Medium.WEBHOOK, arrivals)
        unknown = [
            Rejected(f"receipts.{place}", receipt.message_id, (_UNKNOWN,))
            for place, receipt in incoming.receipts
            if not await self._apply(id, receipt)
        ]
        return self._answer(incoming, stored, unknown)

    def _secret(self, id: str) -> str:
        channel = self._channels.get(id)
        if channel is None or not isinstance(channel.config, WebhookConfig) or not channel.enabled:
            raise NotFound("There is no such webhook channel, or it is switched off.")
        if not channel.config.inbound_secret:
            raise Unauthenticated("The channel has no signing secret yet: set one in its settings.")
        return channel.config.inbound_secret

    def _arrival(self, channel: str, item: IncomingMessage) -> Arrival:
        thread = ThreadKey(
            channel=channel,
            address=item.sender.address,
            visibility=item.visibility,
            root=item.thread_root,
        )
        return Arrival(
            thread=thread,
            external_id=item.external_id,
            kind=item.known_kind,
            text=item.text,
            sent_at=when(item.sent_at, self._clock.now()) if item.sent_at is not None else None,
            name=item.sender.name,
            attributes=item.sender.attributes,
            attachments=attachments(item.attachments),
            subject=item.subject or None,
            link=item.link,
        )

    async def _apply(self, channel: str, receipt: IncomingReceipt) -> bool:
        return await self._receipts.apply(channel, receipt.message_id, receipt.status, receipt.at, receipt.reason)

    def _answer(self, incoming: Incoming, stored: int, unknown: list[Rejected]) -> dict[str, Any]:
        rejected = [item.shown() for item in (*incoming.rejected, *unknown)]
        self._metrics.arrivals.labels(Medium.WEBHOOK.value, "rejected").inc(len(rejected))
        useful = len(incoming.messages) + len(incoming.receipts) - len(unknown)
        if rejected and not useful:
            raise Unprocessable("Nothing in the delivery could be used; see rejected.", rejected=rejected)
        return {
            "stored": stored,
            "known": len(incoming.messages) - stored,
            "receipts": len(incoming.receipts) - len(unknown),
            "rejected": rejected,
        }


_UNKNOWN = {"field": "message_id", "message": "no message of this channel has this id"}
