"""Our mail: the header that keeps a conversation together, and the whole as bytes (RFC 5322, RFC 3834). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pydantic import Field

from services.ingest.domain.mail.headers import tidy_address
from shared.contracts.base import Contract
from shared.text import one_line

MOST_REFERENCES = 20
_ANSWERED = re.compile(r"(?:re|aw|sv|antw|rv|res|ref|odp|vs|回复|返信)\s?(?:\[\d+\])?\s?[:：]\s*", re.IGNORECASE)


_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/([A-Za-z0-9][A-Za-z0-9.+-]{0,100})")


class MailHeader(Contract):
    """How a mail is known: kept with its message. Ids without brackets; ``to`` is where ours goes.

    ``pictures``: what its HTML calls a picture that came along, and the stored file.
    """

    message_id: str = ""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    to: str | None = None
    subject: str = Field(default="", max_length=600)
    pictures: tuple[tuple[str, str], ...] = ()


class Enclosed(Contract):
    """A file to send along."""

    name: str
    type: str
    data: bytes


def answering(subject: str) -> str:
    """``Re: …``, once however often it went back and forth."""
    bare = one_line(subject, 500)
    while match := _ANSWERED.match(bare):
        bare = bare[match.end() :]
    return f"Re: {bare}" if bare else "Re:"


def next_references(former: MailHeader | None) -> tuple[str, ...]:
    """The References of an answer to ``former``: the first of the thread, and the latest ones."""
    if former is None:
        return ()
    all = tuple(dict.fromkeys((*former.references, *((former.message_id,) if former.message_id else ()))))
    return all if len(all) <= MOST_REFERENCES else (all[0], *all[1 - MOST_REFERENCES :])


def for_servers(address: str) -> str:
    """An address as every mail server takes it: its domain in ASCII (RFC 5890). ValueError where that cannot be."""
    local, _, domain = address.rpartition("@")
    if tidy_address(address.lower()) is None or not local.isascii():
        raise ValueError("no address that mail can be sent to")
    return address if domain.isascii() else f"{local}@{domain.encode('idna').decode()}"


def composed(
    header: MailHeader,
    *,
    text: str,
    sender: str,
    display_name: str,
    reply_to: str | None,
    sent_at: datetime,
    automatic: bool,
    files: Sequence[Enclosed] = (),
) -> bytes:
    """The mail. ValueError for an address that no header can hold."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(display_name=one_line(display_name, 100), addr_spec=for_servers(sender))
    mail["To"] = Address(addr_spec=for_servers(header.to or ""))
    mail["Subject"] = one_line(header.subject, 600)
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<{header.message_id}>"
    if header.in_reply_to:
        mail["In-Reply-To"] = f"<{header.in_reply_to}>"
    if header.references:
        mail["References"] = " ".join(f"<{one}>" for one in header.references)
    if reply_to:
        mail["Reply-To"] = Address(display_name=one_line(display_name, 100), addr_spec=for_servers(reply_to))
    if automatic:
        mail["Auto-Submitted"] = "auto-replied" if header.in_reply_to else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    for file in files:
        main, sub = _type_of(file)
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=one_line(file.name, 200) or "file")
    return mail.as_bytes()


def _type_of(file: Enclosed) -> tuple[str, str]:
    """Its media type where that is one for a file; a mail within the mail goes as plain bytes."""
    match = _TYPE.fullmatch(file.type)
    return (match[1], match[2]) if match else ("application", "octet-stream")
