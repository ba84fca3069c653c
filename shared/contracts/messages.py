"""Messages, contacts and thread keys: what ingest owns and says."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from shared.contracts.base import Actor, Command, Contract, Event, Instant
from shared.contracts.words import Delivery, Direction, Medium, MessageKind, Visibility
from shared.ids import conversation_id

AttributeValue = str | int | float | bool | tuple[str, ...]


def _keepable(value: AttributeValue) -> AttributeValue:
    """Whole numbers beyond 2**53 do not survive JSON readers, and what is not finite is not JSON."""
    if isinstance(value, int | float) and not abs(value) <= 2**53:
        raise ValueError("the number is too large")
    return value


KeptValue = Annotated[AttributeValue, AfterValidator(_keepable)]
"""A value that somebody gives us to keep."""


class ThreadKey(Contract):
    """What makes a conversation (workflow.md): ``root`` is empty unless public or mail."""

    channel: str
    address: str
    visibility: Visibility
    root: str = ""

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return conversation_id(self.channel, self.address, self.visibility, self.root)


class Attachment(Contract):
    """A file of a message. ``id`` names the stored copy; absent while it has not been fetched.

    ``inline``: the formatted original shows it where it belongs, so lists of files may leave it out.
    """

    id: str | None = None
    name: str = ""
    type: str = "application/octet-stream"
    size: int | None = None
    url: str | None = None
    problem: str | None = None
    inline: bool = False


class ContactSnapshot(Contract):
    """The person writing to us, as of ``version``. ``muted_on`` are the channels on which he is muted (CH-11)."""

    id: str
    version: int
    name: str = ""
    address: str = ""
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    groups: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    language: str | None = None
    language_manual: bool = False
    vip: bool = False
    muted_on: tuple[str, ...] = ()


class QuickReply(Contract):
    """A button below a message: pressed, it says its label, or answers the survey that the message is of."""

    id: str
    label: str


class MessageSnapshot(Contract):
    """One message as of ``version``. ``sent_at`` is the network's time (shown), ``received_at`` ours (clocks).

    Mail: ``text`` is what was written, without what it quotes; ``html``, when there, says that a whole original with
    its layout or quotes can be had (``ReadOriginal``), ``remote_images`` that it would fetch pictures from elsewhere.
    ``automatic_reply``: a machine wrote it (RFC 3834: an auto-reply, a list, bulk): nothing automatic may answer it.
    """

    id: str
    version: int
    conversation: str
    direction: Direction
    visibility: Visibility
    kind: MessageKind
    author: Actor
    text: str = ""
    html: str | None = None
    remote_images: bool = False
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    sent_at: Instant
    received_at: Instant
    external_id: str | None = None
    link: str | None = None
    browser_language: str | None = None
    delivery: Delivery | None = None
    failure: str | None = None
    automatic: bool = False
    automatic_reply: bool = False
    in_reply_to: str | None = None
    quick_replies: tuple[QuickReply, ...] = ()
    invitation: str | None = None
    mentions: tuple[str, ...] = ()
    edited_at: Instant | None = None
    deleted: bool = False
    masked_by: Actor | None = None
    masked_at: Instant | None = None


class MessageReceived(Event):
    """An inbound message was stored. ``muted`` was decided by ingest; said again until a conversation takes it.

    ``opens``: its thread was most probably new. A hint that spares a read, and no more.
    """

    type: ClassVar[str] = "message.received.v1"

    thread: ThreadKey
    medium: Medium
    message: MessageSnapshot
    contact: ContactSnapshot
    muted: bool = False
    opens: bool = False


class MessageQueued(Event):
    """An outbound message was stored as queued (workflow T9, or T0 when ``proactive``).

    ``seen`` is the last inbound message its author had on screen. ``automatic`` (in the message) marks
    what virtual agents, auto-responders, rules and surveys send: it never answers a turn. A note is said too
    (``direction`` internal): it changes nothing but the row.
    """

    type: ClassVar[str] = "message.queued.v1"

    thread: ThreadKey
    medium: Medium
    message: MessageSnapshot
    contact: ContactSnapshot | None = None
    seen: str | None = None
    proactive: bool = False


class _Outcome(Event):
    conversation: str
    message_id: str
    at: Instant
    automatic: bool = False
    queued: MessageQueued | None = None


class MessageAccepted(_Outcome):
    """The network took it (T9b). ``queued`` repeats the sending, so that the outcome can be heard first."""

    type: ClassVar[str] = "message.accepted.v1"


class MessageFailed(_Outcome):
    """The network refused it for good, with ``reason`` (T9c)."""

    type: ClassVar[str] = "message.failed.v1"

    reason: str = ""


class MessageUncertain(_Outcome):
    """It may have been sent: the attempt ended without an answer (T9c)."""

    type: ClassVar[str] = "message.uncertain.v1"


class MessageMasked(Event):
    """The content of a message is gone for good (PR-03); whoever keeps derived text drops it."""

    type: ClassVar[str] = "message.masked.v1"

    message: MessageSnapshot


class MessageTagged(Event):
    """Tags of a message changed. ``tags`` is the conversation's union as of ``number``, which grows each time."""

    type: ClassVar[str] = "message.tagged.v1"

    conversation: str
    message_id: str
    at: Instant
    by: Actor
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    number: int


