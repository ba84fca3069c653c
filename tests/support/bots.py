"""Virtual agents in memory: automation's handlers between stand-ins of routing (its own domain) and ingest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from prometheus_client import CollectorRegistry

from services.automation.domain import sessions as rules
from services.automation.domain.circuit import Circuit
from services.automation.domain.deeds import Deed
from services.automation.domain.sessions import Session
from services.automation.handlers.bots import Endpoints
from services.automation.handlers.deeds import Agent, Deeds
from services.automation.handlers.virtual_agents import VirtualAgents
from services.automation.metrics import AgentMetrics
from services.automation.repository.sessions import Circuits, Silence, Silences
from services.routing.domain import acts, virtual_agents
from shared.contracts.base import Meta
from shared.contracts.contacts import ChangeContact, ContactChanged, ContactRead, ReadContact
from shared.contracts.conversation_commands import ActOnConversation, ConversationReply, ReadConversation
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import MessageSnapshot, ReadMessage, SendMessage, Sent
from shared.contracts.settings import ContactAttribute, ResolveReason, ResourceModel, Topic
from shared.contracts.virtual_agents import AnswerAsVirtualAgent, BotAnswer, LeaveConversation
from shared.ids import derived, new_id
from shared.outside import Answer
from shared.resources import Book, Replicas
from shared.schedule import Schedule
from shared.store import Decision, Page
from tests.support.bus import FakeBus
from tests.support.clock import ManualClock
from tests.support.conversations import START, Story, at, contact, desk, inbound, outbound
from tests.support.rules import BudgetsInMemory
from tests.support.store import MemoryAggregates, MemoryRepository
from tests.support.talks import ATTRIBUTES


class MemorySessions(MemoryAggregates[Session]):
    """The repository in memory."""

    async def running_of(self, agent: str, after: str | None) -> Page[Session]:
        found = [one for one in await self.find({}, limit=1000) if one.agent == agent and not one.over]
        return Page(tuple(found), None)


class Books:
    """Copies of other services' settings."""

    def __init__(self, **books: Mapping[str, ResourceModel]) -> None:
        self._books: dict[type[ResourceModel], Book[Any]] = {}
        for kind, name in ((Topic, "topics"), (ResolveReason, "reasons"), (ContactAttribute, "attributes")):
            book: Book[Any] = Book(kind)
            book.fill(((id, 1, value) for id, value in books.get(name, {}).items()), 0)
            self._books[kind] = book

    def book(self, model: type[ResourceModel]) -> Book[Any]:
        return self._books[model]


