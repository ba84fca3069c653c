"""A gateway for tests: its own application on a real store, with a bus in memory and stand-ins for its neighbours."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.gateway.api.pages import Pages
from services.gateway.main import Gateway
from services.gateway.settings import GatewaySettings
from shared.bus import envelope
from shared.clock import SystemClock
from shared.contracts.base import Actor, Command, Contract, Event, Meta
from shared.contracts.channels import ChannelState, ChannelStates, ChannelTried, ReadChannelStates, TryChannel
from shared.contracts.clocks import PreviewSchedule, ReadClocks
from shared.contracts.contacts import ChangeContact, ContactRead, ReadContact
from shared.contracts.conversation_commands import (
    ActOnConversation,
    ConversationReply,
    ReadConversation,
    ReadTrail,
    TakeNext,
)
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, InboundRef, Priority
from shared.contracts.files import Original, ReadAttachment, ReadOriginal, StoreAttachment, StoredFile
from shared.contracts.messages import (
    Attachment,
    ContactSnapshot,
    EditNote,
    MaskMessage,
    MessageSnapshot,
    ReadMessage,
    ReadTimeline,
    RetryMessage,
    SendMessage,
    Sent,
    StartConversation,
    TagMessage,
    ThreadKey,
    Timeline,
    WriteNote,
)
from shared.contracts.presence import AgentState, AgentStates, Heartbeat, ReadAgents, SetAvailability
from shared.contracts.resources import (
    CompareResources,
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    Revisions,
    Stored,
    StoredPage,
    UpdateResource,
)
from shared.contracts.surveys import AnswerPage, Figures, ReadAnswers, ReadFigures
from shared.contracts.words import (
    ActorKind,
    Availability,
    Direction,
    Medium,
    MessageKind,
    Status,
    Substatus,
    Visibility,
)
from shared.errors import NotFound, StaleVersion
from shared.ids import conversation_id, new_id
from shared.runtime import Runtime
from shared.secrets import Vault
from shared.settings import CommonSettings
from shared.store import Store
from tests.support.bus import FakeBroker, FakeBus
from tests.support.eventually import eventually

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = Actor(kind=ActorKind.CONTACT, id="c1", name="Ana")


def a_conversation(number: int = 1, *, version: int = 1, channel: str = "chat", **more: Any) -> ConversationSnapshot:
    """A new conversation of contact ``number``, with one inbound message; ``more`` are fields of the snapshot."""
    address = f"a{number}"
    thread = ThreadKey(channel=channel, address=address, visibility=Visibility.PRIVATE)
    fields: dict[str, Any] = {
        "id": conversation_id(channel, address, "private", ""),
        "version": version,
        "thread": thread,
        "medium": Medium.WEBHOOK,
        "kind": MessageKind.DIRECT,
        "contact": f"c{number}",
        "contact_name": f"Contact {number}",
        "status": Status.NEW,
        "substatus": Substatus.UNTOUCHED,
        "episode": 1,
        "episode_opened_at": NOW,
        "status_since": NOW,
        "waiting_since": NOW + timedelta(seconds=number),
        "last_message_at": NOW + timedelta(seconds=number),
        "inbound": (InboundRef(id=f"m{number}", received_at=NOW),),
        "priority": Priority(),
        "created_at": NOW,
        "changed_at": NOW,
    }
    return ConversationSnapshot(**{**fields, **more})


def a_message(conversation: ConversationSnapshot, *, id: str = "m1", version: int = 1, **more: Any) -> MessageSnapshot:
    """An inbound message of it."""
    fields: dict[str, Any] = {
        "id": id,
        "version": version,
        "conversation": conversation.id,
        "direction": Direction.INBOUND,
        "visibility": conversation.visibility,
        "kind": MessageKind.DIRECT,
        "author": CUSTOMER,
        "text": "Hola, ¿dónde está mi pedido?",
        "sent_at": NOW,
        "received_at": NOW,
    }
    return MessageSnapshot(**{**fields, **more})


UNKNOWN_THERE: tuple[type[Command[Any]], ...] = (
    ChangeContact,
    CreateResource,
    DeleteResource,
    EditNote,
    MaskMessage,
    PreviewSchedule,
    ReadAttachment,
    ReadClocks,
    ReadResource,
    ReadTrail,
    RetryMessage,
    StartConversation,
    TagMessage,
    TakeNext,
    UpdateResource,
    WriteNote,
)
"""What the stand-ins know nothing about."""


@dataclass
class Neighbours:
    """What the other services would answer: enough of them for the gateway's tests."""

    conversations: dict[str, ConversationSnapshot] = field(default_factory=dict)
    messages: dict[str, MessageSnapshot] = field(default_factory=dict)
    agents: dict[str, AgentState] = field(default_factory=dict)
    asked: list[tuple[Command[Any], Meta]] = field(default_factory=list)

    def stand_in(self, bus: FakeBus) -> None:
        """Answer on this bus."""
        bus.answer_with(ActOnConversation, self._act)
        bus.answer_with(ReadConversation, self._read)
        bus.answer_with(SendMessage, self._send)
        bus.answer_with(ReadMessage, self._read_message)
        bus.answer_with(ReadTimeline, self._timeline)
        bus.answer_with(ReadContact, self._contact)
        bus.answer_with(ReadAgents, self._agents)
        bus.answer_with(Heartbeat, self._heartbeat)
        bus.answer_with(SetAvailability, self._available)
        bus.answer_with(ReadFigures, self._figures)
        bus.answer_with(ReadAnswers, self._answers)
        bus.answer_with(StoreAttachment, self._store)
        bus.answer_with(ReadOriginal, self._original)
        bus.answer_with(ReadChannelStates, self._states)
        bus.answer_with(TryChannel, self._tried)
        for command in UNKNOWN_THERE:
            bus.answer_with(command, self._unknown)

    async def _figures(self, _command: ReadFigures, _meta: Meta) -> Contract:
        return Figures(sent=0, answered=0, response_rate=None, satisfaction=None, average=None, distribution={})

    async def _answers(self, command: ReadAnswers, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        return AnswerPage(items=())

    async def _store(self, command: StoreAttachment, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        kept = Attachment(id=command.upload, name=command.name, type=command.media_type)
        return StoredFile(attachment=kept if command.end else None)

    async def _original(self, command: ReadOriginal, _meta: Meta) -> Contract:
        return Original(html=f"<p>images: {command.images}</p>", blocked=0 if command.images else 2)

    async def _states(self, _command: ReadChannelStates, _meta: Meta) -> Contract:
        return ChannelStates(items=(ChannelState(channel="mail", state="failing", problem="No."),))

    async def _tried(self, command: TryChannel, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        return ChannelTried(ok=True)

    async def _unknown(self, command: Command[Any], _meta: Meta) -> Contract:
        raise NotFound(f"{command.type}: there is no such thing here.")

    async def _act(self, command: ActOnConversation, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        now = self._known(command.conversation)
        if command.status_number is not None and command.status_number != now.status_number:
            raise StaleVersion("Somebody acted first.", current=now.model_dump(mode="json"))
        changes: dict[str, Any] = {"version": now.version + 1, "status_number": now.status_number + 1}
        act = command.act
        match act.act:
            case "assign_owner":
                changes["owner"] = act.owner
            case "resolve":
                changes |= {"status": Status.RESOLVED, "substatus": Substatus.CLOSED, "owner": None}
            case "set_pending":
                changes |= {"status": Status.PENDING, "substatus": Substatus.HOLD}
            case _:
                pass
        after = now.model_copy(update=changes)
        self.conversations[after.id] = after
        return ConversationReply(conversation=after)

    async def _read(self, command: ReadConversation, _meta: Meta) -> Contract:
        return ConversationReply(conversation=self._known(command.conversation))

    async def _send(self, command: SendMessage, meta: Meta) -> Contract:
        self.asked.append((command, meta))
        conversation = self._known(command.conversation)
        message = a_message(
            conversation, id=new_id(), direction=Direction.OUTBOUND, text=command.text, author=command.by
        )
        self.messages[message.id] = message
        return Sent(message=message)

    async def _read_message(self, command: ReadMessage, _meta: Meta) -> Contract:
        if command.message_id not in self.messages:
            raise NotFound("There is no such message.")
        return Sent(message=self.messages[command.message_id])

    async def _timeline(self, command: ReadTimeline, _meta: Meta) -> Contract:
        found = [m for m in self.messages.values() if m.conversation == command.conversation]
        return Timeline(messages=tuple(reversed(found)))

    async def _contact(self, command: ReadContact, _meta: Meta) -> Contract:
        threads = [c.thread for c in self.conversations.values() if c.contact == command.contact]
        if not threads:
            raise NotFound("There is no such contact.")
        return ContactRead(contact=ContactSnapshot(id=command.contact, version=1, name="Ana"), threads=tuple(threads))

    async def _agents(self, _command: ReadAgents, _meta: Meta) -> Contract:
        return AgentStates(agents=tuple(self.agents.values()))

    async def _heartbeat(self, command: Heartbeat, _meta: Meta) -> Contract:
        self.asked.append((command, _meta))
        availability = Availability.OFFLINE if command.ended else Availability.AVAILABLE
        return self._set(command.agent, availability)

    async def _available(self, command: SetAvailability, _meta: Meta) -> Contract:
        return self._set(command.agent, command.availability, command.away_state)

    def _set(self, agent: str, availability: Availability, away_state: str | None = None) -> AgentState:
        state = AgentState(id=agent, version=1, availability=availability, away_state=away_state, since=NOW)
        self.agents[agent] = state
        return state

    def _known(self, id: str) -> ConversationSnapshot:
        if id not in self.conversations:
            raise NotFound("There is no such conversation.")
        return self.conversations[id]


@dataclass
class Client:
    """Somebody at the API: a person with his cookie and CSRF token, or a machine with its key."""

    http: httpx2.AsyncClient
    session: dict[str, Any]

    @property
    def id(self) -> str:
        user: str = self.session["user"]["id"]
        return user

    async def __call__(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        sent = {"X-CSRF-Token": self.session.get("csrf") or "", **(headers or {})}
        return await self.http.request(method, path, json=json, headers=sent)


@dataclass
class Running:
    """A gateway that runs, and how to talk to it."""

    gateway: Gateway
    bus: FakeBus
    neighbours: Neighbours
    stopping: asyncio.Event
    metrics: CollectorRegistry

    def trips(self, collection: str, operation: str) -> int:
        """How many round trips of this kind it has made to a collection of its database."""
        labels = {"service": "gateway", "collection": collection, "op": operation}
        counted = self.metrics.get_sample_value("switchboard_store_operations_total", labels)
        assert counted is not None, "there is no such collection or operation"
        return int(counted)

    def client(self) -> httpx2.AsyncClient:
        """A browser without cookies."""
        transport = httpx2.ASGITransport(app=self.gateway.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url="http://gateway.test")

    async def sign_in(self, email: str, password: str) -> Client:
        """Sign in; the password must be right."""
        http = self.client()
        answer = await http.post("/api/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Client(http, answer.json())

    async def admin(self, password: str = "correct horse battery") -> Client:
        """The first admin, with a password of his own."""
        greeting = self.gateway.greeting() or ""
        once = greeting.split("one-time password ")[1].split("\n")[0]
        client = await self.sign_in("admin@switchboard.local", once)
        answer = await client("POST", "/api/session/password", {"old": once, "new": password})
        assert answer.status_code == 200, answer.text
        return Client(client.http, answer.json())

    async def user(self, admin: Client, name: str, **more: Any) -> Client:
        """A new user, invited, activated and signed in."""
        value = {"name": name, "email": f"{name}@example.org", **more}
        made = await admin("POST", "/api/settings/users", value)
        assert made.status_code == 201, made.text
        token = made.json()["invite"]["link"].split("token=")[1]
        http = self.client()
        answer = await http.post("/api/password", json={"token": token, "password": f"password of {name}"})
        assert answer.status_code == 200, answer.text
        return Client(http, answer.json())

    async def hear(self, event: Event, *, event_id: str | None = None) -> None:
        """Let the gateway hear an event, and finish with it."""
        entry = envelope(event, cause=None, event_id=event_id or new_id(), now=datetime.now(UTC))
        await self.bus.publish(entry)
        await self.bus.settled()

    async def converse(self, conversation: ConversationSnapshot, **more: Any) -> ConversationSnapshot:
        """Routing has this conversation and says so."""
        self.neighbours.conversations[conversation.id] = conversation
        await self.hear(ConversationChanged(conversation=conversation, changes=more.pop("changes", ()), **more))
        return conversation


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The application on a port of its own: answers without an end need a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


@asynccontextmanager
async def running_gateway(
    mongo_url: str, prefix: str, *, static: Path | None = None, others: Sequence[Stored] = (), **settings: Any
) -> AsyncIterator[Running]:
    """A gateway on a database of its own; ``others`` are the settings objects that other services own."""
    registry = CollectorRegistry()
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=registry)
    bus = FakeBus("gateway", broker=FakeBroker())
    _settings_of_others(bus, others)
    neighbours = Neighbours()
    neighbours.stand_in(bus)
    runtime = Runtime(
        settings=CommonSettings(),
        clock=SystemClock(),
        bus=bus,
        store=store,
        metrics=registry,
        vault=Vault(["k" * 32]),
        log=structlog.get_logger("test"),
        stopping=asyncio.Event(),
    )
    pages = Pages(static) if static is not None else Pages()
    gateway = Gateway(runtime, GatewaySettings(**{"sign_ins_per_minute": 1000, **settings}), pages)
    await bus.connect()
    await gateway.start()
    try:
        yield Running(gateway, bus, neighbours, runtime.stopping, registry)
    finally:
        runtime.stopping.set()
        await gateway.stop()
        await bus.close()
        await store.close()


def _settings_of_others(bus: FakeBus, settings: Sequence[Stored]) -> None:
    """The owners of settings that the gateway copies."""

    async def compare(_command: CompareResources, _meta: Meta) -> Contract:
        return Revisions(revisions={})

    async def page(command: ListResources, _meta: Meta) -> Contract:
        return StoredPage(items=tuple(stored for stored in settings if stored.kind == command.kind))

    bus.answer_with(CompareResources, compare)
    bus.answer_with(ListResources, page)


@dataclass
class Page:
    """A page with an open stream: what it has heard so far."""

    heard: list[tuple[str, Any]] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False

    def of(self, event: str) -> list[Any]:
        return [value for name, value in self.heard if name == event]

    def rows(self) -> list[str]:
        return [row["contact_name"] for row in self.of("row")]

    async def until(self, event: str, count: int = 1) -> Any:
        await eventually(lambda: len(self.of(event)) >= count)
        return self.of(event)[count - 1]


@asynccontextmanager
async def open_page(url: str, client: Client, query: str = "") -> AsyncIterator[Page]:
    """An open stream that has said hello."""
    page = Page()

    async def read(answer: httpx2.Response) -> None:
        event = data = ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            match name:
                case "event":
                    event = value
                case "data":
                    data = value
                case "id":
                    page.last_id = value
                case "" if event:
                    page.heard.append((event, json.loads(data)))
                    event = data = ""
                case _:
                    pass
        page.ended = True

    async with (
        httpx2.AsyncClient(cookies=dict(client.http.cookies), timeout=30) as http,
        http.stream("GET", f"{url}/api/live{query}") as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        reading = asyncio.create_task(read(answer))
        try:
            await page.until("hello")
            yield page
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
