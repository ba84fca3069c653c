"""What a decision is, and how one is put together: the conversation after it, and the facts it states. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.desk import Desk, Workflow
from services.routing.domain.revisions import revised
from services.routing.domain.timers import inactive_since, wake_at
from shared.contracts.base import Actor
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import Fact
from shared.contracts.words import OwnerKind, Status


@dataclass(frozen=True, slots=True)
class Decision:
    """The conversation as decided (same object: nothing to save) and the facts to say. The store bumps the version."""

    before: ConversationSnapshot | None
    conversation: ConversationSnapshot
    facts: tuple[Fact, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return self.conversation is not self.before

    @property
    def offer(self) -> bool:
        """Whether it waits for an agent since this decision, or waits elsewhere: ask the dispatcher for a look."""
        return waits(self.conversation) and (
            self.before is None or not waits(self.before) or _place(self.before) != _place(self.conversation)
        )

    @property
    def freed(self) -> str | None:
        """The agent who holds one conversation in ``new`` less: he may be given another (RT-08)."""
        held = holder(self.before)
        return held if held != holder(self.conversation) else None

    @property
    def taken(self) -> str | None:
        """The agent who holds one conversation in ``new`` more."""
        held = holder(self.conversation)
        return held if held != holder(self.before) else None

    def then(self, later: Decision) -> Decision:
        """This decision and the one made on its outcome, as one save."""
        return Decision(self.before, later.conversation, self.facts + later.facts)


def waits(conversation: ConversationSnapshot) -> bool:
    """In ``new`` without an owner: to be offered."""
    return conversation.status is Status.NEW and conversation.owner is None


def holder(conversation: ConversationSnapshot | None) -> str | None:
    """The agent whose capacity it counts for: a person who owns it in ``new``."""
    if conversation is None or conversation.status is not Status.NEW or conversation.owner is None:
        return None
    return conversation.owner.id if conversation.owner.kind is OwnerKind.AGENT else None


def unchanged(conversation: ConversationSnapshot) -> Decision:
    """Nothing to save, nothing to say."""
    return Decision(conversation, conversation)


class Change:
    """One decision in the making. ``at`` is when the cause happened, ``now`` when it is decided."""

    __slots__ = ("at", "before", "by", "conversation", "desk", "facts", "now", "workflow")

    def __init__(
        self,
        before: ConversationSnapshot | None,
        conversation: ConversationSnapshot,
        *,
        desk: Desk,
        at: datetime,
        now: datetime,
        by: Actor,
    ) -> None:
        self.before = before
        self.conversation = conversation
        self.desk = desk
        self.at = at
        self.now = now
        self.by = by
        self.facts: list[Fact] = []
        self.workflow: Workflow = desk.on(conversation.channel)

    def set(self, **fields: object) -> None:
        """Replace fields of the conversation; what already is so stays the same object."""
        current = self.conversation
        fresh = {name: value for name, value in fields.items() if getattr(current, name) != value}
        if fresh:
            self.conversation = current.model_copy(update=fresh)

    def note(self, **fields: object) -> None:
        """Replace fields of the ledger."""
        ledger = self.conversation.ledger
        fresh = {name: value for name, value in fields.items() if getattr(ledger, name) != value}
        if fresh:
            self.conversation = self.conversation.model_copy(update={"ledger": ledger.model_copy(update=fresh)})

    def say(self, fact: Callable[..., Fact], **fields: object) -> None:
        """State a fact of this moment, actor and episode, unless the fields say otherwise."""
        self.facts.append(fact(**({"at": self.at, "by": self.by, "episode": self.conversation.episode} | fields)))

    def decide(self) -> Decision:
        """The decision; derived fields are brought up to date."""
        if self.facts and self.conversation is self.before:
            self.conversation = self.conversation.model_copy()
        if self.conversation is not self.before:
            self.set(
                inactive_since=inactive_since(self.conversation),
                wake_at=wake_at(self.conversation),
                changed_at=self.now,
            )
            self.conversation = revised(self.before, self.conversation)
        return Decision(self.before, self.conversation, tuple(self.facts))


def _place(conversation: ConversationSnapshot) -> tuple[object, ...]:
    return conversation.team, conversation.teams, conversation.distribution, conversation.priority.score
