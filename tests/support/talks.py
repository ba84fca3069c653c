"""Sessions of virtual agents for tests: played on the pure domain, with a worker that succeeds at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.automation.domain import connected, scripted, sessions
from services.automation.domain.connected import Understood
from services.automation.domain.deeds import Begin, Leave, Read, Send, Store, Tell, plan_of
from services.automation.domain.sessions import Session
from shared.contracts.settings import AutoResponder, ContactAttribute, Script, VirtualAgent
from shared.contracts.virtual_agents import BotAnswer, BotMessage

START = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
ATTRIBUTES = {
    "email": ContactAttribute(name="E-mail"),
    "size": ContactAttribute(name="Size", type="number"),
}


def at(seconds: float) -> datetime:
    """``seconds`` after the session began."""
    return START + timedelta(seconds=seconds)


def responder(*steps: object, **more: object) -> AutoResponder:
    """An auto-responder with one script of these steps; plain texts are statements, those that end in ? questions."""
    made = [
        {"step": "question" if step.endswith("?") else "statement", "text": step} if isinstance(step, str) else step
        for step in steps
    ]
    script = Script.model_validate({"steps": made})
    return AutoResponder.model_validate({"name": "Greeter", "channels": ("ch-1",), "scripts": (script,), **more})


def ask(attribute: str, text: str, again: str = "") -> dict[str, str]:
    """A question whose answer is kept."""
    return {"step": "attribute", "text": text, "attribute": attribute, "again": again}


def bot(**more: object) -> VirtualAgent:
    """A connected virtual agent."""
    fields = {"name": "Robin", "channels": ("ch-1",), "endpoint": "https://bot.example.org/talk", **more}
    return VirtualAgent.model_validate(fields)


class Talk:
    """A session, what it did, and time. ``busy``: the worker takes nothing off the queue for now."""

    def __init__(
        self,
        agent: AutoResponder | VirtualAgent,
        *,
        delegated: bool = False,
        filled: tuple[str, ...] = (),
        messages: tuple[str, ...] = (),
        busy: bool = False,
    ) -> None:
        self.agent = agent
        self.filled = filled
        self.busy = busy
        self.texts: dict[str, str] = {}
        self.sent: list[str] = []
        self.stored: dict[str, object] = {}
        self.told: list[str | None] = []
        self.answers: list[BotAnswer | str] = []
        self.end: Leave | None = None
        self.seconds = 0.0
        self.state = sessions.begun(
            "conversation",
            7,
            agent="va",
            name=agent.shown_name,
            episode=1,
            channel="ch-1",
            contact="contact-1",
            language="en",
            plan=plan_of(agent, delegated=delegated),
            messages=messages,
            at=START,
            now=START,
        )
        self.work()

    @property
    def now(self) -> datetime:
        """The instant of the last step."""
        return at(self.seconds)

    @property
    def left(self) -> tuple[str, str] | None:
        """Where it went and why, once it is over."""
        return (self.end.to, self.end.why.value) if self.end is not None else None

    def says(self, *texts: str, seconds: float | None = None, rule_resolves: bool = False) -> Talk:
        """The contact writes."""
        self._at(seconds)
        for text in texts:
            name = f"m{len(self.texts) + 1}"
            self.texts[name] = text
            if self.state.plan.connected:
                after = connected.heard(self.state, name, self.now, rule_resolves=rule_resolves)
            else:
                after = scripted.heard(self.state, name, text, ATTRIBUTES, self.now, rule_resolves=rule_resolves)
            self.state = after
            self.work()
        return self

    def later(self, answer: BotAnswer, name: str = "late", *, seconds: float | None = None) -> Talk:
        """The connected virtual agent answers by itself."""
        self._at(seconds)
        self.state = connected.answered(self.state, Understood(answer), name, self.now)
        self.work()
        return self

    def wait(self, seconds: float) -> Talk:
        """Time passes up to then, and every timer fires at its own instant."""
        while (due := self.state.wake_at) is not None and due <= at(seconds):
            self.seconds = max(self.seconds, (due - START).total_seconds())
            before = self.state
            self.state = sessions.wake(self.state, self.now)
            assert self.state.wake_at is None or self.state.wake_at > due, (before, self.state)
            self.work()
        self.seconds = seconds
        return self

    def work(self) -> None:
        """Whatever may be attempted now succeeds at once, but for an endpoint that has been told to fail."""
        while not self.busy and (deed := self.state.due) is not None:
            self.state = self._done(deed)

    def _done(self, deed: object) -> Session:
        now, state = self.now, self.state
        match deed:
            case Begin() if state.plan.connected:
                return connected.equipped(state, deed, now)
            case Begin():
                assert isinstance(self.agent, AutoResponder)
                return scripted.equipped(state, deed, self.agent.scripts[0].steps, self.filled, now)
            case Read():
                return scripted.read(state, deed, self.texts[deed.message], ATTRIBUTES, now)
            case Tell():
                return self._tell(deed)
            case Send():
                self.sent.append(deed.text)
            case Store():
                self.stored |= deed.attributes
            case Leave():
                self.end = deed
        return sessions.done(state, deed, now)  # type: ignore[arg-type]  # one of the deeds

    def _tell(self, deed: Tell) -> Session:
        answer = self.answers.pop(0) if self.answers else BotAnswer()
        if isinstance(answer, str):
            return sessions.failed(self.state, deed, answer, self.now)
        self.told.append(deed.message)
        return connected.told(self.state, deed, Understood(answer), self.now)

    def _at(self, seconds: float | None) -> None:
        if seconds is not None:
            self.wait(seconds)


def message(*texts: str, done: str | None = None) -> BotAnswer:
    """An answer of these messages."""
    return BotAnswer.model_validate({"messages": [BotMessage(text=text) for text in texts], "done": done})
