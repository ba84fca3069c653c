"""``/widget/{channel}``: the chat box's script, its demo page, and what the script calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from services.ingest.domain.message import MAX_TEXT, StoredMessage
from services.ingest.domain.visitor import Visitor, token, visitor_of, worth_renewing
from services.ingest.handlers.accepting import Accepting, Arrival
from services.ingest.handlers.attaching import Piece
from services.ingest.handlers.chatting import Chatting
from services.ingest.http.assets import asset
from services.ingest.http.files import download
from services.ingest.http.gate import Gate
from services.ingest.http.limiting import Limiter
from services.ingest.streams import Streams
from shared.bus import Asks, metadata
from shared.clock import Clock
from shared.contracts.conversation_commands import AnswerInvitation
from shared.contracts.live import TimelineHint
from shared.contracts.messages import ThreadKey
from shared.contracts.settings import Channel, WebchatConfig
from shared.contracts.words import Direction, Medium, MessageKind, Visibility
from shared.errors import Forbidden, NotFound, Unauthenticated, Unprocessable
from shared.http import CleanRoute, EventStream
from shared.ids import derived, new_id
from shared.resources import Book
from shared.text import one_line

PING_SECONDS = 15.0
LOOK_EVERY = 4
"""Pings between looks without a hint."""

MOST_FILES = 10
MOST_PIECES = 1000

ClientId = Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]


class NewMessage(BaseModel):
    """What the visitor wrote; ``id`` is made by the page, so that a repeat is the same message."""

    id: ClientId
    text: str = Field(default="", max_length=MAX_TEXT)
    files: list[ClientId] = Field(default_factory=list, max_length=MOST_FILES)
    language: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=255)


class FilePiece(BaseModel):
    """Which piece of which file a body is; ``id`` is made by the page."""

    id: ClientId
    name: str = Field(default="", max_length=255)
    type: str = Field(default="application/octet-stream", max_length=127, pattern=r"^[a-z]+/[a-z0-9.+-]+$")
    number: int = Field(ge=0, le=MOST_PIECES)
    end: bool = False


class Seen(BaseModel):
    """Messages that reached the page, and those that were on screen."""

    delivered: list[str] = Field(default_factory=list, max_length=100)
    read: list[str] = Field(default_factory=list, max_length=100)


class Pressed(BaseModel):
    """A button of a survey; ``id`` is made by the page, so that a repeat is the same answer."""

    id: ClientId
    invitation: str = Field(min_length=1, max_length=64)
    option: str = Field(min_length=1, max_length=64)


class Widget:
    """The routes of the chat box."""

    def __init__(
        self,
        channels: Book[Channel],
        accepting: Accepting,
        chatting: Chatting,
        streams: Streams,
        gate: Gate,
        limiter: Limiter,
        clock: Clock,
        keys: Sequence[bytes],
        stopping: asyncio.Event,
        bus: Asks,
    ) -> None:
        self._channels = channels
        self._accepting = accepting
        self._chatting = chatting
        self._streams = streams
        self._gate = gate
        self._limiter = limiter
        self._clock = clock
        self._keys = keys
        self._stopping = stopping
        self._bus = bus

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/widget/{channel}", route_class=CleanRoute)
        add = router.add_api_route
        add("/widget.js", self.script, methods=["GET"], response_class=Response, response_model=None)
        add("/demo", self.demo, methods=["GET"], response_class=Response, response_model=None)
        add("/config", self.config, methods=["GET"])
        add("/session", self.session, methods=["POST"])
        add("/messages", self.write, methods=["POST"])
        add("/messages", self.history, methods=["GET"])
        add("/files", self.upload, methods=["POST"], status_code=204)
        add("/files/{file}", self.file, methods=["GET"], response_class=Response, response_model=None)
        add("/answers", self.answer, methods=["POST"], status_code=204)
        add("/receipts", self.receipts, methods=["POST"], status_code=204)
        add("/events", self.events, methods=["GET"], response_class=Response, response_model=None)
        return router

    async def script(self, channel: str, request: Request) -> Response:
        """The script that a page embeds: ``<script src=".../widget/{channel}/widget.js" defer></script>``."""
        self._channel(channel)
        return asset("widget.js", request.headers.get("if-none-match"))

    async def demo(self, channel: str, request: Request) -> Response:
        """A page that embeds the script, to try the chat."""
        self._channel(channel)
        return asset("demo.html", request.headers.get("if-none-match"))

    async def config(self, channel: str) -> dict[str, Any]:
        """How the box looks."""
        found, config = self._channel(channel)
        return {
            "name": found.handle or found.name,
            "greeting": config.greeting,
            "colour": config.colour,
            "files_mb": found.max_attachment_mb if config.visitor_files else 0,
        }

    async def session(self, channel: str, request: Request) -> dict[str, Any]:
        """A token for a new visitor, or a fresh one for a visitor whose token is getting old."""
        self._channel(channel)
        now = self._clock.now()
        if "authorization" in request.headers:
            visitor = self._visitor(channel, request)
            if not worth_renewing(visitor, now):
                return {"visitor": visitor.id, "token": _bearer(request)}
            visitor = Visitor(id=visitor.id, channel=channel, since=now)
        else:
            await self._limiter.hit("sessions", _address(request))
            visitor = Visitor(id=new_id(), channel=channel, since=now)
        return {"visitor": visitor.id, "token": token(visitor, self._keys[0])}

    async def write(self, channel: str, body: NewMessage, request: Request) -> dict[str, Any]:
        """Store what the visitor wrote; answered when it is on disk."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("messages", visitor.id)
        await self._limiter.hit("address", _address(request))
        if not body.text.strip() and not body.files:
            raise Unprocessable("Write something first.", errors=[{"field": "text", "message": "is empty"}])
        files = await self._chatting.kept([_file(visitor, id) for id in body.files])
        now = self._clock.now()
        arrival = Arrival(
            thread=_thread(visitor),
            external_id=f"{visitor.id}:{body.id}",
            kind=MessageKind.CHAT,
            text=body.text,
            name=one_line(body.name, 255),
            attachments=files,
            browser_language=_language(body.language or request.headers.get("accept-language", "")),
        )
        async with self._gate():
            stored = await self._accepting.accept(Medium.WEBCHAT, [arrival])
        hint = TimelineHint(conversation=arrival.thread.conversation, message_id=arrival.id)
        await self._streams.on_hint(hint)  # his other windows
        return {"id": arrival.id, "stored": bool(stored), "at": _milliseconds(now)}

    async def upload(self, channel: str, piece: Annotated[FilePiece, Query()], request: Request) -> None:
        """A piece of a file (the body), before the message that carries it. 403 where visitors may not send files."""
        found, config = self._channel(channel)
        visitor = self._visitor(channel, request)
        if not config.visitor_files:
            raise Forbidden("Files cannot be sent in this chat.")
        if piece.number == 0:
            await self._limiter.hit("messages", visitor.id)
        await self._limiter.hit("address", _address(request))
        id = _file(visitor, piece.id)
        part = Piece(id, piece.name, piece.type, piece.number, await request.body(), piece.end)
        await self._chatting.keep(_thread(visitor), found, part)

    async def file(self, channel: str, file: str, request: Request) -> Response:
        """A file of the visitor's conversation, to be saved."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("reads", _address(request))
        return download(self._chatting.blobs, await self._chatting.file(_thread(visitor), file))

    async def history(
        self, channel: str, request: Request, after: Annotated[int, Query(ge=0, le=2**43)] = 0
    ) -> dict[str, Any]:
        """What was said, oldest first, from a former ``cursor`` on (repeats a few seconds of it)."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("reads", _address(request))
        found = await self._chatting.since(_thread(visitor), _instant(after))
        cursor = max((_milliseconds(one.message.sent_at) for one in found), default=after)
        return {"messages": [said(one) for one in found], "cursor": cursor}

    async def answer(self, channel: str, body: Pressed, request: Request) -> None:
        """A button below a survey: 404 where it is not of this conversation, 409 where it is too late (csat.md)."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("messages", visitor.id)
        await self._limiter.hit("address", _address(request))
        command = AnswerInvitation(
            conversation=_thread(visitor).conversation, invitation=body.invitation, option=body.option
        )
        id = derived("pressed", visitor.id, body.id)
        await self._bus.ask(command, meta=metadata(command, cause=None, event_id=id, now=self._clock.now()))

    async def receipts(self, channel: str, body: Seen, request: Request) -> None:
        """The page says what it showed."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("reads", _address(request))
        await self._chatting.seen(_thread(visitor), delivered=body.delivered, read=body.read)

    async def events(
        self, channel: str, request: Request, after: Annotated[int, Query(ge=0, le=2**43)] = 0
    ) -> EventStream:
        """What is said from now on, and since ``after`` (or Last-Event-ID)."""
        self._channel(channel)
        visitor = self._visitor(channel, request)
        await self._limiter.hit("reads", _address(request))
        thread = _thread(visitor)
        self._streams.admit(thread.conversation)
        last = request.headers.get("last-event-id", "")
        cursor = int(last) if last.isascii() and last.isdigit() and len(last) < 14 else after
        return EventStream(self._follow(thread, cursor or _milliseconds(self._clock.now())))

    async def _follow(self, thread: ThreadKey, cursor: int) -> AsyncGenerator[bytes]:
        sent: dict[str, int] = {}
        quiet = 0
        named: frozenset[str] | None = frozenset()
        with self._streams.listening(thread.conversation) as ear:
            yield format_sse_event(comment="hello")
            while not self._stopping.is_set():
                if named is not None or quiet % LOOK_EVERY == 0:
                    for one in await self._chatting.since(thread, _instant(cursor), also=named or ()):
                        if sent.get(one.id) != one.version:
                            sent[one.id] = one.version
                            cursor = max(cursor, _milliseconds(one.message.sent_at))
                            yield format_sse_event(
                                event="message", data_str=to_json(said(one)).decode(), id=str(cursor)
                            )
                named = await ear.heard(PING_SECONDS)
                quiet += 1
                if named is None:
                    yield format_sse_event(comment="ping")

    def _channel(self, id: str) -> tuple[Channel, WebchatConfig]:
        channel = self._channels.get(id)
        if channel is None or not isinstance(channel.config, WebchatConfig) or not channel.enabled:
            raise NotFound("There is no such chat, or it is switched off.")
        return channel, channel.config

    def _visitor(self, channel: str, request: Request) -> Visitor:
        return visitor_of(_bearer(request), channel, self._keys, self._clock.now())


