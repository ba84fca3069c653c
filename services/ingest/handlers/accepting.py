"""Accepting what the contact wrote: the contact, the thread and the message are stored before anybody is told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, reduce

from services.ingest.domain.blocking import BlockedThreads
from services.ingest.domain.contact import Contact, Identity, changed_event, fresh, identity, silenced, told
from services.ingest.domain.mail.writing import MailHeader
from services.ingest.domain.message import StoredMessage, arrived
from services.ingest.metrics import IngestMetrics
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.base import Actor, Event, Meta
from shared.contracts.messages import (
    Attachment,
    AttributeValue,
    ContactSnapshot,
    MessageReceived,
    ThreadKey,
)
from shared.contracts.settings import Channel, ThreadBlock
from shared.contracts.words import ActorKind, Medium, MessageKind
from shared.ids import derived, message_id
from shared.resources import Book
from shared.store import Decision


@dataclass(frozen=True)
class Arrival:
    """One inbound message, whatever network it came from, cleaned and within bounds; no ``sent_at``: on arrival."""

    thread: ThreadKey
    external_id: str
    kind: MessageKind
    text: str
    sent_at: datetime | None = None
    name: str = ""
    attributes: Mapping[str, AttributeValue | None] | None = None
    attachments: tuple[Attachment, ...] = ()
    subject: str | None = None
    link: str | None = None
    browser_language: str | None = None
    html: str | None = None
    remote_images: bool = False
    automatic_reply: bool = False
    mail: MailHeader | None = None
    reply_to: str | None = None

    @cached_property
    def id(self) -> str:
        """The message's id."""
        return message_id(self.thread.channel, self.external_id)


def arrival_cause(message: str, contact: str, now: datetime) -> Meta:
    """The first cause of a message's story: its arrival. Named by the message, so that a repeat is the same cause."""
    event = derived("arrival", message)
    actor = Actor(kind=ActorKind.CONTACT, id=contact)
    return Meta(event_id=event, type="ingest.arrival", occurred_at=now, correlation_id=event, actor=actor)


def received_event(
    state: StoredMessage, contact: ContactSnapshot, is_muted: bool, *, opens: bool = False
) -> MessageReceived:
    """What is said of an inbound message, at first and again."""
    return MessageReceived(
        thread=state.thread,
        medium=state.medium,
        message=state.message,
        contact=contact,
        muted=is_muted,
        opens=opens,
    )


class Accepting:
    """Stores arrivals, each once by (channel, external id)."""

    def __init__(
        self,
        repository: IngestRepository,
        channels: Book[Channel],
        clock: Clock,
        metrics: IngestMetrics,
        blocks: Book[ThreadBlock],
    ) -> None:
        self._repository = repository
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._blocks = blocks
        self._blocked: BlockedThreads | None = None
        blocks.on_change(self._forget_blocks)

    async def accept(self, medium: Medium, arrivals: Sequence[Arrival]) -> int:
        """Store those that are new; how many were. Returns when all are on disk, raises when one may not be."""
        arrivals = self._let_in(medium, arrivals)
        now = self._clock.now()
        groups: dict[tuple[str, str], list[tuple[Arrival, datetime]]] = defaultdict(list)
        for place, arrival in enumerate(arrivals):
            # Arrival has an order within a delivery too: what comes later in it is received later.
            received_at = now + timedelta(milliseconds=place)
            groups[arrival.thread.channel, arrival.thread.address].append((arrival, received_at))
        stored = sum(
            await asyncio.gather(
                *(self._accept_of(medium, identity(medium, *who), group, now) for who, group in groups.items())
            )
        )
        self._metrics.arrivals.labels(medium.value, "stored").inc(stored)
        self._metrics.arrivals.labels(medium.value, "known").inc(len(arrivals) - stored)
        return stored

    def _let_in(self, medium: Medium, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
        """Those whose thread nobody has blocked; the others are counted, and that is all (CH-10)."""
        if self._blocked is None:
            self._blocked = BlockedThreads(self._blocks.all())
        blocked = self._blocked
        found = [arrival for arrival in arrivals if not blocked.holds(arrival.thread)]
        if len(found) < len(arrivals):
            self._metrics.arrivals.labels(medium.value, "blocked").inc(len(arrivals) - len(found))
        return found

    def _forget_blocks(self) -> None:
        self._blocked = None

    async def _accept_of(
        self, medium: Medium, who: Identity, group: Sequence[tuple[Arrival, datetime]], now: datetime
    ) -> int:
        contact = await self._contact(who, [arrival for arrival, _ in group], now)
        opening: set[str] = set()
        for arrival, _ in group:
            if not self._repository.knows(arrival.thread):
                opening.add(arrival.id)
                cause = arrival_cause(arrival.id, contact.id, now)
                await self._repository.open_thread(arrival.thread, medium, contact.id, cause, reply_to=arrival.reply_to)
        found = await asyncio.gather(
            *(self._store(medium, contact, arrival, at, arrival.id in opening) for arrival, at in group)
        )
        return sum(found)

    async def _store(
        self, medium: Medium, contact: Contact, arrival: Arrival, received_at: datetime, opens: bool
    ) -> bool:
        snapshot = contact.snapshot(arrival.thread.address)
        name = arrival.thread.channel
        is_muted = silenced(contact, self._channels.get(name), name)
        state = arrived(
            thread=arrival.thread,
            medium=medium,
            contact=snapshot,
            external_id=arrival.external_id,
            kind=arrival.kind,
            text=arrival.text,
            sent_at=arrival.sent_at or received_at,
            received_at=received_at,
            attachments=arrival.attachments,
            subject=arrival.subject,
            link=arrival.link,
            browser_language=arrival.browser_language,
            html=arrival.html,
            remote_images=arrival.remote_images,
            automatic_reply=arrival.automatic_reply,
            mail=arrival.mail,
        )

        def says(saved: StoredMessage) -> tuple[Event, ...]:
            return (received_event(saved, snapshot, is_muted, opens=opens),)

        cause = arrival_cause(state.id, contact.id, received_at)
        return await self._repository.messages.insert(state, cause, says)

    async def _contact(self, who: Identity, arrivals: Sequence[Arrival], now: datetime) -> Contact:
        """The sender, as the network now tells of him; a repeat of an old delivery tells nothing."""
        known = await self._repository.contact_of(who)
        if known is None:
            first = arrivals[0]
            made = fresh(who, first.name, first.attributes or {}, now)
            known = await self._repository.introduce(made, who, arrival_cause(first.id, made.id, now))
        if _told_all(known, arrivals, now) is known:
            return known
        stored = await self._repository.messages.get_many(arrival.id for arrival in arrivals)
        new = [arrival for arrival in arrivals if arrival.id not in stored]
        if not new:
            return known
        threads = await self._repository.threads_of(known.id)
        conversations = tuple(thread.conversation for thread in threads)

        def decide(current: Contact | None) -> Decision[Contact] | None:
            before = current or known
            after = _told_all(before, new, now)
            if after is current:
                return None
            return Decision(after, says=lambda saved: (changed_event(before, saved, conversations),))

        cause = arrival_cause(new[0].id, known.id, now)
        told_of = cause.model_copy(update={"event_id": derived("told", cause.event_id)})
        outcome = await self._repository.contacts.change(known.id, told_of, decide)
        return outcome.state or known


def _told_all(contact: Contact, arrivals: Sequence[Arrival], now: datetime) -> Contact:
    return reduce(lambda known, one: told(known, one.name, one.attributes or {}, now), arrivals, contact)
