"""A company with a webhook channel: its workspace, the network that delivers to it, and where its replies arrive."""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import standardwebhooks

from deploy.demo.client import Client
from shared.ids import conversation_id
from shared.webhooks import sign
from tests.support.receiver import Receiver, Request
from tests.support.workspace import PASSWORD, Workspace, furnished

QUESTION = "¿Qué tal lo hicimos?"


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@dataclass(frozen=True)
class Shop:
    """Ids and secrets. ``teams``: ids by language; ``users``: by name; Vic is a viewer here, Nil sees nothing."""

    channel: str
    inbound: str
    outbound: str
    users: dict[str, str]
    teams: dict[str, str]
    topic: str
    reason: str
    survey: str


def open_shop(client: Client, replies_to: str) -> Shop:
    """A webhook channel of the usual workspace, with a policy, a survey and rights of its own."""
    made: Workspace = furnished(client)
    config = {
        "medium": "webhook",
        "inbound_secret": (inbound := new_secret()),
        "outbound_url": f"{replies_to}/replies",
        "outbound_secret": (outbound := new_secret()),
    }
    channel = str(client.ensure("channels", {"name": "Shop", "handle": "@shop", "config": config})["id"])
    client.ensure("policies", {"name": "Shop policy", "channels": [channel], "first_minutes": 30, "next_minutes": 60})
    versions = [{"language": "en", "question": "How did we do?"}, {"language": "es", "question": QUESTION}]
    survey = client.ensure("surveys", {"name": "Shop survey", "channels": [channel], "versions": versions})["id"]
    users = {
        **made.users,
        "Vic": _person(client, "Vic", [{"channel": channel, "right": "viewer"}]),
        "Nil": _person(client, "Nil", [{"channel": made.chat, "right": "contributor"}]),
    }
    return Shop(
        channel=channel,
        inbound=inbound,
        outbound=outbound,
        users=users,
        teams={language: _named(client, "teams", f"Team {language}") for language in ("es", "en")},
        topic=_named(client, "topics", "Orders"),
        reason=made.reason,
        survey=str(survey),
    )


def _named(client: Client, kind: str, name: str) -> str:
    items = client.get(f"/api/settings/{kind}?limit=100")["items"]
    return next(str(item["id"]) for item in items if item["value"]["name"] == name)


def _person(client: Client, name: str, rights: list[dict[str, str]]) -> str:
    made = client.ensure("users", {"name": name, "email": f"{name.lower()}@example.org", "channels": rights})
    token = str(made["invite"]["link"]).rpartition("#token=")[2]
    client.post("/api/password", {"token": token, "password": PASSWORD})
    return str(made["id"])


class Network:
    """Whoever delivers to a webhook channel: signs, as Standard Webhooks says, whatever it sends."""

    def __init__(self, http: httpx2.AsyncClient, channel: str, secret: str) -> None:
        self._http = http
        self.path = f"/hooks/{channel}"
        self._channel = channel
        self._secret = secret

    async def send(self, raw: bytes, *, at: datetime | None = None, **headers: str) -> httpx2.Response:
        """These bytes, with a good signature; headers by name, with ``_`` for ``-``."""
        signed = sign(self._secret, f"msg_{uuid.uuid4().hex}", at or datetime.now(UTC), raw)
        sent = {"content-type": "application/json", **signed}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        encoded = {name.encode(): value.encode("latin-1") for name, value in sent.items()}
        return await self._http.post(self.path, content=raw, headers=encoded)

    async def deliver(self, body: Any) -> dict[str, Any]:
        """A delivery that is taken; what was said of it."""
        answer = await self.send(json.dumps(body).encode())
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json()
        return found

    async def says(self, address: str, text: str, **more: Any) -> str:
        """One private message of this address; the conversation's id."""
        told = await self.deliver({"messages": [message(address, text, **more)]})
        assert told["stored"] == 1, told
        return self.conversation(address)

    async def reports(self, message_id: str, status: str) -> dict[str, Any]:
        """What became of a message of ours."""
        at = datetime.now(UTC).isoformat()
        return await self.deliver({"receipts": [{"message_id": message_id, "status": status, "at": at}]})

    def conversation(self, address: str) -> str:
        """The conversation of this address: anybody can name it."""
        return conversation_id(self._channel, address, "private", "")


def message(address: str, text: str, **more: Any) -> dict[str, Any]:
    """A message as the generic webhook takes it."""
    return {
        "external_id": f"x-{uuid.uuid4().hex}",
        "visibility": "private",
        "kind": "direct",
        "sender": {"address": address, "name": "Lucía Fernández", "attributes": {"city": "Sevilla"}},
        "text": text,
        "sent_at": datetime.now(UTC).isoformat(),
        **more,
    }


class Replies(Receiver):
    """Where the company's replies arrive; every signature is checked by the standard's own library."""

    secret = ""

    def checked(self, request: Request) -> dict[str, Any]:
        """The body of a request whose signature is good and fresh; raises otherwise."""
        assert abs(time.time() - int(request.headers["webhook-timestamp"])) < 300
        body: dict[str, Any] = standardwebhooks.Webhook(self.secret).verify(request.body, dict(request.headers))
        assert request.headers["webhook-id"] == body["message_id"]
        return body

    def to(self, conversation: str) -> list[dict[str, Any]]:
        """What came for this conversation, oldest first; a repeat of a message counts again."""
        bodies = [self.checked(request) for request in self.requests]
        return [body for body in bodies if body["conversation"] == conversation]