def said(state: StoredMessage) -> dict[str, Any]:
    """A message as its visitor may see it: no names of agents, nothing internal."""
    message = state.message
    return {
        "id": state.id,
        "client": (message.external_id or "").partition(":")[2] or None,
        "version": state.version,
        "from": "visitor" if message.direction is Direction.INBOUND else "us",
        "text": message.text,
        "masked": message.masked_at is not None,
        "files": [
            {"id": one.id, "name": one.name, "size": one.size} for one in message.attachments if one.id is not None
        ],
        "replies": [{"id": one.id, "label": one.label} for one in message.quick_replies],
        "survey": message.invitation,
        "at": _milliseconds(message.sent_at),
    }


def _thread(visitor: Visitor) -> ThreadKey:
    return ThreadKey(channel=visitor.channel, address=visitor.id, visibility=Visibility.PRIVATE)


def _file(visitor: Visitor, id: str) -> str:
    """The stored id of a file that the visitor's page called ``id``: nobody else's can be named."""
    return derived("visitor-file", visitor.id, id)


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise Unauthenticated("The chat session is missing: start one.")
    return value


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _language(said: str) -> str | None:
    """The first language tag of an Accept-Language header or of ``navigator.language``."""
    tag = said.partition(",")[0].partition(";")[0].strip()
    fits = len(tag) <= 35 and tag.replace("-", "").isalnum() and tag.isascii()
    return tag if fits and tag else None


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
