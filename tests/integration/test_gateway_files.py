"""Files to send, messages as they were laid out, and the mailboxes, over the API."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest

from services.gateway.api.files import PIECE
from shared.contracts.channels import TryChannel
from shared.contracts.files import StoreAttachment
from tests.support.gateway import Client, Running, running_gateway
from tests.support.neighbours import a_conversation, a_message

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix, upload_limit=PIECE * 4) as running:
        yield running


async def upload(client: Client, conversation: str, data: bytes, query: str = "&name=a%2Fb.png&type=image/png") -> int:
    headers = {"X-CSRF-Token": client.session.get("csrf") or "", "Content-Type": "application/octet-stream"}
    path = f"/api/attachments?conversation={conversation}{query}"
    return (await client.http.post(path, content=data, headers=headers)).status_code


async def test_CH_08_an_agent_uploads_a_file_in_pieces(gateway: Running) -> None:
    eva = await gateway.admin()
    one = await gateway.converse(a_conversation())
    data = bytes(range(256)) * 1536 + b"end"  # two whole pieces and three bytes
    assert await upload(eva, one.id, data) == 201
    pieces = [command for command, _ in gateway.neighbours.asked if isinstance(command, StoreAttachment)]
    assert [(piece.number, piece.end) for piece in pieces] == [(0, False), (1, False), (2, True)]
    assert b"".join(base64.b64decode(piece.data) for piece in pieces) == data
    assert len({piece.upload for piece in pieces}) == 1
    assert await upload(eva, one.id, b"") == 422
    assert await upload(eva, one.id, b"x" * (PIECE * 4 + 1)) == 413
    assert await upload(eva, "nothing", b"x") == 404
    assert await upload(eva, one.id, b"x", "&name=x&type=nonsense") == 422
    assert (await eva("POST", f"/api/attachments?conversation={one.id}&name=x", {})).status_code == 415


async def test_CH_15_an_original_is_a_page_in_which_nothing_runs(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva", channels=[{"channel": "other", "right": "contributor"}])
    one = await gateway.converse(a_conversation())
    message = a_message(one)
    gateway.neighbours.messages[message.id] = message
    shown = await admin("GET", f"/api/messages/{message.id}/html")
    policy = shown.headers["content-security-policy"]
    assert (shown.status_code, shown.text) == (200, "<p>images: False</p>")
    assert "default-src 'none'; img-src data:;" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert (shown.headers["x-blocked-images"], shown.headers["x-content-type-options"]) == ("2", "nosniff")
    with_images = await admin("GET", f"/api/messages/{message.id}/html?images=1")
    assert with_images.text == "<p>images: True</p>"
    assert "img-src data: https: http:;" in with_images.headers["content-security-policy"]
    assert (await eva("GET", f"/api/messages/{message.id}/html")).status_code == 404
    assert (await admin("GET", "/api/messages/nothing/html")).status_code == 404


async def test_admins_see_how_mailboxes_stand_and_try_connections(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    stand = await admin("GET", "/api/channels/status")
    assert stand.json()["items"][0]["problem"] == "No."
    tried = await admin("POST", "/api/channels/try", {"id": "x", "value": {"name": "Mail"}})
    assert tried.json()["ok"]
    asked = [command for command, _ in gateway.neighbours.asked if isinstance(command, TryChannel)]
    assert (asked[0].id, asked[0].value) == ("x", {"name": "Mail"})
    assert (await eva("GET", "/api/channels/status")).status_code == 403
    assert (await eva("POST", "/api/channels/try", {"value": {}})).status_code == 403
