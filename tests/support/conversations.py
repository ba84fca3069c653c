"""Conversations for tests: a desk, messages and outcomes by the second, and a story that plays them on the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.routing.domain import acts, arrival, replies, triage, waking
from services.routing.domain.decision import Decision
from services.routing.domain.desk import Desk, ticket_preset
from shared.contracts.acts import Act, RuleAction, RuleRun
from shared.contracts.base import Actor
from shared.contracts.conversation_commands import ActOnConversation
from shared.contracts.conversations import ConversationSnapshot, ConversationTriaged, RuleActed, SurveyOption, Turn
from shared.contracts.facts import (
    Fact,
    TurnEnded,
    TurnWaived,
)
from shared.contracts.messages import (
    ContactSnapshot,
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    MessageSnapshot,
    MessageUncertain,
    ThreadKey,
)
from shared.contracts.settings import (
    AutoResponder,
    ChannelRight,
    Label,
    Member,
    ResolveReason,
    Scope,
    Script,
    SkillGroup,
    SkillRule,
    SkillSet,
    Statement,
    Team,
    Topic,
    User,
    WorkflowSettings,
)
from shared.contracts.words import (
    ActorKind,
    Availability,
    Delivery,
    Direction,
    Medium,
    MessageKind,
    Right,
    Visibility,
)

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CHANNEL = "ch-1"
EVERYWHERE = Scope()

CONTACT = Actor(kind=ActorKind.CONTACT, id="contact-1", name="Carla")
ANA = Actor(kind=ActorKind.AGENT, id="ana", name="Ana")
BEN = Actor(kind=ActorKind.AGENT, id="ben", name="Ben")
VIEWER = Actor(kind=ActorKind.AGENT, id="vic", name="Vic")
BOT = Actor(kind=ActorKind.VIRTUAL_AGENT, id="bot", name="Bot VA")


def at(seconds: float) -> datetime:
    """``seconds`` after the start of every story."""
    return START + timedelta(seconds=seconds)


def spans(turn: Turn | TurnEnded | TurnWaived) -> list[tuple[float, float | None]]:
    """The spans of a turn in seconds of the story."""
    return [
        ((span.start - START).total_seconds(), (span.end - START).total_seconds() if span.end else None)
        for span in turn.spans
    ]


def user(name: str, right: Right = Right.CONTRIBUTOR, *, activated: bool = True) -> User:
    """An agent with a right on the channel of the stories."""
    return User(
        name=name.title(),
        email=f"{name}@example.org",
        activated=activated,
        channels=(ChannelRight(channel=CHANNEL, right=right),),
    )


def team(name: str, *members: str, capacity: int = 1, **more: object) -> Team:
    """A team of contributors on every channel."""
    fields = {"name": name, "members": tuple(Member(user=one) for one in members), "capacity": capacity, **more}
    return Team.model_validate(fields)


def skill_set(field: str, *values: str, operator: str = "any_of", teams: Iterable[str] = ()) -> SkillSet:
    """A skill set of one rule."""
    rule = SkillRule.model_validate({"field": field, "operator": operator, "values": values})
    return SkillSet(name="Skill", groups=(SkillGroup(rules=(rule,)),), teams=tuple(teams))


def responder(name: str, **more: object) -> AutoResponder:
    """An auto-responder of the channel that says hello and hands over."""
    script = Script(steps=(Statement(text="Hello!"),))
    return AutoResponder.model_validate({"name": name, "channels": (CHANNEL,), "scripts": (script,), **more})


def desk(workflow: WorkflowSettings | None = None, *, triage: bool = False, **more: object) -> Desk:
    """Ana and Ben answer, Vic reads; all are available. ``triage``: a rule could touch opening messages."""
    people = {"ana": user("ana"), "ben": user("ben"), "vic": user("vic", Right.VIEWER)}
    defaults: dict[str, object] = {
        "workflow": workflow or WorkflowSettings(),
        "topics": {name: Topic(name=name) for name in ("billing", "error", "vip")},
        "labels": {name: Label(name=name) for name in ("gold", "late")}
        | {"person": Label(name="person", scopes=("contact",))},
        "reasons": {
            "solved": ResolveReason(name="Solved", solution_provided=True),
            "spam": ResolveReason(name="Spam"),
        },
        "users": people,
        "virtual_agents": {"bot": responder("Bot", activation="delegation")},
        "availability": dict.fromkeys(people, Availability.AVAILABLE),
        "openings": (EVERYWHERE,) if triage else (),
    }
    return Desk(**(defaults | more))  # type: ignore[arg-type]  # a bag of named fields, checked by the dataclass


def ticket_desk(**more: object) -> Desk:
    """The same with the ticket preset."""
    return desk(ticket_preset(), triage=False, **more)


def thread(visibility: Visibility = Visibility.PRIVATE) -> ThreadKey:
    """The thread of the stories."""
    return ThreadKey(channel=CHANNEL, address="+34600000000", visibility=visibility)


def contact(version: int = 1, groups: tuple[str, ...] = (), **more: object) -> ContactSnapshot:
    """Carla."""
    return ContactSnapshot.model_validate(
        {"id": CONTACT.id, "version": version, "name": "Carla", "groups": groups, **more}
    )


def inbound(
    name: str,
    seconds: float,
    text: str = "hello",
    *,
    muted: bool = False,
    visibility: Visibility = Visibility.PRIVATE,
    person: ContactSnapshot | None = None,
) -> MessageReceived:
    """A customer message named ``name``, received at ``seconds``."""
    key = thread(visibility)
    return MessageReceived(
        thread=key,
        medium=Medium.WEBHOOK,
        contact=person or contact(),
        muted=muted,
        message=MessageSnapshot(
            id=name,
            version=1,
            conversation=key.conversation,
            direction=Direction.INBOUND,
            visibility=visibility,
            kind=MessageKind.DIRECT,
            author=CONTACT,
            text=text,
            sent_at=at(seconds),
            received_at=at(seconds),
        ),
    )


def outbound(
    name: str,
    seconds: float,
    by: Actor = ANA,
    *,
    seen: str | None = None,
    text: str = "Here is your answer.",
    automatic: bool = False,
    proactive: bool = False,
    direction: Direction = Direction.OUTBOUND,
) -> MessageQueued:
    """A message of ours stored as queued at ``seconds``."""
    key = thread()
    return MessageQueued(
        thread=key,
        medium=Medium.WEBHOOK,
        contact=contact(),
        seen=seen,
        proactive=proactive,
        message=MessageSnapshot(
            id=name,
            version=1,
            conversation=key.conversation,
            direction=direction,
            visibility=Visibility.PRIVATE,
            kind=MessageKind.DIRECT,
            author=by,
            text=text,
            automatic=automatic,
            sent_at=at(seconds),
            received_at=at(seconds),
            delivery=Delivery.QUEUED,
        ),
    )


def accepted(name: str, seconds: float, queued: MessageQueued | None = None) -> MessageAccepted:
    """The network took it."""
    return MessageAccepted(conversation=thread().conversation, message_id=name, at=at(seconds), queued=queued)


def failed(name: str, seconds: float, queued: MessageQueued | None = None) -> MessageFailed:
    """The network refused it."""
    return MessageFailed(
        conversation=thread().conversation, message_id=name, at=at(seconds), queued=queued, reason="no such address"
    )


def uncertain(name: str, seconds: float, queued: MessageQueued | None = None) -> MessageUncertain:
    """Nobody knows."""
    return MessageUncertain(conversation=thread().conversation, message_id=name, at=at(seconds), queued=queued)


def run(*actions: RuleAction, name: str = "rule-1", text_condition: bool = False) -> RuleRun:
    """A rule that matched."""
    return RuleRun(run=f"run-{name}", rule=name, name=name.title(), text_condition=text_condition, actions=actions)


def answer(message: str, *runs: RuleRun, episode: int = 1, virtual_agent: str | None = None) -> ConversationTriaged:
    """The rules' answer for a message."""
    return ConversationTriaged(
        conversation=thread().conversation, message_id=message, episode=episode, runs=runs, virtual_agent=virtual_agent
    )


