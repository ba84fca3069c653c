"""Header fields of mail: decoded, bounded, one line each. Pure.

Read with the standard library's oldest policy on purpose: the newer one parses every field by grammar, which is slow
on some crafted ones and raises on others. Here only the fields that are used are looked at, each within a bound.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from shared.text import clean, one_line

LONGEST = 8_000
"""Characters of a field that are looked at."""

MOST_FIELDS = 1_000
MAX_ADDRESS = 254
_IDS = re.compile(r"<([^<>\s]{1,250})>")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\\]{1,190}")
_ODD_CODECS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
"""Known to Python, but no charset of mail: slow on long input, or a way to hide characters."""


class Bounded(Compat32):
    """The parsing policy: fields longer than is looked at are cut (a crafted Content-Type takes half a minute else)."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and value of one field of any part."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[: 2 * LONGEST]


BOUNDED = Bounded()


def fields(mail: Message, name: str) -> Iterator[str]:
    """Every field of this name as sent (RFC 2047 words not yet decoded), unfolded, at most ``LONGEST`` characters."""
    wanted = name.lower()
    for place, (found, value) in enumerate(mail.raw_items()):
        if place >= MOST_FIELDS:
            return
        if found.lower() == wanted:
            yield " ".join(_readable(str(value)[:LONGEST]).split())


def field(mail: Message, name: str) -> str:
    """The first field of this name as sent; empty when there is none."""
    return next(fields(mail, name), "")


def word(mail: Message, name: str) -> str:
    """The first word of a field in lower case, without parameters or comment."""
    return re.split(r"[\s;(]", field(mail, name).strip().lower(), maxsplit=1)[0]


def text(mail: Message, name: str, limit: int) -> str:
    """A field for people to read, one line of at most ``limit`` characters."""
    return one_line(decoded(field(mail, name)), limit)


def decoded(value: str) -> str:
    """RFC 2047 words as text; what cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
    except ValueError:  # its own error for broken base64 is one
        return value
    return "".join(part if isinstance(part, str) else decoded_bytes(part, charset) for part, charset in parts)


def decoded_bytes(raw: bytes, charset: str | None) -> str:
    """Text of these bytes, in the charset they claim if there is one of that name, else in whichever fits."""
    try:
        codec = codecs.lookup((charset or "utf-8").strip().strip("\"'")[:40])
        if codec.name not in _ODD_CODECS:
            return raw.decode(codec.name, "replace" if charset and codec.name not in ("utf-8", "ascii") else "strict")
    except (LookupError, ValueError):
        pass  # no such charset, no text encoding at all, or bytes that it does not have
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("windows-1252", "replace")


def addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    """(display name, address) of a field, addresses in lower case; what is no address is left out."""
    try:
        found = getaddresses([field(mail, name)])
    except (ValueError, IndexError, RecursionError):  # comments within comments without end
        return []
    return [
        (one_line(decoded(shown), 255), tidy) for shown, address in found if (tidy := tidy_address(address)) is not None
    ]


def tidy_address(address: str) -> str | None:
    """An address in the one form it is known by; None when it is none."""
    tidy = clean(address).strip().lower()
    return tidy if len(tidy) <= MAX_ADDRESS and tidy.isprintable() and _ADDRESS.fullmatch(tidy) else None


def ids(mail: Message, name: str) -> tuple[str, ...]:
    """Message ids of a field (without the brackets), in order, each once; the last 50."""
    kept = [one for value in fields(mail, name) for one in _IDS.findall(value) if one.isprintable()]
    return tuple(dict.fromkeys(kept[-50:]))


def date(mail: Message) -> datetime | None:
    """When it says it was sent, aware; None when it does not say."""
    try:
        said = parsedate_to_datetime(field(mail, "date")[:100])
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _readable(value: str) -> str:
    """Raw bytes in a field (kept by the parser as surrogates) as the text they most likely are."""
    if value.isascii():
        return value
    return decoded_bytes(value.encode("utf-8", "surrogateescape"), None)
