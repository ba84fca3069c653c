"""Messages as ingest keeps them: how they come to be and everything that may happen to them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ingest.domain.mail.writing import MailHeader
from shared.contracts.base import Actor, Contract, Event, Instant
from shared.contracts.messages import (
    Attachment,
    ContactSnapshot,
    MessageMasked,
    MessageSnapshot,
    QuickReply,
    ThreadKey,
)
from shared.contracts.words import ActorKind, Delivery, Direction, Medium, MessageKind, Visibility
from shared.errors import Conflict, Unprocessable
from shared.ids import message_id
from shared.text import clean

MAX_TEXT = 100_000
ANNOUNCE_AGAIN = timedelta(seconds=60)
"""A message that no conversation has taken within this time is announced again (workflow.md)."""


class Task(Contract):
    """Work that a message still needs, due at ``at``; ``number`` counts tries, ``by`` is who does the latest one."""

    at: Instant
    number: int = 0
    by: str = ""


class Edit(Contract):
    """What a note said before somebody changed it (WF-18)."""

    at: Instant
    by: Actor
    text: str


class StoredMessage(Contract):
    """A message with what only ingest needs. ``wake_at`` is the earliest of its tasks.

    ``message.tags`` is empty here: a conversation's tags are kept together (``domain.thread``).
    ``started_with`` is the contact of a proactive message, which nobody else knows yet. ``mail`` is how a mail is known
    to other mail servers.
    """

    id: str
    version: int = 0
    message: MessageSnapshot
    thread: ThreadKey
    medium: Medium
    contact: str
    seen: str | None = None
    proactive: bool = False
    started_with: ContactSnapshot | None = None
    mail: MailHeader | None = None
    announce: Task | None = None
    fetch: Task | None = None
    send: Task | None = None
    edits: tuple[Edit, ...] = ()
    wake_at: Instant | None = None


def silent(_: StoredMessage) -> tuple[Event, ...]:
    """Nothing is said."""
    return ()


@dataclass(frozen=True, slots=True)
class Step:
    """A decision: the state after it, and what is said of it once it is saved (and has its version)."""

    state: StoredMessage
    says: Callable[[StoredMessage], tuple[Event, ...]] = silent


def stamped(state: StoredMessage, version: int) -> StoredMessage:
    """The state at ``version``, in its snapshot too."""
    message = state.message.model_copy(update={"version": version})
    return state.model_copy(update={"version": version, "message": message})


def armed(state: StoredMessage) -> StoredMessage:
    """The state with ``wake_at`` as its tasks say."""
    due = [task.at for task in (state.announce, state.fetch, state.send) if task is not None]
    return state.model_copy(update={"wake_at": min(due, default=None)})


def changed(state: StoredMessage, **fields: object) -> StoredMessage:
    """The state with these fields of its snapshot changed."""
    return state.model_copy(update={"message": state.message.model_copy(update=fields)})


def arrived(
    *,
    thread: ThreadKey,
    medium: Medium,
    contact: ContactSnapshot,
    external_id: str,
    kind: MessageKind,
    text: str,
    sent_at: datetime,
    received_at: datetime,
    attachments: tuple[Attachment, ...] = (),
    subject: str | None = None,
    link: str | None = None,
    browser_language: str | None = None,
    html: str | None = None,
    remote_images: bool = False,
    automatic_reply: bool = False,
    mail: MailHeader | None = None,
) -> StoredMessage:
    """An inbound message. Its id follows from channel and external id, so a repeat is the same message (CH-04)."""
    message = MessageSnapshot(
        id=message_id(thread.channel, external_id),
        version=0,
        conversation=thread.conversation,
        direction=Direction.INBOUND,
        visibility=thread.visibility,
        kind=kind,
        author=Actor(kind=ActorKind.CONTACT, id=contact.id, name=contact.name),
        text=text,
        html=html,
        remote_images=remote_images,
        subject=subject,
        attachments=attachments,
        automatic_reply=automatic_reply,
        sent_at=sent_at,
        received_at=received_at,
        external_id=external_id,
        link=link if thread.visibility is Visibility.PUBLIC else None,
        browser_language=browser_language,
    )
    return armed(
        StoredMessage(
            id=message.id,
            message=message,
            thread=thread,
            medium=medium,
            contact=contact.id,
            mail=mail,
            announce=Task(at=received_at + ANNOUNCE_AGAIN),
            fetch=Task(at=received_at) if any(is_elsewhere(file) for file in attachments) else None,
        )
    )


def is_elsewhere(file: Attachment) -> bool:
    """Whether a file is still to be fetched from where the network keeps it."""
    return file.url is not None and file.id is None and file.problem is None


def written(
    id: str,
    *,
    thread: ThreadKey,
    medium: Medium,
    contact: str,
    by: Actor,
    text: str,
    now: datetime,
    attachments: tuple[Attachment, ...] = (),
    in_reply_to: str | None = None,
    automatic: bool = False,
    quick_replies: tuple[QuickReply, ...] = (),
    invitation: str | None = None,
) -> StoredMessage:
    """A message of ours to the contact, stored as queued (T9). Unprocessable when there is nothing to send."""
    body = checked_text(text, attachments)
    message = MessageSnapshot(
        id=id,
        version=0,
        conversation=thread.conversation,
        direction=Direction.OUTBOUND,
        visibility=thread.visibility,
        kind=_reply_kind(medium, thread.visibility),
        author=by,
        text=body,
        attachments=attachments,
        sent_at=now,
        received_at=now,
        delivery=Delivery.QUEUED,
        automatic=automatic,
        in_reply_to=in_reply_to,
        quick_replies=quick_replies,
        invitation=invitation,
    )
    return StoredMessage(id=id, message=message, thread=thread, medium=medium, contact=contact)


def noted(
    id: str,
    *,
    thread: ThreadKey,
    medium: Medium,
    contact: str,
    by: Actor,
    text: str,
    now: datetime,
    mentions: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    automatic: bool = False,
) -> StoredMessage:
    """An internal note (WF-18): never sent, never seen by the contact."""
    message = MessageSnapshot(
        id=id,
        version=0,
        conversation=thread.conversation,
        direction=Direction.INTERNAL,
        visibility=thread.visibility,
        kind=MessageKind.NOTE,
        author=by,
        text=checked_text(text, attachments),
        attachments=attachments,
        sent_at=now,
        received_at=now,
        mentions=tuple(dict.fromkeys(mentions)),
        automatic=automatic,
    )
    return StoredMessage(id=id, message=message, thread=thread, medium=medium, contact=contact)


def checked_text(text: str, attachments: tuple[Attachment, ...] = ()) -> str:
    """The text, cleaned; Unprocessable when there is nothing to say or too much."""
    body = clean(text)
    if not body.strip() and not attachments:
        raise _wrong("text", "Write something first.")
    if len(body) > MAX_TEXT:
        raise _wrong("text", f"A message may have at most {MAX_TEXT} characters.")
    return body


def taken(state: StoredMessage) -> StoredMessage:
    """A conversation has taken it: it need not be announced again."""
    return state if state.announce is None else armed(state.model_copy(update={"announce": None}))


UNTOUCHED = 1
"""The version of a message that nothing has happened to since it was stored."""
TAKEN = {"announce": None, "wake_at": None, "message.version": UNTOUCHED + 1}
"""``taken``, of a message at ``UNTOUCHED`` with ``NOTHING_ELSE`` to do: the same change for all of them."""
NOTHING_ELSE = {"message.direction": Direction.INBOUND.value, "fetch": None, "send": None}


def rewritten(state: StoredMessage, text: str | None, by: Actor, now: datetime) -> StoredMessage:
    """A note changed, or with None deleted; what it said is kept in ``edits`` (WF-18)."""
    if state.message.direction is not Direction.INTERNAL:
        raise Unprocessable("Only notes can be edited.")
    if state.message.masked_at is not None:
        raise Conflict("The note is masked.")
    if state.message.deleted or text == state.message.text:
        return state
    edit = Edit(at=now, by=by, text=state.message.text)
    fields: dict[str, object] = {"edited_at": now, "text": "" if text is None else checked_text(text)}
    if text is None:
        fields |= {"deleted": True, "mentions": (), "attachments": ()}
    return changed(state.model_copy(update={"edits": (*state.edits, edit)}), **fields)


def masked(state: StoredMessage, by: Actor, now: datetime) -> StoredMessage:
    """The content is gone for good; the shell stays: time, sender, kind, by whom it was masked (PR-03)."""
    if state.message.masked_at is not None:
        return state
    if state.message.delivery in (Delivery.QUEUED, Delivery.SENDING):
        raise Conflict("The message is still being sent: mask it when that has ended.")
    header = state.mail.model_copy(update={"subject": "", "pictures": ()}) if state.mail is not None else None
    bare = state.model_copy(update={"edits": (), "fetch": None, "send": None, "mail": header})
    return armed(
        changed(
            bare,
            text="",
            html=None,
            remote_images=False,
            subject=None,
            link=None,
            attachments=(),
            quick_replies=(),
            mentions=(),
            failure=None,
            masked_by=by,
            masked_at=now,
        )
    )


def masked_event(state: StoredMessage) -> MessageMasked:
    """What everybody who keeps derived text must hear."""
    return MessageMasked(message=state.message)


def author_of_rule(rule: str, name: str) -> Actor:
    """Who wrote what a rule sends or notes."""
    return Actor(kind=ActorKind.RULE, id=rule, name=name)


def _reply_kind(medium: Medium, visibility: Visibility) -> MessageKind:
    if visibility is Visibility.PUBLIC:
        return MessageKind.REPLY
    match medium:
        case Medium.WEBCHAT:
            return MessageKind.CHAT
        case Medium.EMAIL:
            return MessageKind.MAIL
        case _:
            return MessageKind.DIRECT


def _wrong(field: str, message: str) -> Unprocessable:
    return Unprocessable(message, errors=[{"field": field, "message": message}])