class Sent(Contract):
    """The message as stored."""

    message: MessageSnapshot


class Timeline(Contract):
    """``messages`` newest first; ``next`` is the cursor of the older page, absent at the beginning."""

    messages: tuple[MessageSnapshot, ...]
    next: str | None = None


class SendMessage(Command[Sent]):
    """Store a reply as queued and send it. The command's event id makes it idempotent.

    ``invitation`` is the open survey that the buttons of ``quick_replies`` answer; without one they say their label.
    """

    type: ClassVar[str] = "ingest.send_message"
    service: ClassVar[str] = "ingest"

    conversation: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    seen: str | None = None
    by: Actor
    automatic: bool = False
    proactive: bool = False
    quick_replies: tuple[QuickReply, ...] = ()
    invitation: str | None = None


class RetryMessage(Command[Sent]):
    """Try a failed or uncertain message again (workflow: a retry is T9 again)."""

    type: ClassVar[str] = "ingest.retry_message"
    service: ClassVar[str] = "ingest"

    message_id: str
    by: Actor


class WriteNote(Command[Sent]):
    """Store an internal note (WF-18, WF-19); ``mentions`` are user ids."""

    type: ClassVar[str] = "ingest.write_note"
    service: ClassVar[str] = "ingest"

    conversation: str
    text: str
    mentions: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    by: Actor


class EditNote(Command[Sent]):
    """Change or (``text`` None) delete a note; history stays in the trail."""

    type: ClassVar[str] = "ingest.edit_note"
    service: ClassVar[str] = "ingest"

    message_id: str
    text: str | None
    by: Actor


class TagMessage(Command[Sent]):
    """Add and remove tags of a message (or of the conversation's latest inbound, decisions.md)."""

    type: ClassVar[str] = "ingest.tag_message"
    service: ClassVar[str] = "ingest"

    conversation: str
    message_id: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    by: Actor


class MaskMessage(Command[Sent]):
    """Remove a message's content for good (PR-03)."""

    type: ClassVar[str] = "ingest.mask_message"
    service: ClassVar[str] = "ingest"

    message_id: str
    by: Actor


class ReadMessage(Command[Sent]):
    """One message or note by id, so that the gateway knows whose conversation a request is about; 404 when unknown."""

    type: ClassVar[str] = "ingest.read_message"
    service: ClassVar[str] = "ingest"

    message_id: str


class ReadTimeline(Command[Timeline]):
    """A page of a conversation's messages and notes, newest first, before ``before`` (a cursor of a former page)."""

    type: ClassVar[str] = "ingest.read_timeline"
    service: ClassVar[str] = "ingest"

    conversation: str
    before: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class StartConversation(Command[Sent]):
    """Write first to a known contact (CH-14, T0). ``subject`` is for media that have one."""

    type: ClassVar[str] = "ingest.start_conversation"
    service: ClassVar[str] = "ingest"

    channel: str
    address: str
    visibility: Visibility = Visibility.PRIVATE
    subject: str | None = None
    text: str
    by: Actor


class NoteVersion(Contract):
    """What a note said until ``by`` changed or deleted it at ``at`` (WF-18)."""

    at: Instant
    by: Actor
    text: str


class NoteVersions(Contract):
    """The versions before the current one, newest first; none once the note was masked."""

    items: tuple[NoteVersion, ...]


class ReadNoteVersions(Command[NoteVersions]):
    """What a note said before; 404 for what is no note."""

    type: ClassVar[str] = "ingest.read_note_versions"
    service: ClassVar[str] = "ingest"

    message_id: str
