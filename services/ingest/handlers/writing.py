"""What people and rules write: replies, proactive messages, notes, tags, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.ingest.domain.contact import identity
from services.ingest.domain.message import (
    Step,
    StoredMessage,
    masked,
    masked_event,
    noted,
    rewritten,
    stamped,
    written,
)
from services.ingest.domain.sending import accepted_event, again, queued, queued_event, shown_at_once
from services.ingest.domain.thread import Thread, tagged, tidy
from services.ingest.handlers.showing import Show
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.base import Actor, Event, Meta
from shared.contracts.live import TimelineHint
from shared.contracts.messages import (
    Attachment,
    EditNote,
    MaskMessage,
    MessageSnapshot,
    MessageTagged,
    QuickReply,
    RetryMessage,
    SendMessage,
    Sent,
    StartConversation,
    TagMessage,
    ThreadKey,
    WriteNote,
)
from shared.contracts.settings import Channel, WebhookConfig
from shared.contracts.words import Direction, Medium
from shared.errors import NotFound, Unprocessable
from shared.ids import derived
from shared.resources import Book
from shared.store import Decision
from shared.text import one_line


class Sends(Protocol):
    """Takes a stored message to its network, soon."""

    def send_soon(self, message: str) -> None: ...


class Addresses(Protocol):
    """``mailing.Mailing``, as far as writing needs it: mail has a header that keeps it in its conversation."""

    async def addressed(
        self, state: StoredMessage, thread: Thread, settings: Channel, subject: str | None
    ) -> StoredMessage: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A message of ours before it is stored; ``id`` follows from what caused it."""

    id: str
    text: str
    by: Actor
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    seen: str | None = None
    automatic: bool = False
    proactive: bool = False
    subject: str | None = None
    quick_replies: tuple[QuickReply, ...] = ()
    invitation: str | None = None


