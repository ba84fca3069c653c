"""A load of signed webhook messages at a steady rate, and the watch that sees them arrive in the queue."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from shared.ids import message_id
from tests.support.eventually import eventually

OPENING_EVERY = 5
"""One opening to four follow-ups."""
FOLLOWED = 400
"""How many conversations the follow-ups are spread over, so that no two of one are merged into one change."""

TEXTS = (
    "Hello, my order has not arrived yet. Can you tell me where it is, please?",
    "Hola, todavía no ha llegado mi pedido. ¿Me pueden decir dónde está?",
    "How do I send back shoes that do not fit, and who pays for the parcel?",
    "¿Cómo puedo cambiar la dirección de entrega de mi compra, por favor?",
    "Could you tell me when the blue jacket will be in stock again?",
    "No puedo entrar en mi cuenta porque la contraseña ya no funciona.",
    "Thank you, that was quick. One more question about the invoice, please.",
    "I was charged twice for the same thing, please help me with the payment.",
)


@dataclass
class Watch:
    """Follows the live stream: when each conversation's row was last seen, by its last message."""

    waiting: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    def sent(self, message: str, at: float) -> None:
        """The message was accepted (the 200 came) at this instant of ``time.monotonic``."""
        self.waiting[message] = at

    def seen(self, row: dict[str, Any]) -> None:
        """A row arrived."""
        at = self.waiting.pop(str(row["last_inbound"]), None)
        if at is not None:
            self.latencies.append(max(0.0, time.monotonic() - at))

    async def follow(self, client: httpx2.AsyncClient, url: str, headers: dict[str, str], open: asyncio.Event) -> None:
        """Read the stream until cancelled."""
        async with client.stream("GET", f"{url}/api/live", headers=headers, timeout=None) as answer:
            answer.raise_for_status()
            open.set()
            event = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: ") and event == "row":
                    self.seen(json.loads(line.removeprefix("data: ")))


class Load:
    """Sends messages; ids are new each run."""

    def __init__(self, client: httpx2.AsyncClient, url: str, channel: str, secret: str, watch: Watch) -> None:
        self._client = client
        self._url = f"{url}/hooks/{channel}"
        self._channel = channel
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._watch = watch
        self._run = uuid.uuid4().hex[:8]
        self._count = itertools.count()
        self._contacts = itertools.count()
        self._followed: Iterator[str] = iter(())

    async def open_conversations(self, number: int) -> list[str]:
        """Contacts with a conversation of their own, for follow-ups."""
        addresses = [self._new_contact() for _ in range(number)]
        for group in _groups(addresses, 10):
            await asyncio.gather(*(self._send(address) for address in group))
        self._followed = itertools.cycle(addresses)
        return addresses

    async def run(self, rate: float, seconds: float, *, openings: float = 1 / OPENING_EVERY) -> int:
        """``rate`` messages a second for so long, whatever the answers take; how many were sent."""
        began, tasks = time.monotonic(), []
        total = int(rate * seconds)
        for number in range(total):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            opens = openings >= 1 or (openings > 0 and number % round(1 / openings) == 0)
            tasks.append(asyncio.create_task(self._send(self._new_contact() if opens else next(self._followed))))
        await asyncio.gather(*tasks)
        return total

    async def settle(self, within: float) -> int:
        """Wait until everything sent was seen; how many were not."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: not self._watch.waiting, within)
        return len(self._watch.waiting)

    def _new_contact(self) -> str:
        return f"{self._run}-{next(self._contacts)}"

    async def _send(self, address: str) -> None:
        number = next(self._count)
        external = f"{self._run}-{number}"
        message = {
            "external_id": external,
            "visibility": "private",
            "kind": "direct",
            "sender": {"address": address, "name": f"Visitor {address}"},
            "text": TEXTS[number % len(TEXTS)],
        }
        raw = json.dumps({"messages": [message]}).encode()
        id, at = f"msg_{external}", str(int(time.time()))
        mac = base64.b64encode(hmac.digest(self._key, f"{id}.{at}.".encode() + raw, hashlib.sha256)).decode()
        headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{mac}"}
        known = message_id(self._channel, external)
        self._watch.sent(known, time.monotonic())
        answer = await self._client.post(
            self._url, content=raw, headers={**headers, "content-type": "application/json"}
        )
        answer.raise_for_status()
        if known in self._watch.waiting:
            self._watch.sent(known, time.monotonic())


def _groups(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