def rule_act(
    *actions: RuleAction, message: str | None = None, episode: int = 1, first: bool = False, text: bool = False
) -> RuleActed:
    """What a rule does outside triage."""
    return RuleActed(
        conversation=thread().conversation,
        episode=episode,
        fact="fact",
        message_id=message,
        first_message=first,
        run=run(*actions, text_condition=text),
    )


def options() -> tuple[SurveyOption, ...]:
    """One to three, with words and faces."""
    faces = ("🙁", "😐", "🙂")
    words = ("bad", "fair", "good")
    return tuple(
        SurveyOption(id=f"o{number}", number=number, labels=(words[number - 1],), emoji=faces[number - 1])
        for number in (1, 2, 3)
    )


class Story:
    """Plays deliveries, acts and time on one conversation; ``facts`` are those of the last step, ``told`` all."""

    def __init__(self, surroundings: Desk | None = None, *, visibility: Visibility = Visibility.PRIVATE) -> None:
        self.desk = surroundings or desk()
        self.visibility = visibility
        self.last: Decision | None = None
        self.told: list[Fact] = []
        self._current: ConversationSnapshot | None = None

    @property
    def now(self) -> ConversationSnapshot:
        """The conversation as it stands."""
        assert self._current is not None
        return self._current

    @property
    def decision(self) -> Decision:
        """The last decision."""
        assert self.last is not None
        return self.last

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts of the last step."""
        return self.decision.facts

    @property
    def state(self) -> str:
        """Status and substatus, as workflow.md writes them."""
        return f"{self.now.status}.{self.now.substatus}" if self.now.substatus else str(self.now.status)

    @property
    def owner(self) -> str | None:
        """The owner's id."""
        return self.now.owner.id if self.now.owner else None

    def rows(self) -> list[str]:
        """The rows of the table the last step took."""
        return [fact.row for fact in self.facts if fact.fact == "status_changed"]

    def names(self) -> list[str]:
        """The facts of the last step by name."""
        return [fact.fact for fact in self.facts]

    def keep(self, decision: Decision) -> Story:
        """Save a decision, as the store would."""
        self.last = decision
        self.told += decision.facts
        current = decision.conversation
        self._current = current.model_copy(update={"version": current.version + 1}) if decision.changed else current
        return self

    def message(
        self,
        name: str,
        seconds: float,
        text: str = "hello",
        *,
        muted: bool = False,
        heard: float | None = None,
        language: str | None = None,
        person: ContactSnapshot | None = None,
    ) -> Story:
        """A customer message; ``heard`` later than it was received where given."""
        event = inbound(name, seconds, text, muted=muted, visibility=self.visibility, person=person)
        now = at(seconds if heard is None else heard)
        return self.keep(arrival.received(self._current, event, self.desk, now, language))

    def reply(
        self,
        name: str,
        seconds: float,
        by: Actor = ANA,
        *,
        seen: str | None = None,
        text: str = "Here is your answer.",
        automatic: bool = False,
        proactive: bool = False,
        heard: float | None = None,
    ) -> Story:
        """A message of ours was stored as queued; ``seen`` defaults to what was received by then."""
        event = outbound(name, seconds, by, seen=seen, text=text, automatic=automatic, proactive=proactive)
        now = at(seconds if heard is None else heard)
        return self.keep(replies.sent(self._current, event, self.desk, now, at(seconds)))

    def accept(self, name: str, seconds: float, queued: MessageQueued | None = None) -> Story:
        """The network took it."""
        return self.keep(replies.accepted(self._current, accepted(name, seconds, queued), self.desk, at(seconds)))

    def fail(self, name: str, seconds: float, queued: MessageQueued | None = None) -> Story:
        """The network refused it."""
        return self.keep(replies.failed(self._current, failed(name, seconds, queued), self.desk, at(seconds)))

    def doubt(self, name: str, seconds: float, queued: MessageQueued | None = None) -> Story:
        """Nobody knows whether it went out."""
        return self.keep(replies.failed(self._current, uncertain(name, seconds, queued), self.desk, at(seconds)))

    def act(
        self,
        wanted: Act,
        seconds: float,
        by: Actor = ANA,
        *,
        seen: str | None = None,
        status_number: int | None = None,
        bulk: bool = False,
    ) -> Story:
        """Somebody does something to it."""
        command = ActOnConversation(
            conversation=self.now.id, act=wanted, by=by, seen=seen, status_number=status_number, bulk=bulk
        )
        return self.keep(acts.act(self.now, command, self.desk, at(seconds)))

    def answer(
        self, message: str, seconds: float, *runs: RuleRun, episode: int = 1, virtual_agent: str | None = None
    ) -> Story:
        """The rules answer for a message."""
        event = answer(message, *runs, episode=episode, virtual_agent=virtual_agent)
        return self.keep(triage.triaged(self.now, event, self.desk, at(seconds)))

    def rule(self, event: RuleActed, seconds: float) -> Story:
        """A rule acts outside triage."""
        return self.keep(triage.rule_acted(self.now, event, self.desk, at(seconds)))

    def wake(self, seconds: float) -> Story:
        """The timer looks at it."""
        return self.keep(waking.wake(self.now, self.desk, at(seconds)))
