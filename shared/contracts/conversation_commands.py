"""Commands on conversations, and what routing answers (workflow.md)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.acts import Act, RuleRun
from shared.contracts.base import Actor, Command, Contract, Instant
from shared.contracts.conversations import ConversationSnapshot, Invitation
from shared.contracts.facts import Fact
from shared.contracts.words import AnsweredBy


class ConversationReply(Contract):
    """The snapshot after the command."""

    conversation: ConversationSnapshot


class MacroReply(Contract):
    """The snapshot after a macro, and what of it was refused (act and reason)."""

    conversation: ConversationSnapshot
    failed: tuple[str, ...] = ()


class OpenPage(Contract):
    """A window of open conversations; ``next`` is the cursor of the next one."""

    conversations: tuple[ConversationSnapshot, ...]
    next: str | None = None


class TrailEntry(Contract):
    """One event of the trail, without message text."""

    event: str
    at: Instant
    by: Actor
    version: int
    changes: tuple[Fact, ...]


class Trail(Contract):
    """A page of the trail."""

    entries: tuple[TrailEntry, ...]
    next: str | None = None


class ActOnConversation(Command[ConversationReply]):
    """A person's act. ``seen`` and ``status_number`` guard status, owner and resolve (409 with the snapshot)."""

    type: ClassVar[str] = "routing.act"
    service: ClassVar[str] = "routing"

    conversation: str
    act: Act
    by: Actor
    seen: str | None = None
    status_number: int | None = None
    bulk: bool = False


class RunMacro(Command[MacroReply]):
    """A person runs a macro (AU-22): its acts in listed order, resolve last; one that is refused stops no other.

    ``seen`` and ``status_number`` guard as in ``ActOnConversation``. Notifications and webhooks are left to their
    owners; what ingest owns was done before, and ``failed`` is what it refused: it goes into the trail.
    """

    type: ClassVar[str] = "routing.run_macro"
    service: ClassVar[str] = "routing"

    conversation: str
    run: RuleRun
    by: Actor
    seen: str | None = None
    status_number: int | None = None
    failed: tuple[str, ...] = ()
    bulk: bool = False


class ReadOpen(Command[OpenPage]):
    """Conversations that are not resolved, in windows: for who begins to follow them."""

    type: ClassVar[str] = "routing.read_open"
    service: ClassVar[str] = "routing"

    after: str | None = None
    limit: int = Field(default=100, ge=1, le=200)


class OpenInvitation(Command[ConversationReply]):
    """csat asks to open a survey: refused (409) unless still resolved in ``episode``."""

    type: ClassVar[str] = "routing.open_invitation"
    service: ClassVar[str] = "routing"

    conversation: str
    invitation: Invitation


class AnswerInvitation(Command[ConversationReply]):
    """A button or the hosted page answered (counts until expiry); 404 for another survey or option, 409 too late."""

    type: ClassVar[str] = "routing.answer_invitation"
    service: ClassVar[str] = "routing"

    conversation: str
    invitation: str
    option: str
    how: AnsweredBy = AnsweredBy.BUTTON


class CommentInvitation(Command[ConversationReply]):
    """The comment of the hosted page, once, until expiry; ``message`` is the note that will keep its text."""

    type: ClassVar[str] = "routing.comment_invitation"
    service: ClassVar[str] = "routing"

    conversation: str
    invitation: str
    message: str


class TakeNext(Command[ConversationReply]):
    """An agent asks for the next waiting conversation (RT-16); 404 when nothing waits for him."""

    type: ClassVar[str] = "routing.take_next"
    service: ClassVar[str] = "routing"

    agent: str


class ReadConversation(Command[ConversationReply]):
    """The owner's snapshot."""

    type: ClassVar[str] = "routing.read_conversation"
    service: ClassVar[str] = "routing"

    conversation: str


class ReadTrail(Command[Trail]):
    """The audit trail of a conversation (PR-01), oldest first, after a cursor."""

    type: ClassVar[str] = "routing.read_trail"
    service: ClassVar[str] = "routing"

    conversation: str
    after: str | None = None
    limit: int = Field(default=200, ge=1, le=500)
