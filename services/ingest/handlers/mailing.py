"""Mail as messages: what a mailbox holds becomes arrivals and receipts, what we write gets its header."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from services.ingest.domain.incoming import when
from services.ingest.domain.mail.bounces import Report
from services.ingest.domain.mail.parts import MailFile
from services.ingest.domain.mail.reading import NOBODY, Mail, read
from services.ingest.domain.mail.tokens import conversation_of, message_name, message_of
from services.ingest.domain.mail.writing import MailHeader, answering, for_servers, next_references
from services.ingest.domain.message import StoredMessage
from services.ingest.domain.thread import Thread
from services.ingest.handlers.accepting import Accepting, Arrival
from services.ingest.handlers.receipts import Receipts
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.messages import Attachment, ThreadKey
from shared.contracts.settings import Channel, EmailConfig
from shared.contracts.words import Delivery, Medium, MessageKind, Visibility
from shared.errors import NotFound, Unprocessable
from shared.ids import derived, message_id

log = structlog.get_logger(__name__)

MOST_NAMES = 20
"""Of the mails that one refers to, so many of the nearest are looked up."""

Taken = Literal["stored", "known", "report", "own"]


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as its mailbox gave it. ``doubtful``: it may be known by another identity; ``cut``: only its beginning."""

    external_id: str
    raw: bytes
    at: datetime | None
    doubtful: bool = False
    cut: bool = False


