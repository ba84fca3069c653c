"""The generic channel's way out: a signed POST per message; the webhook-id is our message id, so repeats are safe."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import Protocol, TypeAlias

from services.ingest.domain.delivery import Outcome, Postponed, Refused, Took, of_answer
from services.ingest.domain.message import StoredMessage
from shared.clock import Clock
from shared.contracts.messages import Attachment
from shared.contracts.settings import Channel, WebhookConfig
from shared.errors import InvalidInput, SwitchboardError, Unprocessable
from shared.outside import Answer, NoAnswer, Unreachable
from shared.text import clean_json, one_line
from shared.webhooks import sign


class Posts(Protocol):
    """``shared.outside.Outside``, as far as this needs it."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer: ...


FileAddress: TypeAlias = Callable[[StoredMessage, Attachment], str | None]
"""Where the endpoint fetches a file from; the same for every attempt."""


class WebhookConnector:
    """Sends by POST. 2xx is accepted; the answer may name the message: ``{"external_id": "…"}``."""

    def __init__(self, outside: Posts, clock: Clock, address: FileAddress) -> None:
        self._outside = outside
        self._clock = clock
        self._address = address

    async def send(self, state: StoredMessage, channel: Channel) -> Outcome:
        """One attempt."""
        config = channel.config
        if not isinstance(config, WebhookConfig) or config.outbound_url is None or not config.outbound_secret:
            return Refused("The channel has no address for replies.")
        body = body_of(state, self._address)
        headers = sign(config.outbound_secret, state.id, self._clock.now(), body)
        headers |= {"content-type": "application/json"}
        try:
            answer = await self._outside.post(str(config.outbound_url), body, headers)
        except Unprocessable as error:
            return Refused(error.detail)
        except Unreachable as error:
            return Postponed(error.detail)
        except NoAnswer as error:
            return Postponed(error.detail, may_have_arrived=True)
        return _outcome(answer)


def body_of(state: StoredMessage, address: FileAddress) -> bytes:
    """What the endpoint gets; the same bytes for every attempt."""
    message = state.message
    body = {
        "type": "message",
        "message_id": state.id,
        "conversation": message.conversation,
        "channel": state.thread.channel,
        "visibility": message.visibility.value,
        "root": state.thread.root,
        "to": {"address": state.thread.address},
        "text": message.text,
        "attachments": [
            {"name": one.name, "type": one.type, "size": one.size, "url": address(state, one)}
            for one in message.attachments
        ],
        "in_reply_to": message.in_reply_to,
        "quick_replies": [{"id": one.id, "label": one.label} for one in message.quick_replies],
        "automatic": message.automatic,
        "sent_at": message.sent_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _outcome(answer: Answer) -> Outcome:
    retry_after = answer.headers.get("retry-after", "")
    outcome = of_answer(answer.status, float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None)
    return Took(external_id=_named(answer.body)) if isinstance(outcome, Took) else outcome


def _named(body: bytes) -> str | None:
    try:
        answer = clean_json(body)
    except (InvalidInput, SwitchboardError):
        return None
    name = answer.get("external_id") if isinstance(answer, dict) else None
    return one_line(name, 512) or None if isinstance(name, str) else None
