"""The customers' network: delivers signed messages until it hears 200, takes replies, and tells what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx2

from shared.errors import Unauthenticated
from shared.webhooks import sign, verify
from tests.support.chaos.office import BOT_PATH
from tests.support.chaos.patience import Patience, json_of
from tests.support.chaos.plan import Delivery
from tests.support.eventually import eventually
from tests.support.receiver import Answer, Receiver, Request

AHEAD = 0.3
"""How much of all messages the network may be ahead of the agents' work."""
REFUSED, POSTPONED, RECEIPTS, SILENT = 0.04, 0.06, 0.3, 0.1


class Endpoint(Receiver):
    """Where replies arrive. ``taken`` counts those taken by webhook-id, ``bodies`` keeps one of each.

    Until it is ``calm`` it answers some with 503 (try again) and some with 400 (never): a message that was refused
    once is refused always. At another path it is a virtual agent; ``told`` are the events that it got.
    """

    def __init__(self, seed: str) -> None:
        super().__init__()
        self.secret = ""
        self.bot_secret = ""
        self.told: set[str] = set()
        self.calm = False
        self.taken: Counter[str] = Counter()
        self.bodies: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.forged: list[str] = []
        self._chance = Random(f"{seed} endpoint")

    def answer(self, request: Request) -> Answer:
        """As the endpoint of a network would: checks the signature, takes a repeat as a repeat."""
        if request.path == BOT_PATH:
            return self._as_bot(request)
        try:
            id = verify(request.headers, request.body, (self.secret,), datetime.now(UTC))
        except Unauthenticated as error:
            self.forged.append(error.detail)
            return 401, {}, b""
        body = json.loads(request.body)
        if id in self.bodies and self.bodies[id] != body:
            self.forged.append(f"{id} came with another body")
        drawn = 1.0 if self.calm or id in self.taken else self._chance.random()
        if id in self.refused or drawn < REFUSED:
            self.refused.add(id)
            return 400, {}, b""
        if drawn < REFUSED + POSTPONED:
            return 503, {}, b""
        self.taken[id] += 1
        self.bodies[id] = body
        return 200, {}, b"{}"

    def _as_bot(self, request: Request) -> Answer:
        """A virtual agent that says a word to each message and hands over, away or silent at times."""
        try:
            self.told.add(verify(request.headers, request.body, (self.bot_secret,), datetime.now(UTC)))
        except Unauthenticated as error:
            self.forged.append(error.detail)
            return 401, {}, b""
        drawn = 1.0 if self.calm else self._chance.random()
        if drawn < POSTPONED:
            return 503, {}, b""
        if drawn < POSTPONED + SILENT or json.loads(request.body)["type"] != "message.received":
            return 200, {}, b""
        said = {"messages": [{"text": "Let me look. A colleague will go on."}], "done": "hand_over"}
        return 200, {"content-type": "application/json"}, json.dumps(said).encode()


class Network:
    """Delivers as planned, by ingest's own port and by the gateway's in turn.

    ``delivered`` counts requests that were answered well, ``stored`` the messages that ingest said were new in them.
    """

    def __init__(
        self, client: httpx2.AsyncClient, seed: str, *, channel: str, secret: str, doors: Sequence[Callable[[], str]]
    ) -> None:
        self.patience = Patience(client, f"{seed} network")
        self.stored = 0
        self.delivered = 0
        self.receipts = 0
        self._chance = Random(f"{seed} receipts")
        self._channel = channel
        self._secret = secret
        self._doors = doors
        self._number = 0

    async def deliver(self, deliveries: Sequence[Delivery], share: Callable[[], float]) -> None:
        """All of them, each at its moment; the agents' work (``share``) is not left too far behind."""
        began = time.monotonic()
        last = deliveries[-1].after
        async with asyncio.TaskGroup() as group:
            for delivery in deliveries:
                group.create_task(self._at(began, delivery, share, last))

    async def tell_receipts(self, endpoint: Endpoint, until: asyncio.Event) -> None:
        """Of some replies that were taken, say so again as a receipt, twice."""
        told: set[str] = set()
        while not until.is_set():
            for id in [id for id in endpoint.taken if id not in told]:
                told.add(id)
                if self._chance.random() < RECEIPTS:
                    receipt = {"message_id": id, "status": "delivered", "at": datetime.now(UTC).isoformat()}
                    await self._post({"receipts": [receipt]})
                    await self._post({"receipts": [receipt]})
                    self.receipts += 1
            await asyncio.sleep(0.2)

    async def _at(self, began: float, delivery: Delivery, share: Callable[[], float], last: float) -> None:
        await asyncio.sleep(max(0.0, began + delivery.after - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: share() > delivery.after / last - AHEAD, within=last)
        told = await self._post({"messages": [said.body for said in delivery.said]})
        assert told["rejected"] == [], told
        assert told["stored"] + told["known"] == len(delivery.said), told
        self.stored += told["stored"]
        self.delivered += 1

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        id, raw = f"delivery-{self._number}", json.dumps(body).encode()
        door = self._doors[self._number % len(self._doors)]

        def headers() -> Mapping[str, str]:
            signed = sign(self._secret, id, datetime.now(UTC), raw)
            return {**signed, "content-type": "application/json"}

        answer = await self.patience.ask(
            "POST", lambda: f"{door()}/hooks/{self._channel}", content=raw, headers=headers
        )
        found: dict[str, Any] = json_of(answer)
        return found
