"""A connected virtual agent as the documentation asks for it: answers at once, late, never, or wrongly, as told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from docs.verifier.switchboard_webhooks import Refused, verify
from tests.support.receiver import Answer, Receiver, Request

JSON = {"content-type": "application/json"}
LATER: Answer = (200, JSON, b"")
SAID = {
    "wrong": (200, JSON, b"<html>"),
    "broken": (500, {}, b""),
    "elsewhere": (302, {"location": "http://127.0.0.1:1/"}, b""),
    "shape": (200, JSON, b'{"messages": "hello"}'),
}
"""What it answers to these words, in place of an answer."""


@dataclass
class ReferenceBot(Receiver):
    """To "never" it hangs, to "late" and to the start it says nothing yet, to what is in ``SAID`` it answers wrongly,
    else ``reply`` makes the answer of the text. ``events`` are what it was told and could verify, in order."""

    secret: str = ""
    reply: Callable[[str], Mapping[str, Any]] = lambda text: {"messages": [{"text": f"You said {text}"}]}
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    refused: int = 0

    def answer(self, request: Request) -> Answer | None:
        """Verify, remember, answer."""
        try:
            event = verify(request.headers, request.body, self.secret)
        except Refused:
            self.refused += 1
            return 401, {}, b""
        self.events.append(event)
        self.ids.append(request.headers["webhook-id"])
        if event["type"] == "conversation.started":
            return LATER
        text = event["data"]["message"]["text"]
        if text == "never":
            return None
        if text == "late":
            return LATER
        return SAID.get(text) or (200, JSON, json.dumps(self.reply(text)).encode())

    def told(self, conversation: str) -> list[str]:
        """Types of the events of a conversation, and the texts of its messages."""
        return [
            event["data"]["message"]["text"] if event["type"] == "message.received" else event["type"]
            for event in self.events
            if event["data"]["conversation_id"] == conversation
        ]