class Mailing:
    """Both ways of mail. ``keys`` sign the names that answers come back by, the current one first."""

    def __init__(
        self,
        repository: IngestRepository,
        accepting: Accepting,
        receipts: Receipts,
        clock: Clock,
        keys: Sequence[bytes],
    ) -> None:
        self._repository = repository
        self._accepting = accepting
        self._receipts = receipts
        self._clock = clock
        self._keys = keys

    # --- in ------------------------------------------------------------------------------------------------------

    async def take(self, channel: str, settings: Channel, posted: Posted) -> Taken:
        """Store what a mail says, once; on disk when this returns. RetryLater when it may not be."""
        mail = await asyncio.to_thread(read, posted.raw)
        ours = self._message_of(channel, mail.message_id)
        if ours is not None and isinstance(settings.config, EmailConfig) and _is_of(mail, settings.config):
            return "own"  # a copy of what we sent, laid into the folder that we read
        if mail.report is not None and await self._report(channel, mail.report, mail.sent_at):
            return "report"
        if posted.doubtful and await self._is_known(channel, mail):
            return "known"
        thread = await self._thread(channel, mail, posted.external_id)
        arrival = await self._arrival(mail, thread, posted, settings.max_attachment_mb * 1_048_576)
        stored = await self._accepting.accept(Medium.EMAIL, [arrival])
        if mail.message_id:
            await self._repository.name_mail(channel, mail.message_id, thread)
        return "stored" if stored else "known"

    async def _report(self, channel: str, report: Report, at: datetime | None) -> bool:
        """A report about a mail of ours moves its delivery status; one about anything else is a mail like others."""
        for name in report.about:
            id = self._message_of(channel, name)
            message = await self._repository.messages.get(id) if id is not None else None
            if message is None:
                continue
            if report.action == "failed":
                await self._receipts.report(message, Delivery.FAILED, at, report.reason)
            elif report.action == "delivered":
                await self._receipts.report(message, Delivery.DELIVERED, at, "")
            return True
        return False

    async def _is_known(self, channel: str, mail: Mail) -> bool:
        if not mail.message_id:
            return False
        found = await self._repository.mails_named(channel, [mail.message_id])
        return any(thread.address == mail.address for thread in found)

    async def _thread(self, channel: str, mail: Mail, external_id: str) -> ThreadKey:
        """The conversation that it answers, if its sender takes part in that; else one of its own (workflow.md).

        So a header that names a stranger's mail leads nowhere, however it was come by.
        """
        for known in (self._named_by_us, self._named_by_them):
            for thread in await known(channel, mail):
                if thread.address == mail.address and thread.channel == channel:
                    return thread
        return ThreadKey(
            channel=channel,
            address=mail.address,
            visibility=Visibility.PRIVATE,
            root=mail.message_id or external_id,
        )

    async def _named_by_us(self, channel: str, mail: Mail) -> list[ThreadKey]:
        """Of our mails that it refers to, and of the address of ours that it was sent to."""
        ours = [id for name in mail.refers_to[:MOST_NAMES] if (id := self._message_of(channel, name)) is not None]
        found = [state.thread for state in (await self._repository.messages.get_many(ours)).values()] if ours else []
        for address in mail.written_to:
            id = conversation_of(address, channel, self._keys)
            if id is not None and (conversation := await self._conversation(id)) is not None:
                found.append(conversation.thread)
        return found

    async def _named_by_them(self, channel: str, mail: Mail) -> list[ThreadKey]:
        """Of contacts' mails that it refers to."""
        names = mail.refers_to[:MOST_NAMES]
        return await self._repository.mails_named(channel, names) if names else []

    async def _conversation(self, id: str) -> Thread | None:
        try:
            return await self._repository.thread(id)
        except NotFound:
            return None

    async def _arrival(self, mail: Mail, thread: ThreadKey, posted: Posted, limit: int) -> Arrival:
        id = message_id(thread.channel, posted.external_id)
        files = [await self._file(id, place, file, limit) for place, file in enumerate(mail.files)]
        pictures = tuple(
            (file.content_id, kept.id)
            for file, kept in zip(mail.files, files, strict=True)
            if file.content_id and kept.id is not None
        )
        if posted.cut or mail.cut:
            files.append(Attachment(name="…", problem="The mail is too large: only its beginning is here."))
        return Arrival(
            thread=thread,
            external_id=posted.external_id,
            kind=MessageKind.MAIL,
            text=mail.text,
            sent_at=when(mail.sent_at or posted.at or self._clock.now(), self._clock.now()),
            name=mail.name,
            attachments=tuple(files),
            subject=mail.subject or None,
            html=await self._original(id, mail),
            remote_images=mail.remote_images,
            automatic_reply=mail.automatic,
            mail=MailHeader(
                message_id=mail.message_id,
                references=mail.references,
                subject=mail.subject,
                pictures=pictures,
            ),
            reply_to=mail.reply_to,
        )

    async def _file(self, message: str, place: int, file: MailFile, limit: int) -> Attachment:
        shown = Attachment(name=file.name, type=file.type, size=len(file.data), inline=file.inline)
        if len(file.data) > limit:
            return shown.model_copy(update={"problem": f"The file is larger than {limit // 1_048_576} MB."})
        id = derived("file", message, place)
        await self._repository.blobs.put(id, file.data, name=file.name, type=file.type, limit=limit)
        return shown.model_copy(update={"id": id})

    async def _original(self, message: str, mail: Mail) -> str | None:
        """The whole of it as it was laid out, stored uncleaned: it is cleaned whenever it is shown."""
        if mail.whole is None:
            return None
        id, data = derived("original", message), mail.whole.encode("utf-8", "replace")
        await self._repository.blobs.put(id, data, name="original.html", type="text/html", limit=len(data) + 1)
        return id

    def _message_of(self, channel: str, name: str) -> str | None:
        return message_of(name, channel, self._keys)

    # --- out -----------------------------------------------------------------------------------------------------

    async def addressed(
        self, state: StoredMessage, thread: Thread, settings: Channel, subject: str | None
    ) -> StoredMessage:
        """Our message with the header that keeps it in its conversation, the same for every attempt to send it.

        Unprocessable where nobody can be written to, and for automatic answers to what a machine wrote (RFC 3834).
        """
        if not isinstance(settings.config, EmailConfig):
            raise Unprocessable("The channel is no mailbox any more: nothing can be sent by it.")
        to = thread.reply_to or thread.thread.address
        if to == NOBODY:
            raise Unprocessable("The mail did not say who sent it: there is no address to write to.")
        inbound = await self._repository.latest_inbound(thread.id)
        if state.message.automatic and inbound is not None and inbound.message.automatic_reply:
            raise Unprocessable(
                "A machine wrote the last mail: nothing automatic is sent to it.", rule="automatic_reply"
            )
        former = inbound or await self._repository.latest_of_mail(thread.id)
        about = former.mail if former is not None else None
        if former is None:
            title = subject or settings.config.display_name or settings.config.address
        else:
            title = answering(subject or (about.subject if about is not None else ""))
        header = MailHeader(
            message_id=self.name_of(state.id, thread.thread.channel, settings.config),
            in_reply_to=(about.message_id or None) if about is not None else None,
            references=next_references(about),
            to=to,
            subject=title,
        )
        message = state.message.model_copy(update={"subject": title})
        return state.model_copy(update={"message": message, "mail": header})

    def name_of(self, message: str, channel: str, config: EmailConfig) -> str:
        """The Message-ID of a message of ours."""
        return message_name(message, channel, for_servers(config.address).rpartition("@")[2].lower(), self._keys[0])


def _is_of(mail: Mail, config: EmailConfig) -> bool:
    return mail.address in (config.address.lower(), for_servers(config.address).lower())
