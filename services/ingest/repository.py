"""The only queries of ingest's database: messages, contacts and their identities, threads, files."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from services.ingest.domain.contact import Contact, Identity
from services.ingest.domain.mailbox import Mailbox
from services.ingest.domain.message import StoredMessage, stamped
from services.ingest.domain.thread import Thread
from shared.bus import Envelope
from shared.clock import Clock
from shared.contracts.base import Contract, Instant, Meta
from shared.contracts.messages import ThreadKey
from shared.contracts.words import Direction, Medium, MessageKind
from shared.errors import NotFound
from shared.ids import message_id
from shared.store import ASCENDING, DESCENDING, Aggregates, Blobs, Database, Index, Page, Repository

NEWEST_FIRST = (("state.message.sent_at", DESCENDING), ("state.message.received_at", DESCENDING))
"""By the network's time, which is often cut to seconds; then in order of arrival."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
V = TypeVar("V")


class IdentityOf(Contract):
    """Which contact an identity belongs to; one contact each (``id`` is the identity's)."""

    id: str
    contact: str
    identity: Identity
    since: Instant


class NetworkId(Contract):
    """The network's own name for a message of ours (``id`` from channel and that name), for receipts."""

    id: str
    message: str


class MailName(Contract):
    """Which conversation a contact's mail is in (``id`` from channel and Message-ID)."""

    id: str
    thread: ThreadKey


class Upload(Contract):
    """A file that somebody uploaded to send it (``id`` is the file's)."""

    id: str
    conversation: str
    at: Instant


