"""Virtual agents: which one takes what starts, how sessions begin, hear and end, late answers, and how they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.automation.domain import connected, scripted, sessions
from services.automation.domain.budget import Budgets
from services.automation.domain.circuit import Circuit
from services.automation.domain.deeds import plan_of
from services.automation.domain.sessions import Session
from services.automation.handlers.bots import Endpoints
from services.automation.handlers.deeds import MUTED, Agent, Silenced, owns
from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Done, Meta
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversation_commands import ReadConversation
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import MessageAdded, OwnerChanged, StatusChanged
from shared.contracts.messages import MessageSnapshot
from shared.contracts.settings import AutoResponder, ContactAttribute, VirtualAgent
from shared.contracts.virtual_agents import AgentHealth, AgentsHealth, AnswerAsVirtualAgent, ReadAgentsHealth
from shared.contracts.words import Direction, Leaving, OwnerKind, Status, Visibility
from shared.errors import NotFound, TooManyRequests
from shared.ids import derived
from shared.store import Decide, Decision, Outcome, Page

NOT_YOURS = "This conversation is not, or no longer, this virtual agent's."


class Sessions(Protocol):
    """What this asks of the repository."""

    async def get(self, id: str) -> Session | None: ...

    async def get_many(self, ids: Iterable[str]) -> Mapping[str, Session]: ...

    async def change(self, id: str, cause: Meta, decide: Decide[Session]) -> Outcome[Session]: ...

    async def running_of(self, agent: str, after: str | None) -> Page[Session]: ...


class Silences(Protocol):
    """How long auto-responders stay silent."""

    async def keep(self, agent: str, contact: str, channel: str, until: datetime) -> None: ...

    async def is_silent(self, agent: str, contact: str, channel: str, now: datetime) -> bool: ...


class Circuits(Protocol):
    """How endpoints do."""

    async def allows(self, agent: str) -> bool: ...

    async def of(self, agents: Sequence[str]) -> Mapping[str, Circuit]: ...


class VirtualAgents:
    """One method per use case."""

    def __init__(
        self,
        store: Sessions,
        silences: Silences,
        circuits: Circuits,
        endpoints: Endpoints,
        budgets: Budgets,
        *,
        bus: Asks,
        clock: Clock,
        agents: Callable[[], Mapping[str, Agent]],
        attributes: Callable[[], Mapping[str, ContactAttribute]],
        silenced: Silenced,
        rule_resolves: Callable[[str], bool],
    ) -> None:
        """``rule_resolves`` says of an event whether a rule is about to resolve the conversation over it."""
        self._store = store
        self._silences = silences
        self._circuits = circuits
        self._endpoints = endpoints
        self._budgets = budgets
        self._bus = bus
        self._clock = clock
        self._agents = agents
        self._attributes = attributes
        self._silenced = silenced
        self._rule_resolves = rule_resolves

    # --- inception -----------------------------------------------------------------------------------------------

    async def taker(self, conversation: ConversationSnapshot, message: MessageSnapshot, meta: Meta) -> str | None:
        """The inception agent of the channel, for what was just opened in triage (T4, AU-11).

        None for public conversations, muted contacts, machines that write, an endpoint that fails, a spent budget,
        and while it is to stay silent for this contact (AU-18).
        """
        if conversation.visibility is not Visibility.PRIVATE or conversation.muted or message.automatic_reply:
            return None
        found = _inception(self._agents(), conversation.channel)
        if found is None:
            return None
        id, agent = found
        now = self._clock.now()
        may_be_silent = isinstance(agent, AutoResponder) and agent.inactive_minutes is not None
        if may_be_silent and await self._silences.is_silent(id, conversation.contact, conversation.channel, now):
            return None
        run = derived("inception", conversation.id, conversation.episode)
        if run not in await self._budgets.spend(conversation.id, (run,), meta):
            return None
        if isinstance(agent, VirtualAgent) and not await self._circuits.allows(id):
            return None
        return id

    # --- what happens to conversations ---------------------------------------------------------------------------

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """A session begins with the change to ``bot``, hears what the contact writes, ends when somebody takes over.

        Rules were evaluated on the same event before.
        """
        conversation = event.conversation
        if _is_held(conversation):
            message = _inbound(event)
            if message is not None or _enters(event):
                await self._in_bot(conversation, message, meta)
        elif _leaves(event):
            await self._taken_away(conversation, meta)

    async def _in_bot(self, conversation: ConversationSnapshot, message: MessageSnapshot | None, meta: Meta) -> None:
        resolves = self._rule_resolves(meta.event_id)
        may = message is None or message.automatic_reply or await self._may_react(conversation, message, meta)
        now = self._clock.now()

        def decide(current: Session | None) -> Decision[Session] | None:
            before = current
            if current is None or current.number < conversation.status_number:
                current = self._begun(conversation, now)
            if current.number != conversation.status_number:
                return None  # an older stay with a virtual agent, heard of late
            after = current
            if message is not None and message.automatic_reply:
                after = sessions.noted(current, message.id)  # nothing automatic answers a machine
            elif message is not None and not may:
                after = sessions.left(current, Leaving.BUDGET, now)
            elif message is not None:
                after = self._heard(current, message, now, rule_resolves=resolves)
            return None if after is before else Decision(after)

        await self._store.change(conversation.id, _step(meta, "session"), decide)

    def _begun(self, conversation: ConversationSnapshot, now: datetime) -> Session:
        owner = conversation.owner.id if conversation.owner is not None else ""
        agent = self._agents().get(owner) or _GONE
        delegated = agent.activation == "delegation"  # what takes by itself cannot be given a conversation
        session = sessions.begun(
            conversation.id,
            conversation.status_number,
            agent=owner,
            name=agent.shown_name,
            episode=conversation.episode,
            channel=conversation.channel,
            contact=conversation.contact,
            language=conversation.language,
            plan=plan_of(agent, delegated=delegated),
            messages=_unanswered(conversation),
            at=conversation.status_since,
            now=now,
        )
        if conversation.muted:
            return sessions.left(session, Leaving.UNAVAILABLE, now, MUTED)
        return session

    def _heard(self, session: Session, message: MessageSnapshot, now: datetime, *, rule_resolves: bool) -> Session:
        if session.plan.connected:
            return connected.heard(session, message.id, now, rule_resolves=rule_resolves)
        return scripted.heard(session, message.id, message.text, self._attributes(), now, rule_resolves=rule_resolves)

    async def _may_react(self, conversation: ConversationSnapshot, message: MessageSnapshot, meta: Meta) -> bool:
        """AU-07: what stops two machines that answer each other."""
        run = derived("virtual agent", message.id)
        return run in await self._budgets.spend(conversation.id, (run,), meta)

    async def _taken_away(self, conversation: ConversationSnapshot, meta: Meta) -> None:
        """A human took it, or it was resolved: the session stops, and is silent from then on."""
        session = await self._store.get(conversation.id)
        if session is None or session.over or session.number >= conversation.status_number:
            return
        if session.plan.inactive is not None and not session.ends:  # else it keeps its silence itself
            until = conversation.status_since + timedelta(seconds=session.plan.inactive)
            await self._silences.keep(session.agent, session.contact, session.channel, until)

        def decide(current: Session | None) -> Decision[Session] | None:
            if current is None or current.over or current.number >= conversation.status_number:
                return None
            return Decision(sessions.ended(current))

        await self._store.change(conversation.id, _step(meta, "taken away"), decide)

    async def on_contact_changed(self, event: ContactChanged, meta: Meta) -> None:
        """A contact that is being muted is let go at once; one that was muted before a session began, as it begins."""
        if not event.contact.muted_on or not event.touches("muted_on"):
            return
        for session in (await self._store.get_many(event.conversations)).values():
            if not session.over and self._silenced(event.contact, session.channel):
                await self._store.change(session.id, _step(meta, "muted"), self._withdrawn(MUTED))

    # --- commands ------------------------------------------------------------------------------------------------

    async def answer(self, command: AnswerAsVirtualAgent, meta: Meta) -> Done:
        """A late answer through the API; NotFound (404) once the conversation is not its own, 429 over the budget."""
        if not isinstance(self._agents().get(command.agent), VirtualAgent):
            raise NotFound("There is no such virtual agent.")
        about = (await self._bus.ask(ReadConversation(conversation=command.conversation))).conversation
        session = await self._store.get(command.conversation)
        if session is None or session.over or session.agent != command.agent or not owns(about, session):
            raise NotFound(NOT_YOURS)
        run = derived("late answer", meta.event_id)
        allowed = run in await self._budgets.spend(command.conversation, (run,), meta)
        said = self._endpoints.understood(command.answer)
        now = self._clock.now()

        def decide(current: Session | None) -> Decision[Session] | None:
            if current is None or current.over or current.number != session.number:
                raise NotFound(NOT_YOURS)
            if not allowed:
                return Decision(sessions.left(current, Leaving.BUDGET, now), remember=True)
            return Decision(connected.answered(current, said, meta.event_id, now), reply=Done(), remember=True)

        await self._store.change(command.conversation, meta, decide)
        if not allowed:
            raise TooManyRequests("Too much was said in this conversation within an hour: it goes to an agent.")
        return Done()

    async def health(self, _command: ReadAgentsHealth, _meta: Meta) -> AgentsHealth:
        """How endpoints do, by name."""
        named = sorted(
            ((agent.name, id, agent) for id, agent in self._agents().items() if isinstance(agent, VirtualAgent)),
            key=lambda entry: entry[:2],
        )
        found = await self._circuits.of([id for _, id, _ in named])
        return AgentsHealth(items=tuple(_health(id, agent, found.get(id) or Circuit(id=id)) for _, id, agent in named))

    async def let_go(self, agent: str) -> None:
        """What a virtual agent that was switched off or deleted has goes to New."""
        after: str | None = None
        while True:
            page = await self._store.running_of(agent, after)
            for session in page.items:
                cause = Meta(
                    event_id=derived("switched off", session.id, session.number),
                    type="automation.switched_off",
                    occurred_at=self._clock.now(),
                    correlation_id=session.id,
                )
                await self._store.change(session.id, cause, self._withdrawn("It is switched off."))
            after = page.next
            if after is None:
                return

    def _withdrawn(self, why: str) -> Decide[Session]:
        """It leaves, if it is still there."""

        def decide(current: Session | None) -> Decision[Session] | None:
            if current is None or current.over:
                return None
            after = sessions.left(current, Leaving.UNAVAILABLE, self._clock.now(), why)
            return None if after is current else Decision(after)

        return decide


_GONE = VirtualAgent.model_validate({"name": "?", "channels": ("?",), "endpoint": "https://gone.invalid"})
"""In place of an agent that was deleted meanwhile: its session ends at once."""


def _inception(agents: Mapping[str, Agent], channel: str) -> tuple[str, Agent] | None:
    fitting = [
        (id, agent)
        for id, agent in agents.items()
        if agent.enabled and agent.activation == "inception" and channel in agent.channels
    ]
    return min(fitting, key=lambda entry: entry[0], default=None)


def _is_held(conversation: ConversationSnapshot) -> bool:
    owner = conversation.owner
    return conversation.status is Status.BOT and owner is not None and owner.kind is OwnerKind.VIRTUAL_AGENT


def _inbound(event: ConversationChanged) -> MessageSnapshot | None:
    message = event.message
    if message is None:
        return None
    added = any(
        isinstance(fact, MessageAdded) and fact.direction is Direction.INBOUND and fact.message == message.id
        for fact in event.changes
    )
    return message if added else None


def _enters(event: ConversationChanged) -> bool:
    return any(isinstance(fact, StatusChanged) and fact.after is Status.BOT for fact in event.changes)


def _leaves(event: ConversationChanged) -> bool:
    return any(
        (isinstance(fact, StatusChanged) and fact.before is Status.BOT)
        or (isinstance(fact, OwnerChanged) and fact.before is not None and fact.before.kind is OwnerKind.VIRTUAL_AGENT)
        for fact in event.changes
    )


def _unanswered(conversation: ConversationSnapshot) -> tuple[str, ...]:
    """The contact's messages of the turn that was open when the session began, in arrival order."""
    since = min(
        (
            turn.started_at
            for turn in conversation.turns
            if turn.episode == conversation.episode
            and turn.ended_at is None
            and turn.merged_into is None
            and not turn.waived
            and not turn.answered_by
        ),
        default=None,
    )
    if since is None:
        return ()
    return tuple(
        ref.id
        for ref in conversation.inbound
        if ref.episode == conversation.episode
        and not ref.survey
        and since <= ref.received_at <= conversation.status_since
    )


def _health(id: str, agent: VirtualAgent, circuit: Circuit) -> AgentHealth:
    return AgentHealth(
        agent=id,
        name=agent.shown_name,
        open=circuit.open,
        failures=circuit.failures,
        since=circuit.since,
        until=circuit.until,
        last_error=circuit.last_error if circuit.failures else "",
        last_failure_at=circuit.last_failure_at,
        last_success_at=circuit.last_success_at,
    )


def _step(meta: Meta, step: str) -> Meta:
    """A cause of its own for what one event does to a session, the same whenever the event is repeated."""
    return meta.model_copy(update={"event_id": derived(step, meta.event_id), "causation_id": meta.event_id})
