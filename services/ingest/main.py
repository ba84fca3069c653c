"""Where the parts of ingest meet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from fastapi import APIRouter
from starlette.types import ASGIApp

from services.ingest.connectors.email import EmailConnector
from services.ingest.connectors.mail_server import Logins
from services.ingest.connectors.webhook import WebhookConnector
from services.ingest.consumers import table
from services.ingest.domain.links import LIFETIME, file_path
from services.ingest.domain.message import StoredMessage
from services.ingest.files import Files
from services.ingest.handlers.accepting import Accepting
from services.ingest.handlers.attaching import Attaching
from services.ingest.handlers.chatting import Chatting
from services.ingest.handlers.connecting import Connecting
from services.ingest.handlers.contacts import Contacts
from services.ingest.handlers.hearing import Hearing
from services.ingest.handlers.mailing import Mailing
from services.ingest.handlers.noticing import Noticing
from services.ingest.handlers.reading import Reading
from services.ingest.handlers.receipts import Receipts
from services.ingest.handlers.writing import Writing
from services.ingest.http.files import FileLinks
from services.ingest.http.gate import Gate
from services.ingest.http.hooks import Hooks
from services.ingest.http.limiting import Limiter
from services.ingest.http.origins import Origins
from services.ingest.http.widget import Widget
from services.ingest.mail import NAMES, Post
from services.ingest.mailboxes import Mailboxes
from services.ingest.metrics import IngestMetrics
from services.ingest.repository import IngestRepository
from services.ingest.resources import declarations
from services.ingest.settings import IngestSettings
from services.ingest.streams import Streams
from services.ingest.workers import Courier, Sweep
from shared.bus import Row
from shared.contracts.live import TimelineHint
from shared.contracts.messages import Attachment
from shared.contracts.settings import Channel, ContactAttribute, ThreadBlock, WebchatConfig
from shared.contracts.words import Medium
from shared.http import http_app
from shared.ids import new_id
from shared.outside import Outside
from shared.resources import Book, ResourceOwner, settings_table
from shared.runtime import Probe, Runtime, Service
from shared.settings import load
from shared.timers import Timers

TOKENS = "visitors"
FILES = "file addresses"
DRAIN_SECONDS = 5.0


class Ingest:
    """Channels, contacts, messages: what the networks say and what we say to them."""

    name = "ingest"

    def __init__(self, runtime: Runtime, settings: IngestSettings) -> None:
        self._runtime = runtime
        self._settings = settings
        self._me = new_id()
        bus, clock = runtime.bus, runtime.clock
        database = runtime.store.database(self.name)
        private = runtime.settings.allow_private_endpoints
        declared = declarations(allow_private=private)
        self._metrics = IngestMetrics(runtime.metrics)
        self._repository = IngestRepository(database, publish=bus.publish, clock=clock)
        self._owner = ResourceOwner(database, declared, bus=bus, vault=runtime.vault, clock=clock)
        self._channels = self._owner.book(Channel)
        self._streams = Streams(settings.streams_per_visitor, self._metrics.streams)
        self._sending = Outside(allow_private=private, timeout=settings.send_timeout, connections=settings.sending)
        self._fetching = Outside(allow_private=private, timeout=settings.fetch_timeout, connections=settings.fetching)
        logins, names = Logins(self._sending), runtime.vault.signing_keys(NAMES)
        self._post = Post(logins, settings, allow_private=private)
        self._smtp = EmailConnector(
            self._repository.blobs, logins, key=names[0], allow_private=private, timeout=settings.mail_timeout
        )
        self._courier = self._made_courier()
        self._repository.messages.on_saved(self._courier.look)
        self._timers = Timers(self._repository.messages, self._courier.wake, clock, metrics=runtime.metrics)
        blocks = self._owner.book(ThreadBlock)
        accepting = Accepting(self._repository, self._channels, clock, self._metrics, blocks)
        receipts = Receipts(self._repository, clock, self._show)
        mailing = Mailing(self._repository, accepting, receipts, clock, names)
        self._mailboxes = self._made_mailboxes(mailing)
        attaching = Attaching(self._repository, self._channels, clock)
        self._sweep = Sweep(attaching)
        self._table = self._made_table(mailing, attaching)
        self._app = self._made_app(accepting, receipts)
        self._ending: asyncio.Task[None] | None = None

    def _made_courier(self) -> Courier:
        runtime = self._runtime
        addresses = _addresses(str(runtime.settings.public_url), runtime.vault.signing_keys(FILES)[0])
        webhook = WebhookConnector(self._sending, runtime.clock, addresses)
        return Courier(
            self._repository,
            self._channels,
            {Medium.WEBHOOK: webhook, Medium.EMAIL: self._smtp},
            Files(self._fetching, self._repository.blobs, self._channels, self._metrics),
            publish=runtime.bus.publish,
            show=self._show,
            clock=runtime.clock,
            metrics=self._metrics,
            settings=self._settings,
            me=self._me,
        )

    def _made_mailboxes(self, mailing: Mailing) -> Mailboxes:
        bus, clock = self._runtime.bus, self._runtime.clock
        return Mailboxes(
            self._repository.mailboxes,
            self._channels,
            self._post.opened,
            mailing.take,
            Noticing(bus.publish, self._channels, clock),
            clock=clock,
            metrics=self._metrics,
            settings=self._settings,
            me=self._me,
        )

    def _made_table(self, mailing: Mailing, attaching: Attaching) -> Sequence[Row]:
        bus, clock, channels = self._runtime.bus, self._runtime.clock, self._channels
        writing = Writing(self._repository, channels, clock, self._courier, self._show, mailing)
        contacts = Contacts(self._repository, self._owner.book(ContactAttribute), channels, clock)
        hearing = Hearing(self._repository, writing, contacts, clock, self._metrics, bus.publish)
        connecting = Connecting(self._owner, self._post.try_receiving, self._smtp.check, self._mailboxes)
        reading = Reading(self._repository)
        return table(hearing, writing, contacts, reading, attaching, connecting, self._streams)

    def _made_app(self, accepting: Accepting, receipts: Receipts) -> ASGIApp:
        runtime, settings, channels, clock = self._runtime, self._settings, self._channels, self._runtime.clock
        messages = self._repository.messages
        gate = Gate(settings.accepting, settings.accept_within, settings.slow_down_after, lambda: messages.queue_age)
        hooks = Hooks(channels, accepting, receipts, gate, clock, self._metrics)
        widget = Widget(
            channels,
            accepting,
            Chatting(self._repository, receipts, clock),
            self._streams,
            gate,
            _limiter(settings),
            clock,
            runtime.vault.signing_keys(TOKENS),
            runtime.stopping,
            runtime.bus,
        )
        links = FileLinks(self._repository.blobs, runtime.vault.signing_keys(FILES), clock)
        return _web((hooks.router(), links.router(), widget.router()), settings, channels)

    @property
    def app(self) -> ASGIApp:
        """``/hooks`` and ``/widget``."""
        return self._app

    async def start(self) -> None:
        """Prepare the database, then consume and begin the timers."""
        await self._repository.start()
        await self._owner.start()
        await self._runtime.bus.start((*settings_table(self._owner, None), *self._table))
        await self._timers.start()
        self._mailboxes.start()
        self._sweep.start()
        self._ending = asyncio.create_task(self._end_streams(), name="end of streams")

    async def stop(self) -> None:
        """Stop consuming, finish what is being sent or fetched, publish what is unsent."""
        self._streams.wake_all()
        await self._mailboxes.stop()
        await self._sweep.stop()
        await self._runtime.bus.stop_consuming()
        await self._timers.stop()
        await self._courier.stop(DRAIN_SECONDS)
        await self._owner.stop()
        await self._repository.stop()
        self._post.close()
        await self._sending.close()
        await self._fetching.close()
        if self._ending is not None:
            self._ending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ending

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None

    @property
    def streams(self) -> int:
        """Open live streams of visitors."""
        return self._streams.count

    async def message(self, id: str) -> StoredMessage:
        """A message as kept, for whoever looks after the service."""
        return await self._repository.message(id)

    async def _show(self, hint: TimelineHint) -> None:
        await self._streams.on_hint(hint)
        await self._runtime.bus.broadcast(hint)

    async def _end_streams(self) -> None:
        await self._runtime.stopping.wait()
        self._streams.wake_all()


def _limiter(settings: IngestSettings) -> Limiter:
    return Limiter(
        {
            "messages": settings.visitor_messages,
            "address": settings.address_messages,
            "sessions": settings.address_sessions,
            "reads": settings.address_reads,
        }
    )


def _addresses(public_url: str, key: bytes) -> Callable[[StoredMessage, Attachment], str | None]:
    """Where a network fetches a file that goes along: at its own address, or at one of ours that only we can make."""
    base = public_url.rstrip("/")

    def address(state: StoredMessage, file: Attachment) -> str | None:
        if file.id is None:
            return file.url
        return base + file_path(state.thread.channel, file.id, state.message.sent_at + LIFETIME, key)

    return address


def _web(routers: Sequence[APIRouter], settings: IngestSettings, channels: Book[Channel]) -> ASGIApp:
    """``/hooks`` and ``/widget``; a chat is called only from the origins that its channel allows."""
    larger = {"/widget": settings.widget_body_limit}
    app = http_app("Switchboard ingest", body_limit=settings.body_limit, larger=larger)
    for router in routers:
        app.include_router(router)

    def allowed(channel: str) -> Sequence[str]:
        found = channels.get(channel)
        return found.config.allowed_origins if found and isinstance(found.config, WebchatConfig) else ()

    return Origins(app, allowed)


def build(runtime: Runtime) -> Service:
    """Ingest, with its settings from the environment."""
    return Ingest(runtime, load(IngestSettings))
