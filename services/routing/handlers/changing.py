"""One path for every change of a conversation: decide, save with what it says, then ask the dispatcher for a look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from services.routing.desk import DeskSource
from services.routing.domain.decision import Decision as Decided
from shared.bus import Publish, envelope
from shared.clock import Clock
from shared.contracts.base import Actor, Contract, Event, Meta
from shared.contracts.conversation_commands import ConversationReply
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.looks import LookAgain
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.errors import RetryLater
from shared.ids import derived
from shared.store import Decide, Decision, Outcome

Deciding: TypeAlias = Callable[[ConversationSnapshot | None], Decided | None]
"""A pure decision of the domain; None: there is nothing to decide on. It may raise, or be called anew after a race."""


class Conversations(Protocol):
    """What changing asks of the repository."""

    async def change(
        self, id: str, cause: Meta, decide: Decide[ConversationSnapshot], *, likely_new: bool = False
    ) -> Outcome[ConversationSnapshot]: ...


class Changing:
    """Saves what the domain decides."""

    def __init__(self, conversations: Conversations, desk: DeskSource, publish: Publish, clock: Clock) -> None:
        self._conversations = conversations
        self._desk = desk
        self._publish = publish
        self._clock = clock

    async def change(
        self,
        id: str,
        meta: Meta,
        decide: Deciding,
        *,
        message: MessageSnapshot | None = None,
        contact: ContactSnapshot | None = None,
        actor: Actor | None = None,
        by_rule: str | None = None,
        reply: Callable[[ConversationSnapshot], Contract] | None = None,
        likely_new: bool = False,
    ) -> Outcome[ConversationSnapshot]:
        """Decide and save, carrying the message and the contact that did it; look again where work waits or went.

        ``reply`` makes the answer that is kept with the cause, else it is the snapshot.
        """
        made: list[Decided] = []

        def deciding(current: ConversationSnapshot | None) -> Decision[ConversationSnapshot] | None:
            decided = decide(current)
            if decided is None or not (decided.changed or decided.facts):
                return None
            made[:] = [decided]
            return Decision(
                decided.conversation,
                says=lambda saved: _says(saved, decided, message, contact),
                reply=reply or (lambda saved: ConversationReply(conversation=saved)),
                actor=actor,
                by_rule=by_rule,
            )

        outcome = await self._conversations.change(id, meta, deciding, likely_new=likely_new)
        if outcome.changed and made:
            await self._look(made[-1], outcome.state, meta)
        return outcome

    async def answer(self, id: str, meta: Meta, decide: Deciding, *, actor: Actor | None = None) -> ConversationReply:
        """``change`` for a command: the snapshot after it, the same when the command is repeated."""
        outcome = await self.change(id, meta, decide, actor=actor)
        if isinstance(outcome.reply, ConversationReply):
            return outcome.reply
        if outcome.state is None:
            raise RetryLater("The conversation is not known yet.")
        return ConversationReply(conversation=outcome.state)

    async def look(self, meta: Meta, *, conversation: str | None = None, agent: str | None = None) -> None:
        """Ask the dispatcher to look again. A lost ask costs a sweep's pause."""
        asked = LookAgain(conversation=conversation, agent=agent)
        id = derived("look", meta.event_id, conversation or "", agent or "")
        await self._say(asked, id, meta)

    async def _look(self, decided: Decided, saved: ConversationSnapshot | None, meta: Meta) -> None:
        if not any(map(self._desk.current().is_available, self._desk.current().availability)):
            return
        if decided.freed is not None:
            await self.look(meta, agent=decided.freed)
        if decided.offer and saved is not None:
            await self.look(meta, conversation=saved.id)

    async def _say(self, event: Event, id: str, meta: Meta) -> None:
        try:
            await self._publish(envelope(event, cause=meta, event_id=id, now=self._clock.now()))
        except RetryLater:
            return  # the change is saved; the sweep looks


def _says(
    saved: ConversationSnapshot,
    decided: Decided,
    message: MessageSnapshot | None,
    contact: ContactSnapshot | None,
) -> tuple[Event, ...]:
    """The message goes along where a fact names it: an outcome heard before its sending carries the reply."""
    named = message is not None and any(getattr(fact, "message", None) == message.id for fact in decided.facts)
    carried = message if named else None
    return (ConversationChanged(conversation=saved, changes=decided.facts, message=carried, contact=contact),)