class Remembered(Generic[V]):
    """The latest few things that never change, by key."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, key: str) -> V | None:
        """The value, now the latest used."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: str, value: V) -> None:
        """Remember; the least recently used goes."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)


class IngestRepository:
    """Collections of ingest. ``messages``, ``contacts`` and ``threads`` are aggregates, changed by their handlers."""

    def __init__(self, database: Database, *, publish: Callable[[Envelope], Awaitable[None]], clock: Clock) -> None:
        self.messages = Aggregates(
            database,
            "messages",
            StoredMessage,
            publish=publish,
            clock=clock,
            trail=False,
            indexes=(Index("timeline", (("state.message.conversation", ASCENDING), *NEWEST_FIRST)),),
            stamp=stamped,
        )
        self.contacts = Aggregates(
            database,
            "contacts",
            Contact,
            publish=publish,
            clock=clock,
            trail=True,
            indexes=(Index("muted", (("derived.muted", ASCENDING),), sparse=True),),
            document=lambda contact: {"muted": 1} if contact.muted_on else {},
        )
        self.threads = Aggregates(
            database,
            "threads",
            Thread,
            publish=publish,
            clock=clock,
            trail=False,
            indexes=(Index("contact", (("state.contact", ASCENDING),)),),
        )
        self.blobs = Blobs(database)
        self._identities = Repository(database, "identities", IdentityOf)
        self._network_ids = Repository(database, "network_ids", NetworkId)
        self._mail_names = Repository(database, "mail_names", MailName)
        self._uploads = Repository(database, "uploads", Upload, indexes=(Index("at", (("at", ASCENDING),)),))
        self.mailboxes = Repository(database, "mailboxes", Mailbox)
        self._known_identities: Remembered[str] = Remembered(20_000)
        self._known_threads: Remembered[Thread] = Remembered(20_000)
        self._clock = clock

    async def start(self) -> None:
        """Make the indexes and publish what an earlier process left unsent."""
        plain = (self._identities, self._network_ids, self._mail_names, self._uploads, self.mailboxes)
        for part in (self.messages, self.contacts, self.threads, *plain):
            await part.start()

    async def stop(self) -> None:
        """Finish writes under way, publish what is unsent."""
        for part in (self.messages, self.contacts, self.threads):
            await part.stop()

    # --- contacts ------------------------------------------------------------------------------------------------

    async def contact_of(self, identity: Identity) -> Contact | None:
        """Who has this identity; None when nobody wrote by it yet."""
        key = identity.id
        contact_id = self._known_identities.get(key)
        if contact_id is None:
            found = await self._identities.get(key)
            if found is None:
                return None
            contact_id = found.contact
            self._known_identities.put(key, contact_id)
        return await self.contacts.get(contact_id)

    async def introduce(self, contact: Contact, identity: Identity, cause: Meta) -> Contact:
        """A contact that writes first, with its identity; two that race end with the same one.

        Both at once: a contact is named by its first identity, so whatever a crash leaves out is made by the next try.
        """
        entry = IdentityOf(id=identity.id, contact=contact.id, identity=identity, since=self._clock.now())
        made, named = await asyncio.gather(self.contacts.insert(contact, cause), self._identities.insert(entry))
        if made and named:
            self._known_identities.put(identity.id, contact.id)
            return contact.model_copy(update={"version": 1})
        found = await self.contact_of(identity)
        if found is None:
            raise NotFound("The contact is gone.")
        return found

    async def muted(self, channel: str | None, *, after: str | None, limit: int) -> Page[Contact]:
        """Contacts that are muted, on this channel or on any."""
        wanted = {} if channel is None else {"state.muted_on": channel}
        return await self.contacts.page({"derived.muted": 1, **wanted}, after=after, limit=limit)

    async def threads_of(self, contact: str) -> tuple[ThreadKey, ...]:
        """The thread keys of a contact's conversations, at most 200."""
        found = await self.threads.find({"state.contact": contact}, limit=200)
        return tuple(thread.thread for thread in found)

    # --- threads -------------------------------------------------------------------------------------------------

    def knows(self, thread: ThreadKey) -> bool:
        """Whether this process knows the thread to be stored."""
        return self._known_threads.get(thread.conversation) is not None

    async def open_thread(
        self, thread: ThreadKey, medium: Medium, contact: str, cause: Meta, *, reply_to: str | None = None
    ) -> None:
        """Store a conversation's thread key, once."""
        id = thread.conversation
        entry = Thread(
            id=id, thread=thread, medium=medium, contact=contact, reply_to=reply_to, created_at=self._clock.now()
        )
        await self.threads.insert(entry, cause)
        self._known_threads.put(id, entry)

    async def thread(self, conversation: str) -> Thread:
        """Key, medium and contact of a conversation (not its tags, which may be old). NotFound for unknown ones."""
        known = self._known_threads.get(conversation)
        if known is None:
            known = await self.threads.get(conversation)
            if known is None:
                raise NotFound("There is no such conversation.")
            self._known_threads.put(conversation, known)
        return known

    # --- messages ------------------------------------------------------------------------------------------------

    async def message(self, id: str) -> StoredMessage:
        """A message; NotFound for unknown ones."""
        found = await self.messages.get(id)
        if found is None:
            raise NotFound("There is no such message.")
        return found

    async def timeline(self, conversation: str, before: str | None, limit: int) -> Page[StoredMessage]:
        """A page of messages and notes, newest first, from the cursor of the former page on."""
        filter = {"state.message.conversation": conversation}
        return await self.messages.page(filter, order=NEWEST_FIRST, after=before, limit=limit)

    async def since(self, conversation: str, instant: datetime, until: datetime, limit: int) -> list[StoredMessage]:
        """The latest messages with a time from ``instant`` up to ``until``, newest first."""
        filter = {
            "state.message.conversation": conversation,
            "state.message.sent_at": {"$gte": instant, "$lte": until},
        }
        return await self.messages.find(filter, order=NEWEST_FIRST, limit=limit)

    async def latest_inbound(self, conversation: str) -> StoredMessage | None:
        """The contact's latest message by the network's time."""
        filter = {"state.message.conversation": conversation, "state.message.direction": Direction.INBOUND.value}
        found = await self.messages.find(filter, order=NEWEST_FIRST, limit=1)
        return found[0] if found else None

    async def has_file(self, conversation: str, attachment: str) -> bool:
        """Whether a message of the conversation has this stored file."""
        filter = {"state.message.conversation": conversation, "state.message.attachments.id": attachment}
        return bool(await self.messages.find(filter, limit=1))

    async def name_outside(self, channel: str, external_id: str, message: str) -> None:
        """The network calls this message of ours ``external_id``."""
        await self._network_ids.insert(NetworkId(id=message_id(channel, external_id), message=message))

    async def named_outside(self, channel: str, name: str) -> StoredMessage | None:
        """The message of ours that a receipt of this channel means, by our id or the network's."""
        found = await self.messages.get(name)
        if found is None:
            entry = await self._network_ids.get(message_id(channel, name))
            found = await self.messages.get(entry.message) if entry is not None else None
        return found if found is not None and found.thread.channel == channel else None

    async def name_mail(self, channel: str, name: str, thread: ThreadKey) -> None:
        """A mail of a contact is known by this Message-ID in this conversation; the first to say so is right."""
        await self._mail_names.insert(MailName(id=message_id(channel, name), thread=thread))

    async def mails_named(self, channel: str, names: Sequence[str]) -> list[ThreadKey]:
        """The conversations of mails with these Message-IDs, in that order, as far as they are known."""
        ids = [message_id(channel, name) for name in names]
        found = await self._mail_names.get_many(ids)
        return [found[id].thread for id in ids if id in found]

    async def latest_of_mail(self, conversation: str) -> StoredMessage | None:
        """The latest message of a conversation that is a mail, whoever wrote it."""
        filter = {"state.message.conversation": conversation, "state.message.kind": MessageKind.MAIL.value}
        found = await self.messages.find(filter, order=NEWEST_FIRST, limit=1)
        return found[0] if found else None

    # --- files that are to be sent -------------------------------------------------------------------------------

    async def note_upload(self, id: str, conversation: str) -> None:
        """Somebody began to upload a file."""
        await self._uploads.insert(Upload(id=id, conversation=conversation, at=self._clock.now()))

    async def uploads_before(self, instant: datetime, limit: int) -> list[Upload]:
        """The oldest uploads begun before an instant."""
        return await self._uploads.find(
            {"at": {"$gte": EPOCH, "$lte": instant}}, order=(("at", ASCENDING),), limit=limit
        )

    async def forget_upload(self, id: str) -> None:
        """It was sent, or is gone."""
        await self._uploads.delete(id)