@dataclass
class Outdoors:
    """An endpoint: ``answers`` are used up in order, then ``usual``; an exception is raised."""

    usual: Answer = field(default_factory=lambda: Answer(200, {}, b""))
    answers: list[Answer | Exception] = field(default_factory=list)
    posted: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posted.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else self.usual
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class BotsInMemory:
    """One conversation, from its first message on. ``crash``: deeds are granted but nobody attempts them."""

    agents: dict[str, Agent]
    hours: Schedule | None = None
    crash: bool = False

    def __post_init__(self) -> None:
        self.clock = ManualClock(START)
        self.bus = FakeBus("automation", clock=self.clock)
        starts = {id: agent for id, agent in self.agents.items() if agent.activation == "inception"}
        self.story = Story(desk(triage=bool(starts), virtual_agents=self.agents))
        self.texts: dict[str, MessageSnapshot] = {}
        self.sent: dict[str, SendMessage] = {}
        self.stored: dict[str, Any] = {}
        self.person = contact(attributes={})
        self.muting = True
        self.resolving: set[str] = set()
        self.refusal: Exception | None = None
        self.outside = Outdoors()
        self.sessions = MemorySessions(Session, clock=self.clock, name="sessions")
        self.circuit_records = MemoryAggregates(Circuit, clock=self.clock, name="circuits")
        self.budgets = BudgetsInMemory(self.clock)
        silences = Silences(MemoryRepository(Silence, name="silences"))
        circuits = Circuits(self.circuit_records, self.clock, lambda id: cast("Any", self.agents.get(id)))
        books = Books(topics=self.story.desk.topics, reasons=self.story.desk.reasons, attributes=ATTRIBUTES)
        metrics = AgentMetrics(CollectorRegistry())
        endpoints = Endpoints(self.outside, cast(Replicas, books), self.clock, metrics)
        shared: dict[str, Any] = {
            "bus": self.bus,
            "clock": self.clock,
            "agents": lambda: self.agents,
            "attributes": lambda: ATTRIBUTES,
            "silenced": lambda who, channel: self.muting and channel in who.muted_on,
        }
        self.deeds = Deeds(
            self.sessions, silences, circuits, endpoints, hours=lambda _: self.hours, metrics=metrics, **shared
        )
        self.handlers = VirtualAgents(
            self.sessions,
            silences,
            circuits,
            endpoints,
            self.budgets,
            rule_resolves=self.resolving.__contains__,
            **shared,
        )
        for command, answer in (
            (ReadContact, self._contact),
            (ReadMessage, self._message),
            (SendMessage, self._send),
            (ChangeContact, self._change_contact),
            (ReadConversation, self._read),
            (ActOnConversation, self._act),
            (LeaveConversation, self._leave),
        ):
            self.bus.answer_with(command, answer)  # type: ignore[arg-type]  # each with its own handler

    # --- what happens --------------------------------------------------------------------------------------------

    async def says(self, name: str, text: str, seconds: float, *, rule_resolves: bool = False, **more: Any) -> None:
        """The contact writes; in triage automation answers as the rules would, without any."""
        await self.wait(seconds)
        message = inbound(name, seconds, text).message.model_copy(update=more)
        self.texts[name] = message
        self.story.message(name, seconds, text)
        if self.story.now.status == "triage":
            taker = await self.handlers.taker(self.story.now, message, self._meta())
            self.story.answer(name, seconds, virtual_agent=taker, episode=self.story.now.episode)
            await self.hear()
        else:
            await self.hear(message, rule_resolves=rule_resolves)

    async def hear(self, message: MessageSnapshot | None = None, *, rule_resolves: bool = False) -> None:
        """Routing says the story's last step."""
        meta = self._meta()
        if rule_resolves:
            self.resolving.add(meta.event_id)
        event = ConversationChanged(conversation=self.story.now, changes=self.story.facts, message=message)
        await self.handlers.on_conversation_changed(event, meta)
        await self.work()

    async def mute(self, *channels: str) -> None:
        """Somebody mutes the contact on these channels."""
        self.person = self.person.model_copy(update={"muted_on": channels})
        event = ContactChanged(contact=self.person, changed=("muted_on",), conversations=(self.story.now.id, "other"))
        await self.handlers.on_contact_changed(event, self._meta())
        await self.work()

    async def wait(self, seconds: float) -> None:
        """Time passes; timers fire at their instants."""
        while found := await self.sessions.due(at(seconds), after=None, limit=10):
            id, due = found[0]
            self.clock.set(max(self.clock.now(), due))
            await self.sessions.change(id, self._meta(), lambda one: _woken(one, self.clock.now()))
            await self.work()
        self.clock.set(max(self.clock.now(), at(seconds)))

    async def work(self) -> None:
        """Every deed that is granted is attempted, as the runner would."""
        while not self.crash and (session := await self.session()) is not None and (deed := session.due) is not None:
            await self.attempt(session, deed)

    async def attempt(self, session: Session, deed: Deed) -> None:
        """One attempt."""
        await self.deeds.perform(session, deed)

    async def answers(self, answer: BotAnswer, agent: str = "va", once: str | None = None) -> None:
        """A late answer through the API."""
        id = self.story.now.id
        meta = self._meta() if once is None else self._meta().model_copy(update={"event_id": once})
        await self.handlers.answer(AnswerAsVirtualAgent(agent=agent, conversation=id, answer=answer), meta)
        await self.work()

    async def session(self) -> Session | None:
        """The session as stored."""
        return await self.sessions.get(self.story.now.id) if self.story.last is not None else None

    @property
    def said(self) -> list[str]:
        """What was sent, in order, once each."""
        return [command.text for command in self.sent.values()]

    @property
    def lines(self) -> list[str]:
        """Why virtual agents left, by the trail."""
        return [fact.why for fact in self.story.told if fact.fact == "virtual_agent_left"]

    # --- neighbours ----------------------------------------------------------------------------------------------

    async def _contact(self, _command: ReadContact, _meta: Meta) -> ContactRead:
        return ContactRead(contact=self.person)

    async def _message(self, command: ReadMessage, _meta: Meta) -> Sent:
        return Sent(message=self.texts[command.message_id])

    async def _send(self, command: SendMessage, meta: Meta) -> Sent:
        if self.refusal is not None:
            raise self.refusal
        self.sent[meta.event_id] = command
        queued = outbound(meta.event_id, self._seconds(), command.by, text=command.text, automatic=command.automatic)
        return Sent(message=queued.message)

    async def _change_contact(self, command: ChangeContact, _meta: Meta) -> ContactRead:
        self.stored |= command.attributes
        for name in command.clear:
            self.stored.pop(name, None)
        self.person = self.person.model_copy(update={"attributes": dict(self.stored)})
        return ContactRead(contact=self.person)

    async def _read(self, _command: ReadConversation, _meta: Meta) -> ConversationReply:
        return ConversationReply(conversation=self.story.now)

    async def _act(self, command: ActOnConversation, _meta: Meta) -> ConversationReply:
        self.story.keep(acts.act(self.story.now, command, self.story.desk, self.clock.now()))
        return ConversationReply(conversation=self.story.now)

    async def _leave(self, command: LeaveConversation, _meta: Meta) -> ConversationReply:
        self.story.keep(virtual_agents.leave(self.story.now, command, self.story.desk, self.clock.now()))
        event = ConversationChanged(conversation=self.story.now, changes=self.story.facts)
        await self.handlers.on_conversation_changed(event, self._meta())
        return ConversationReply(conversation=self.story.now)

    def _seconds(self) -> float:
        return (self.clock.now() - START).total_seconds()

    def _meta(self) -> Meta:
        id = new_id()
        return Meta(event_id=id, type="test", occurred_at=self.clock.now(), correlation_id=derived("test", id))


def _woken(session: Session | None, now: datetime) -> Decision[Session] | None:
    if session is None:
        return None
    after = rules.wake(session, now)
    return None if after == session else Decision(after)
