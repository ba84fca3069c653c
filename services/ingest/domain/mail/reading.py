"""A mail as received, whatever it is, as one value with everything that matters. Pure; never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.feedparser import BytesFeedParser
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice

from services.ingest.domain.mail import automatic, headers, html, replies
from services.ingest.domain.mail.bounces import Report, report_of
from services.ingest.domain.mail.parts import MAX_PLAIN, Body, MailFile, body_of

NOBODY = "unknown@invalid"
"""Who wrote a mail without a usable From; no mail can be sent there (RFC 2606)."""

MAX_TEXT = 100_000
MAX_SUBJECT = 500
PIECE = 65_536
MOST_LINES = 600_000
"""As many as 40 MB of files have. 40 MB of empty lines, bare CRs or header fields would take a minute, and 1.2 GB."""

MOST_COMPARED = 20_000_000
"""Lines times boundaries: the parser compares each line with every boundary around it, 200,000 in 50 ms."""

DEEPEST = 500
"""Parts within parts, before the parser gives up."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOUNDARY = re.compile(rb"boundary[\d*\s]{0,20}=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """``text`` is what was written. ``whole`` is the HTML of all of it where there is more to see than ``text``.

    ``message_id`` and ``refers_to`` (the nearest first) are without brackets; ``written_to`` are the addresses that
    it was sent to, in lower case. ``cut``: there was more than is read of any mail.
    """

    address: str
    name: str = ""
    subject: str = ""
    text: str = ""
    whole: str | None = None
    remote_images: bool = False
    files: tuple[MailFile, ...] = ()
    sent_at: datetime | None = None
    message_id: str = ""
    refers_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reply_to: str | None = None
    written_to: frozenset[str] = field(default_factory=frozenset)
    automatic: bool = False
    report: Report | None = None
    cut: bool = False


def read(raw: bytes) -> Mail:
    """The mail. What cannot be taken apart is read as far as it can, its header at least."""
    begin = beginning(raw)
    try:
        mail = _read(_parsed(begin))
    except Exception:  # noqa: BLE001 - strangers' bytes make the standard parser raise anything
        mail = _header_only(begin)
    return mail if len(begin) == len(raw) else replace(mail, cut=True)


def beginning(raw: bytes) -> bytes:
    """So much of a mail as is read within seconds, whatever its shape: all of it, of any that people send."""
    boundaries = sum(1 for _ in islice(_BOUNDARY.finditer(raw), DEEPEST))
    most = min(MOST_LINES, MOST_COMPARED // (boundaries + 1))
    if raw.count(b"\n") <= most and raw.count(b"\r") <= most:
        return raw
    return raw[: next(islice(_LINE_END.finditer(raw), most - 1, None)).end()]


def _parsed(raw: bytes) -> Message:
    """By pieces: ``parsebytes`` takes six times the memory of the mail, most of it for a copy in UCS-4."""
    parser = BytesFeedParser(policy=headers.BOUNDED)
    for start in range(0, len(raw), PIECE):
        parser.feed(raw[start : start + PIECE])
    return parser.close()


def _read(mail: Message) -> Mail:
    body = body_of(mail)
    plain = body.plain if body.plain.strip() else html.text_of(body.html)
    text, quotes = replies.written(plain)
    return _mail(mail, body, text=text, more=quotes or bool(body.html.strip()), report=report_of(mail))


def _header_only(raw: bytes) -> Mail:
    head, _, rest = raw.partition(b"\r\n\r\n")
    try:
        mail = BytesHeaderParser(policy=headers.BOUNDED).parsebytes(head[:1_000_000])
        text = headers.decoded_bytes(rest[:MAX_TEXT], None)
        return _mail(mail, Body(plain=text, html="", files=()), text=text.strip(), more=False, report=None)
    except Exception:  # noqa: BLE001 - as above; somebody must see that it came
        return Mail(address=NOBODY, text=headers.decoded_bytes(raw[:MAX_TEXT], None).strip())


def _mail(mail: Message, body: Body, *, text: str, more: bool, report: Report | None) -> Mail:
    senders = headers.addresses(mail, "from") or headers.addresses(mail, "sender")
    name, address = senders[0] if senders else ("", NOBODY)
    answered = [one for _, one in headers.addresses(mail, "reply-to")]
    references, in_reply_to = headers.ids(mail, "references"), headers.ids(mail, "in-reply-to")
    layout = body.html.strip()
    return Mail(
        address=address,
        name=name if name.lower() != address else "",
        subject=headers.text(mail, "subject", MAX_SUBJECT),
        text=_bounded(text),
        whole=(layout or html.of_plain(body.plain[:MAX_PLAIN])) if more or len(text) > MAX_TEXT else None,
        remote_images=bool(layout) and html.has_remote_images(layout),
        files=body.files,
        sent_at=headers.date(mail),
        message_id=next(iter(headers.ids(mail, "message-id")), ""),
        refers_to=tuple(dict.fromkeys((*in_reply_to, *reversed(references)))),
        references=references,
        reply_to=answered[0] if answered and answered[0] != address else None,
        written_to=_written_to(mail),
        automatic=automatic.written_by_machine(mail),
        report=report,
    )


def _written_to(mail: Message) -> frozenset[str]:
    named = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
    return frozenset(address for name in named for _, address in headers.addresses(mail, name)[:100])


def _bounded(text: str) -> str:
    tidy = "".join(character for character in text if character >= " " or character in "\n\t")
    return tidy[:MAX_TEXT]