class Writing:
    """Handlers of what we write. ``show`` tells live pages that a timeline changed."""

    def __init__(
        self,
        repository: IngestRepository,
        channels: Book[Channel],
        clock: Clock,
        sends: Sends,
        show: Show,
        mail: Addresses,
    ) -> None:
        self._mail = mail
        self._repository = repository
        self._channels = channels
        self._clock = clock
        self._sends = sends
        self._show = show

    # --- to the contact ------------------------------------------------------------------------------------------

    async def send(self, command: SendMessage, meta: Meta) -> Sent:
        """Store as queued (T9), answer, send. The same command again is answered with the same message."""
        draft = Draft(
            id=derived("sent", meta.event_id),
            text=command.text,
            by=command.by,
            attachments=command.attachments,
            in_reply_to=command.in_reply_to,
            seen=command.seen,
            automatic=command.automatic,
            proactive=command.proactive,
            quick_replies=command.quick_replies,
            invitation=command.invitation,
        )
        thread = await self._repository.thread(command.conversation)
        return await self.queue(thread, draft, meta)

    async def start(self, command: StartConversation, meta: Meta) -> Sent:
        """Write first to a known contact (CH-14, T0)."""
        channel = self._channel(command.channel)
        contact = await self._repository.contact_of(identity(channel.medium, command.channel, command.address))
        if contact is None:
            raise NotFound("Nobody is known by that address on that channel.")
        id = derived("sent", meta.event_id)
        root = id if channel.medium is Medium.EMAIL else ""  # each mail that we write first begins a thread
        key = ThreadKey(channel=command.channel, address=command.address, visibility=command.visibility, root=root)
        await self._repository.open_thread(key, channel.medium, contact.id, meta)
        subject = one_line(command.subject, 500) if command.subject else None
        draft = Draft(id=id, text=command.text, by=command.by, proactive=True, subject=subject)
        return await self.queue(await self._repository.thread(key.conversation), draft, meta)

    async def queue(self, thread: Thread, draft: Draft, meta: Meta) -> Sent:
        """Store a draft as queued, once, and have it sent."""
        channel = self._channel(thread.thread.channel)
        await self._may_send(thread, channel, draft)
        now = self._clock.now()
        fresh = written(
            draft.id,
            thread=thread.thread,
            medium=thread.medium,
            contact=thread.contact,
            by=draft.by,
            text=draft.text,
            now=now,
            attachments=draft.attachments,
            in_reply_to=draft.in_reply_to,
            automatic=draft.automatic,
            quick_replies=draft.quick_replies,
            invitation=draft.invitation,
        )
        state = queued(fresh, now, seen=draft.seen, proactive=draft.proactive)
        if draft.proactive:
            contact = await self._repository.contacts.get(thread.contact)
            known = contact.snapshot(thread.thread.address) if contact is not None else None
            state = state.model_copy(update={"started_with": known})
        if thread.medium is Medium.EMAIL:
            state = await self._mail.addressed(state, thread, channel, draft.subject)
        at_once = thread.medium is Medium.WEBCHAT
        if at_once:
            state = shown_at_once(state, now)

        def says(saved: StoredMessage) -> tuple[Event, ...]:
            return (queued_event(saved), accepted_event(saved, now)) if at_once else (queued_event(saved),)

        stored = await self._insert(state, meta, draft.by, says)
        if at_once:
            await self._hint(stored)
        else:
            self._sends.send_soon(stored.id)
        return Sent(message=stored.message)

    async def retry(self, command: RetryMessage, meta: Meta) -> Sent:
        """Try a failed or uncertain message again: T9 again."""
        now = self._clock.now()
        state = await self._step(command.message_id, meta, command.by, lambda current: again(current, now))
        self._sends.send_soon(state.id)
        await self._hint(state)
        return Sent(message=state.message)

    # --- among ourselves -----------------------------------------------------------------------------------------

    async def write_note(self, command: WriteNote, meta: Meta) -> Sent:
        """Store an internal note (WF-18, WF-19)."""
        thread = await self._repository.thread(command.conversation)
        id = derived("note", meta.event_id)
        return await self.note(
            thread, id, command.text, command.by, meta, mentions=command.mentions, attachments=command.attachments
        )

    async def note(
        self,
        thread: Thread,
        id: str,
        text: str,
        by: Actor,
        meta: Meta,
        *,
        mentions: tuple[str, ...] = (),
        attachments: tuple[Attachment, ...] = (),
        automatic: bool = False,
    ) -> Sent:
        """Store a note named ``id``, once; it is announced so that rows and mentions follow."""
        state = noted(
            id,
            thread=thread.thread,
            medium=thread.medium,
            contact=thread.contact,
            by=by,
            text=text,
            now=self._clock.now(),
            mentions=mentions,
            attachments=attachments,
            automatic=automatic,
        )
        stored = await self._insert(state, meta, by, lambda saved: (queued_event(saved),))
        await self._hint(stored)
        return Sent(message=stored.message)

    async def edit_note(self, command: EditNote, meta: Meta) -> Sent:
        """Change or delete a note; what it said is kept."""
        now = self._clock.now()
        state = await self._step(
            command.message_id,
            meta,
            command.by,
            lambda current: Step(rewritten(current, command.text, command.by, now)),
        )
        await self._hint(state)
        return Sent(message=state.message)

    async def tag(self, command: TagMessage, meta: Meta) -> Sent:
        """Add and remove tags of a message, or of the conversation's latest inbound one (decisions.md)."""
        add, remove = tidy(command.add), tidy(command.remove)
        state = await self._tagged_message(command.conversation, command.message_id)
        tags = await self.change_tags(command.conversation, state.id, add, remove, command.by, meta)
        await self._hint(state)
        return Sent(message=state.message.model_copy(update={"tags": tags}))

    async def change_tags(
        self, conversation: str, message: str, add: Sequence[str], remove: Sequence[str], by: Actor, meta: Meta
    ) -> tuple[str, ...]:
        """The tags of the message after the change, which is said with the conversation's union."""
        now = self._clock.now()

        def decide(current: Thread | None) -> Decision[Thread] | None:
            if current is None:
                raise NotFound("There is no such conversation.")
            after = tagged(current, message, add, remove)
            if after is current:
                return None
            before, now_has = set(current.tags.get(message, ())), set(after.tags.get(message, ()))

            def says(saved: Thread) -> tuple[Event, ...]:
                event = MessageTagged(
                    conversation=conversation,
                    message_id=message,
                    at=now,
                    by=by,
                    added=tuple(sorted(now_has - before)),
                    removed=tuple(sorted(before - now_has)),
                    tags=saved.union(),
                    number=saved.version,
                )
                return (event,)

            return Decision(after, says=says, actor=by)

        outcome = await self._repository.threads.change(conversation, meta, decide)
        return outcome.state.tags.get(message, ()) if outcome.state is not None else ()

    async def mask(self, command: MaskMessage, meta: Meta) -> Sent:
        """Remove the content for good, its files too (PR-03)."""
        now = self._clock.now()
        before = await self._repository.message(command.message_id)
        state = await self._step(
            command.message_id,
            meta,
            command.by,
            lambda current: Step(masked(current, command.by, now), lambda saved: (masked_event(saved),)),
        )
        for stored in (*(attachment.id for attachment in before.message.attachments), before.message.html):
            if stored is not None:
                await self._repository.blobs.delete(stored)
        await self._hint(state)
        return Sent(message=state.message)

    # --- inside --------------------------------------------------------------------------------------------------

    def _channel(self, id: str) -> Channel:
        channel = self._channels.get(id)
        if channel is None:
            raise Unprocessable("The channel is gone: nothing can be sent by it.")
        if not channel.enabled:
            raise Unprocessable("The channel is switched off: nothing can be sent by it.")
        return channel

    async def _may_send(self, thread: Thread, channel: Channel, draft: Draft) -> None:
        if isinstance(channel.config, WebhookConfig) and channel.config.outbound_url is None:
            raise Unprocessable("The channel has no address for replies: add one in its settings.")
        await self._check_files(draft.attachments, channel)
        if draft.in_reply_to is not None:
            quoted = await self._repository.messages.get(draft.in_reply_to)
            if quoted is None or quoted.message.conversation != thread.id:
                raise Unprocessable("The quoted message is not of this conversation.")
        if channel.reply_window_hours is not None:
            latest = await self._repository.latest_inbound(thread.id)
            window = timedelta(hours=channel.reply_window_hours)
            if latest is None or self._clock.now() - latest.message.received_at > window:
                raise Unprocessable(f"The reply window of {channel.reply_window_hours} hours is over.", rule="window")

    async def _check_files(self, attachments: Sequence[Attachment], channel: Channel) -> None:
        limit = channel.max_attachment_mb * 1_048_576
        if attachments and "attachments" not in channel.capabilities:
            raise Unprocessable("This channel cannot carry files.")
        for attachment in attachments:
            if attachment.id is not None:
                blob = await self._repository.blobs.about(attachment.id)
                if blob is None:
                    raise Unprocessable(f"The file {attachment.name or attachment.id} is not stored here.")
                if blob.size > limit:
                    raise Unprocessable(f"A file of this channel may have at most {channel.max_attachment_mb} MB.")
                if not takes(channel, blob.type):
                    raise Unprocessable(f"This channel does not take files of type {blob.type}.")
            elif attachment.url is None or not attachment.url.startswith(("http://", "https://")):
                raise Unprocessable("An attachment needs a stored file or an http(s) address.")

    async def _insert(
        self, state: StoredMessage, meta: Meta, by: Actor, says: Callable[[StoredMessage], tuple[Event, ...]]
    ) -> StoredMessage:
        cause = meta.model_copy(update={"actor": by})
        if await self._repository.messages.insert(state, cause, says):
            return stamped(state, 1)
        return await self._repository.message(state.id)

    async def _step(self, id: str, meta: Meta, by: Actor, step: Callable[[StoredMessage], Step]) -> StoredMessage:
        def decide(current: StoredMessage | None) -> Decision[StoredMessage] | None:
            if current is None:
                raise NotFound("There is no such message.")
            found = step(current)
            return None if found.state is current else Decision(found.state, says=found.says, actor=by)

        outcome = await self._repository.messages.change(id, meta, decide)
        if outcome.state is None:
            raise NotFound("There is no such message.")
        return outcome.state

    async def _tagged_message(self, conversation: str, id: str | None) -> StoredMessage:
        if id is None:
            latest = await self._repository.latest_inbound(conversation)
            if latest is None:
                raise NotFound("There is no message of the contact to tag.")
            return latest
        state = await self._repository.message(id)
        if state.message.conversation != conversation or state.message.direction is Direction.INTERNAL:
            raise NotFound("There is no such message in this conversation.")
        return state

    async def _hint(self, state: StoredMessage) -> None:
        await self._show(TimelineHint(conversation=state.message.conversation, message_id=state.id))


def takes(channel: Channel, type: str) -> bool:
    """Whether agents may send files of this media type by the channel (CH-08)."""
    return not channel.attachment_types or any(
        type == allowed or (allowed.endswith("/*") and type.startswith(allowed[:-1]))
        for allowed in channel.attachment_types
    )


def shown(state: StoredMessage, tags: tuple[str, ...]) -> MessageSnapshot:
    """A message as read: with its tags, which are kept with the thread."""
    return state.message.model_copy(update={"tags": tags}) if tags else state.message
