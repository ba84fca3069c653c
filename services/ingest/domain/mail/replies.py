"""What somebody wrote in a mail, apart from what the mail quotes. Pure; time grows with the length, nothing more.

Careful by intent: what is not surely a quotation stays, answers between quoted lines keep their quotations, and the
whole is always kept beside it. Known libraries take seconds or minutes on crafted text (docs/adr, mail).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_LINES = 5_000
LONGEST_LINE = 400
"""Longer lines are nobody's attribution or separator."""

_WROTE = (
    "wrote|writes|said|escribió|escribio|schrieb|geschrieben|a écrit|a ecrit|escreveu|ha scritto|scrisse|schreef"
    "|napisał|napisała|napisał[(]a[)]|skrev|kirjoitti|napsal|napsal[(]a[)]|napísal|írta|a scris|написал|написала|пишет"
    "|yazdı|va escriure|έγραψε|写道|님이 작성|のメール"
)
_ATTRIBUTION = re.compile(rf"(?:{_WROTE})(?!\w).{{0,120}}[:：]$|(?:写道|작성)[^:：]{{0,40}}[:：]$")
_BEGINS = re.compile(
    r"(?:on|el|am|le|il|em|op|dnia|w dniu|den|dne|na|στις|pe|tarih|\d+)\b|[^:]{1,80}<[^<>@\s]+@[^<>@\s]+>",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"[-_*]{2,}\s?(?:original (?:message|appointment)|originalnachricht|ursprüngliche nachricht|message d.origine"
    r"|mensaje original|mensagem original|messaggio originale|ursprungligt meddelande|oorspronkelijk bericht"
    r"|forwarded message|mensaje reenviado|weitergeleitete nachricht|message transféré|mensagem encaminhada"
    r"|messaggio inoltrato|reply message)\s?[-_*]{2,}",
    re.IGNORECASE,
)
_FROM = "from|de|von|da|van|od|från|fra|lähettäjä|feladó|от|kimden|发件人|보낸 사람|差出人|από"
_OTHERS = (
    "sent|date|to|cc|subject|enviado|enviado el|fecha|para|asunto|gesendet|datum|an|betreff|envoyé|envoyé le|à|objet"
    "|inviato|data|a|oggetto|assunto|enviada em|verzonden|aan|onderwerp|wysłano|do|temat|skickat|till|ämne|sendt|til"
    "|emne|reply-to|发送时间|收件人|主题|보낸 날짜|받는 사람|제목|送信日時|宛先|件名"
)
_FROM_LINE = re.compile(rf"[*\s>]*(?:{_FROM})\s?[*]?\s?[:：][*]?\s?\S", re.IGNORECASE)
_OTHER_LINE = re.compile(rf"[*\s>]*(?:{_OTHERS})\s?[*]?\s?[:：]", re.IGNORECASE)
_RULER = re.compile(r"[_=—-]{10,}|[-_*]{3,} ?[^-_*]{3,40} ?[-_*]{3,}")
_DASHED = re.compile(rf"-{{3,}} .{{0,200}}(?:{_WROTE}) ?-{{3,}}")
_ADDRESSED = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")


def written(text: str) -> tuple[str, bool]:
    """What was written, and whether something quoted was left out. The whole when nothing else would be left."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        return text.strip(), False
    end = _end_of_reply(lines)
    reply = "\n".join(lines[:end]).strip()
    if end == len(lines) or not reply:
        return text.strip(), False
    return reply, True


def _end_of_reply(lines: Sequence[str]) -> int:
    """The number of lines that are the reply."""
    for place, line in enumerate(lines):
        bare = line.strip()
        if not bare or len(bare) > LONGEST_LINE:
            continue
        if _ORIGINAL.fullmatch(bare) or _DASHED.fullmatch(bare) or _is_header_block(lines, place):
            return _before_ruler(lines, place)
        if bare.startswith(">"):
            if not _answers_follow(lines, place):
                return _before_attribution(lines, place)
        elif (start := _attribution(lines, place)) is not None and not _quotes_follow(lines, place + 1):
            return start
    return len(lines)


def _is_header_block(lines: Sequence[str], place: int) -> bool:
    """``From: …`` with two more fields of a mail right below, as mail programs copy them."""
    if not _FROM_LINE.match(lines[place][:LONGEST_LINE]):
        return False
    below = [line[:LONGEST_LINE] for line in lines[place + 1 : place + 8] if line.strip()]
    return sum(1 for line in below[:5] if _OTHER_LINE.match(line)) >= 2


def _attribution(lines: Sequence[str], place: int) -> int | None:
    """Where the ``On …, … wrote:`` that ends on this line began (at most two lines before); None when it is none."""
    for start in range(place, max(-1, place - 3), -1):
        joined = " ".join(line.strip() for line in lines[start : place + 1]).replace("< ", "<")
        if len(joined) > LONGEST_LINE or not lines[start].strip():
            return None
        if (_ATTRIBUTION.search(joined) and _BEGINS.match(joined)) or _is_dated(joined):
            return start
    return None


def _is_dated(line: str) -> bool:
    """A date, an address in brackets and a colon: an attribution in whatever language."""
    return line.endswith((":", "：")) and bool(_ADDRESSED.search(line)) and len(re.findall(r"\d{1,4}", line)) >= 3


def _quotes_follow(lines: Sequence[str], place: int) -> bool:
    """Whether the next line with something in it is quoted: then that decides."""
    return next((line.lstrip().startswith(">") for line in lines[place:] if line.strip()), False)


def _answers_follow(lines: Sequence[str], place: int) -> bool:
    """Whether something that is not quoted stands below this quoted line, other than the next attribution."""
    for number in range(place, len(lines)):
        bare = lines[number].strip()
        if bare.startswith(">") or not bare:
            continue
        if _ORIGINAL.fullmatch(bare[:LONGEST_LINE]) or _RULER.fullmatch(bare[:LONGEST_LINE]):
            return False
        return not _is_signature(lines, number)
    return False


def _is_signature(lines: Sequence[str], place: int) -> bool:
    return lines[place].rstrip() in ("--", "-- ")


def _before_attribution(lines: Sequence[str], place: int) -> int:
    """The line above the quoted ones belongs to them if it ends with a colon, whatever the language."""
    above = place - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above < 0:
        return place
    bare = lines[above].strip()
    if len(bare) > LONGEST_LINE or not bare.endswith((":", "：")):
        return place
    start = _attribution(lines, above)
    if start is not None:
        return start
    # Any language: a line with an address or two numbers in it is no sentence of the reply.
    told = "@" in bare or len(re.findall(r"\d{1,4}", bare)) >= 2
    return above if told else place


def _before_ruler(lines: Sequence[str], place: int) -> int:
    """A ruler right above belongs to what follows it."""
    above = place - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULER.fullmatch(lines[above].strip()[:LONGEST_LINE]) else place
