"""Reports that a mail of ours could not be delivered (RFC 3464, and servers that write them their own way). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from typing import Literal

from services.ingest.domain.mail.automatic import has_no_sender
from services.ingest.domain.mail.headers import addresses, field, ids
from services.ingest.domain.mail.parts import walk
from shared.text import one_line

_DAEMONS = ("mailer-daemon", "postmaster")
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Report:
    """``about`` are the message ids that it may be about; whether one is ours, its signature says."""

    action: Literal["failed", "delayed", "delivered"]
    reason: str
    about: tuple[str, ...]


def report_of(mail: Message) -> Report | None:
    """The report that this mail is, if it is one."""
    parts = list(walk(mail))
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status is not None:
        return _standard(status, parts, mail)
    daemon = any(address.partition("@")[0] in _DAEMONS for _, address in addresses(mail, "from"))
    if not daemon or not (has_no_sender(mail) or field(mail, "x-failed-recipients")):
        return None
    reason = one_line(field(mail, "subject"), MAX_REASON) or "The mail came back."
    return Report("failed", reason, _about(parts, mail))


def _standard(status: Message, parts: list[Message], mail: Message) -> Report:
    blocks = status.get_payload()
    recipients = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
    actions = [field(block, "action").strip().lower() for block in recipients]
    about = _about(parts, mail)
    if "failed" in actions:
        return Report("failed", _reason(recipients[actions.index("failed")]), about)
    if any(action in ("delivered", "relayed", "expanded") for action in actions):
        return Report("delivered", "", about)
    return Report("delayed", "", about)


def _reason(block: Message) -> str:
    """What the other server said, without the name of its protocol; else the status code."""
    said = field(block, "diagnostic-code").partition(";")[2].strip() or field(block, "status")
    return one_line(said, MAX_REASON) or "The mail came back."


def _about(parts: list[Message], mail: Message) -> tuple[str, ...]:
    """From the returned mail or its header, then from what the report refers to."""
    returned = [
        one
        for part in parts
        if part is not mail and part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/global")
        for one in _returned_ids(part)
    ]
    return tuple(dict.fromkeys((*returned, *ids(mail, "in-reply-to"), *ids(mail, "references"))))[:20]


def _returned_ids(part: Message) -> tuple[str, ...]:
    inner = part.get_payload()
    if isinstance(inner, list):
        return ids(inner[0], "message-id") if inner and isinstance(inner[0], Message) else ()
    lines = [line for line in str(inner)[:20_000].splitlines() if line.lower().startswith("message-id:")]
    header = Message()
    header["message-id"] = lines[0].partition(":")[2].strip() if lines else ""
    return ids(header, "message-id")
