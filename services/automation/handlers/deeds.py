"""Doing what virtual agents' sessions have to do: asking the owners of messages, contacts and conversations."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, assert_never

import structlog

from services.automation.domain import connected, scripted, sessions
from services.automation.domain.deeds import Begin, Deed, Leave, Read, Send, Store, Tell, Topics
from services.automation.domain.scripts import choose, escapes
from services.automation.domain.sessions import Session
from services.automation.handlers.bots import Endpoints, NotTaken, told_of_message, told_of_start
from services.automation.metrics import AgentMetrics
from shared.bus import Asks, metadata
from shared.clock import Clock
from shared.contracts.acts import ChangeTopics
from shared.contracts.base import Actor, Command, Contract, Meta
from shared.contracts.contacts import ChangeContact, ReadContact
from shared.contracts.conversation_commands import ActOnConversation, ReadConversation
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import Attachment, AttributeValue, ContactSnapshot, QuickReply, ReadMessage, SendMessage
from shared.contracts.settings import AttributeQuestion, AutoResponder, ContactAttribute, VirtualAgent
from shared.contracts.settings.virtual_agents import ScriptStep
from shared.contracts.virtual_agents import BotEvent, BotTold, LeaveConversation
from shared.contracts.words import ActorKind, Leaving, OwnerKind, Status
from shared.errors import NotFound, RetryLater, SwitchboardError, TimedOut
from shared.ids import derived, new_id
from shared.schedule import Schedule, is_open
from shared.store import Decide, Decision, Outcome

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Contract)
Step = Callable[[Session], Session]
Agent = AutoResponder | VirtualAgent
Silenced = Callable[[ContactSnapshot, str], bool]
"""Whether the contact is muted on this channel, and that counts there (CH-11)."""

MUTED = "The contact is muted."
SILENT_AFTER = frozenset(Leaving) - {Leaving.NO_SCRIPT, Leaving.UNAVAILABLE, Leaving.BUDGET}
"""It has finished something: from then on the inactive duration counts (AU-18)."""


class Sessions(Protocol):
    """What this asks of the repository."""

    async def change(self, id: str, cause: Meta, decide: Decide[Session]) -> Outcome[Session]: ...


class Silences(Protocol):
    """Where the ends of sessions are kept."""

    async def keep(self, agent: str, contact: str, channel: str, until: datetime) -> None: ...


class Circuits(Protocol):
    """How endpoints do."""

    async def allows(self, agent: str) -> bool: ...

    async def worked(self, agent: str) -> None: ...

    async def failed(self, agent: str, problem: str) -> None: ...


class Deeds:
    """Attempts the first deed of a session and saves what came of it."""

    def __init__(
        self,
        store: Sessions,
        silences: Silences,
        circuits: Circuits,
        endpoints: Endpoints,
        *,
        bus: Asks,
        clock: Clock,
        agents: Callable[[], Mapping[str, Agent]],
        attributes: Callable[[], Mapping[str, ContactAttribute]],
        hours: Callable[[str], Schedule | None],
        silenced: Silenced,
        metrics: AgentMetrics,
    ) -> None:
        """``hours`` gives the schedule of a channel; None is always open."""
        self._store = store
        self._silences = silences
        self._circuits = circuits
        self._endpoints = endpoints
        self._bus = bus
        self._clock = clock
        self._agents = agents
        self._attributes = attributes
        self._hours = hours
        self._silenced = silenced
        self._metrics = metrics

    async def perform(self, session: Session, deed: Deed) -> None:
        """One attempt. What may be repeated with success is repeated; what is refused for good is handed over."""
        try:
            step = await self._attempt(session, deed)
            outcome = "done"
        except (RetryLater, TimedOut) as error:
            outcome = "again"
            log.info("virtual_agent.again", deed=deed.deed, attempt=session.attempts, code=error.code)
            step = self._again(deed, error.detail)
        except SwitchboardError as error:
            outcome = "refused"
            log.warning("virtual_agent.refused", deed=deed.deed, code=error.code)
            step = self._refused(deed, error)
        self._metrics.deeds.labels(deed.deed, outcome).inc()
        await self._save(session, deed, step)

    # --- each deed -----------------------------------------------------------------------------------------------

    async def _attempt(self, session: Session, deed: Deed) -> Step:
        match deed:
            case Begin():
                return await self._begin(session, deed)
            case Send():
                await self._send(session, deed)
            case Read():
                text = await self._text(deed.message)
                return lambda now_so: scripted.read(now_so, deed, text, self._attributes(), self._clock.now())
            case Store():
                await self._set_attributes(session, deed)
            case Topics():
                act = ChangeTopics(add=deed.topics)
                await self._ask(session, deed, ActOnConversation(conversation=session.id, act=act, by=_actor(session)))
            case Tell():
                return await self._tell(session, deed)
            case Leave():
                await self._leave(session, deed)
            case _:
                assert_never(deed)
        return lambda now_so: sessions.done(now_so, deed, self._clock.now())

    async def _begin(self, session: Session, deed: Begin) -> Step:
        agent = self._agents().get(session.agent)
        if agent is None or not agent.enabled:
            return self._left(Leaving.UNAVAILABLE, "It is switched off.")
        if isinstance(agent, VirtualAgent):
            if session.plan.delegated and not await self._circuits.allows(session.agent):
                return self._left(Leaving.UNAVAILABLE, "Its address does not work.")
            return lambda now_so: connected.equipped(now_so, deed, self._clock.now())
        who = (await self._ask(session, deed, ReadContact(contact=session.contact))).contact
        if self._silenced(who, session.channel):
            return self._left(Leaving.UNAVAILABLE, MUTED)
        if not session.plan.delegated and agent.escape_words:
            for message in deed.messages:
                if escapes(await self._text(message), agent.escape_words):
                    return self._left(Leaving.ESCAPE_WORD)
        steps = self._script(agent, session, who)
        filled = self._filled(steps or (), who)
        return lambda now_so: scripted.equipped(now_so, deed, steps, filled, self._clock.now())

    def _script(self, agent: AutoResponder, session: Session, who: ContactSnapshot) -> tuple[ScriptStep, ...] | None:
        """AU-14, AU-15: by the hours when the session began, and the contact's language."""
        schedule = self._hours(session.channel)
        inside = schedule is None or is_open(schedule, session.started_at)
        found = choose(agent.scripts, inside=inside, language=session.language or who.language)
        return found.steps if found is not None else None

    def _filled(self, steps: tuple[ScriptStep, ...], who: ContactSnapshot) -> tuple[str, ...]:
        defined = self._attributes()
        return tuple(
            step.attribute
            for step in steps
            if isinstance(step, AttributeQuestion)
            and (definition := defined.get(step.attribute)) is not None
            and who.attributes.get(definition.name) not in (None, "", ())
        )

    async def _send(self, session: Session, deed: Send) -> None:
        command = SendMessage(
            conversation=session.id,
            text=deed.text,
            attachments=tuple(Attachment(name=one.name, type=one.type, url=one.url) for one in deed.attachments),
            quick_replies=tuple(
                QuickReply(id=str(place), label=label) for place, label in enumerate(deed.quick_replies, 1)
            ),
            by=_actor(session),
            automatic=True,
        )
        await self._ask(session, deed, command)

    async def _set_attributes(self, session: Session, deed: Store) -> None:
        """Each by itself: one that does not fit its definition stops no other."""
        for name, value in deed.attributes.items():
            given: dict[str, AttributeValue] = {} if value is None else {name: value}
            cleared = (name,) if value is None else ()
            command = ChangeContact(contact=session.contact, attributes=given, clear=cleared, by=_actor(session))
            try:
                await self._ask(session, deed, command, part=name)
            except (RetryLater, TimedOut):
                raise
            except SwitchboardError as error:
                log.warning("virtual_agent.attribute_refused", agent=session.agent, code=error.code)

    async def _tell(self, session: Session, deed: Tell) -> Step:
        agent = self._agents().get(session.agent)
        if not isinstance(agent, VirtualAgent) or not agent.enabled:
            return self._left(Leaving.UNAVAILABLE, "It is switched off.")
        about = (await self._ask(session, deed, ReadConversation(conversation=session.id))).conversation
        if not owns(about, session):
            return sessions.ended
        try:
            event = await self._event(session, deed, about)
            if event is None:
                return self._left(Leaving.UNAVAILABLE, MUTED)
            answer = await self._endpoints.tell(agent, session, deed, event)
        except NotTaken as error:
            await self._circuits.failed(session.agent, error.detail)
            raise
        except NotFound:
            return lambda now_so: sessions.done(now_so, deed, self._clock.now())
        await self._circuits.worked(session.agent)
        said = self._endpoints.understood(answer)
        return lambda now_so: connected.told(now_so, deed, said, self._clock.now())

    async def _event(self, session: Session, deed: Tell, about: ConversationSnapshot) -> BotTold | None:
        """What it is told; None: nothing, because the contact is muted."""
        if deed.event is BotEvent.STARTED or deed.message is None:
            who = (await self._ask(session, deed, ReadContact(contact=session.contact))).contact
            return None if self._silenced(who, session.channel) else told_of_start(session, about, who)
        message = (await self._ask(session, deed, ReadMessage(message_id=deed.message))).message
        return told_of_message(session, about, message)

    async def _leave(self, session: Session, deed: Leave) -> None:
        if session.plan.inactive is not None and deed.why in SILENT_AFTER:
            until = self._clock.now() + timedelta(seconds=session.plan.inactive)
            await self._silences.keep(session.agent, session.contact, session.channel, until)
        command = LeaveConversation(
            conversation=session.id,
            agent=session.agent,
            name=session.name,
            status_number=session.number,
            to=deed.to,
            why=deed.why,
            seen=session.known[-1] if session.known else None,
            reason=deed.reason,
            detail=deed.detail,
        )
        try:
            await self._ask(session, deed, command)
        except NotFound:
            return  # somebody took it, which is as good

    # --- inside --------------------------------------------------------------------------------------------------

    async def _text(self, message: str) -> str:
        """Nothing, where it is gone or masked."""
        try:
            found = await self._bus.ask(ReadMessage(message_id=message))
        except NotFound:
            return ""
        return found.message.text

    async def _ask(self, session: Session, deed: Deed, command: Command[R], *, part: str = "") -> R:
        """Named by the deed, so that asking again does nothing again."""
        meta = metadata(
            command,
            cause=None,
            event_id=derived("deed", deed.id, command.type, part),
            actor=_actor(session),
            now=self._clock.now(),
        )
        return await self._bus.ask(command, meta=meta)

    def _left(self, why: Leaving, detail: str = "") -> Step:
        return lambda now_so: sessions.left(now_so, why, self._clock.now(), detail)

    def _again(self, deed: Deed, problem: str) -> Step:
        chance = random.random()
        return lambda now_so: sessions.failed(now_so, deed, problem, self._clock.now(), chance=chance)

    def _refused(self, deed: Deed, error: SwitchboardError) -> Step:
        if isinstance(deed, Store | Topics):
            return lambda now_so: sessions.done(now_so, deed, self._clock.now())
        if isinstance(deed, Leave):
            return self._again(deed, error.detail)
        return lambda now_so: (
            sessions.left(now_so, Leaving.FAILURE, self._clock.now(), error.detail) if now_so.is_first(deed) else now_so
        )

    async def _save(self, session: Session, deed: Deed, step: Step) -> None:
        def decide(current: Session | None) -> Decision[Session] | None:
            if current is None or current.number != session.number or current.over:
                return None
            after = step(current)
            return None if after is current else Decision(after)

        id = new_id()
        cause = Meta(event_id=id, type="automation.deed", occurred_at=self._clock.now(), correlation_id=deed.id)
        await self._store.change(session.id, cause, decide)


def owns(about: ConversationSnapshot, session: Session) -> bool:
    """Whether the conversation is still this session's."""
    owner = about.owner
    return (
        about.status is Status.BOT
        and owner is not None
        and owner.kind is OwnerKind.VIRTUAL_AGENT
        and owner.id == session.agent
        and about.status_number == session.number
    )


def _actor(session: Session) -> Actor:
    return Actor(kind=ActorKind.VIRTUAL_AGENT, id=session.agent, name=session.name)
