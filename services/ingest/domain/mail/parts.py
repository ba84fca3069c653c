"""The parts of a mail: what was written, its layout, its files. Pure, and bounded whatever the nesting."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message

from services.ingest.domain.mail.headers import decoded, decoded_bytes
from shared.text import clean, one_line

MOST_PARTS = 500
DEEPEST = 30
MOST_FILES = 50
MAX_PLAIN = 500_000
MAX_HTML = 1_000_000
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class MailFile:
    """An attached file. ``content_id`` is what the HTML calls it by."""

    name: str
    type: str
    data: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail says: plain text and HTML, either may be empty, and its files."""

    plain: str
    html: str
    files: tuple[MailFile, ...]


def walk(mail: Message) -> Iterator[Message]:
    """The mail and its parts in order, without what is inside attached mails; at most 500, at most 30 deep."""
    waiting = [(mail, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list) and depth < DEEPEST:
            waiting.extend((one, depth + 1) for one in reversed(inner) if isinstance(one, Message))


def body_of(mail: Message) -> Body:
    """Text, HTML and files. Of two readings of the same text (multipart/alternative) each kind counts once."""
    plain: list[str] = []
    html: list[str] = []
    files: list[MailFile] = []
    alternatives: set[int] = set()
    for part in walk(mail):
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            if kind == "multipart/alternative":
                alternatives |= {id(one) for one in part.get_payload() if isinstance(one, Message)}
        elif _is_text(part):
            (html if kind == "text/html" else plain).append(_text(part))
        elif _is_file(part, kind, id(part) in alternatives) and len(files) < MOST_FILES:
            files.append(_file(part, len(files) + 1))
    layout = "".join(html)[:MAX_HTML]
    return Body(
        plain="\n\n".join(text for text in plain if text.strip())[:MAX_PLAIN],
        html=layout,
        files=tuple(_placed(file, layout) for file in files),
    )


def _placed(file: MailFile, html: str) -> MailFile:
    """A picture that the HTML shows where it belongs is none of the attached files, whatever its disposition says."""
    shown = file.type.startswith("image/") and file.content_id and f"cid:{file.content_id}" in html
    return replace(file, inline=True) if shown else file


def _is_file(part: Message, kind: str, alternative: bool) -> bool:
    """A third reading of the text (AMP) is no file that somebody attached; an invitation is."""
    return kind != "message/delivery-status" and (not alternative or kind == "text/calendar" or bool(_name(part)))


def _is_text(part: Message) -> bool:
    if part.get_content_maintype() == "multipart":  # that has no parts, against its own word
        return True
    if part.get_content_type() not in ("text/plain", "text/html"):
        return False
    return part.get_content_disposition() != "attachment" and not _name(part)


def _text(part: Message) -> str:
    charset = None
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
        charset = part.get_content_charset()
    text = clean(decoded_bytes(_bytes(part)[: 4 * MAX_HTML], charset))
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file(part: Message, number: int) -> MailFile:
    kind = part.get_content_type()
    if part.get_content_maintype() == "message":
        name, data = _name(part) or f"message-{number}.eml", _attached_mail(part)
    else:
        name, data = _name(part) or f"file-{number}{_EXTENSIONS.get(kind, '')}", _bytes(part)
    content_id = one_line(str(part.get("content-id", "")), 250).strip("<> ")
    return MailFile(name=name, type=one_line(kind, 127) or UNKNOWN_TYPE, data=data, content_id=content_id)


_EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "application/pdf": ".pdf"}


def _attached_mail(part: Message) -> bytes:
    """An attached mail as it was; what cannot be written again any more is left empty."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return inner[0].as_bytes()
    return _bytes(part)


def _name(part: Message) -> str:
    """The name of a file, without any path."""
    name: str | None = None
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
        name = part.get_filename()
    return one_line(decoded(name or "").replace("\\", "/").rpartition("/")[2], 255)
