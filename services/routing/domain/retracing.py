"""Where deliveries have brought a conversation since the last act or timer, in the order of their own times. Pure.

Messages, replies, failures and boomerangs are heard of in any order. Each time one is heard, the status is worked out
anew from where the era began, so that the order of hearing does not matter (T9, T9c, T11, T12).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from services.routing.domain.decision import Change
from services.routing.domain.entering import ANSWERABLE, cancel_boomerang, enter_new, move
from services.routing.domain.sendings import Position, attempts, position, readings
from services.routing.domain.spans import clipped, united
from shared.contracts.conversations import Boomerang, ConversationSnapshot, Era, ReplyRef
from shared.contracts.facts import BoomerangChanged, Span
from shared.contracts.words import Status, Substatus


class Kind(IntEnum):
    """What happened, in the order in which things of one instant count."""

    MESSAGE = 1
    SENDING = 2
    FAILURE = 3
    BOOMERANG = 4


ROWS = {Kind.MESSAGE: "T11", Kind.SENDING: "T9", Kind.FAILURE: "T9c", Kind.BOOMERANG: "T12"}


@dataclass(slots=True)
class Course:
    """The way from the era's beginning: where it leads, since when, by what, and the stretches on it."""

    status: Status
    substatus: Substatus | None
    since: datetime
    row: str
    boomerang: Boomerang | None
    new_spans: tuple[Span, ...]
    episode_spans: tuple[Span, ...]
    fired: bool = False

    def to(self, status: Status, substatus: Substatus | None, at: datetime, row: str) -> None:
        """Go there at this instant; a boomerang set before it is over when it gets to new."""
        if status is self.status and (status is Status.NEW or substatus is self.substatus):
            return
        self.row = row
        if status is not self.status:
            if self.status is Status.NEW:
                self.new_spans = _cut(self.new_spans, at)
            if status is Status.NEW:
                self.new_spans = united(self.new_spans, [Span(start=at)])
            if self.status not in ANSWERABLE:
                self.episode_spans = united(self.episode_spans, [Span(start=at)])
            self.since = self.new_spans[-1].start if status is Status.NEW else at
        self.status, self.substatus = status, substatus
        if status is Status.NEW and self.boomerang is not None:
            self.boomerang = None


def retrace(change: Change) -> None:
    """Bring the status to where everything known leads; from triage and bot nothing leads by itself."""
    conversation = change.conversation
    era = conversation.ledger.era
    if era is None or era.status not in (*ANSWERABLE, Status.RESOLVED):
        return
    course = _followed(change, era)
    if course.fired:
        fire_boomerang(change)
    elif course.boomerang is None:
        cancel_boomerang(change)
    cause = change.at
    change.at = max(course.since, cause) if course.status is Status.NEW else course.since
    if course.status is not Status.NEW:
        move(change, course.status, course.substatus, course.row, delivery=True)
    elif change.conversation.status is not Status.NEW:
        enter_new(change, course.row, delivery=True)
    change.at = cause
    change.set(
        status_since=course.since,
        waiting_since=course.since if course.status is Status.NEW else None,
        episode_spans=course.episode_spans,
    )
    change.note(new_spans=course.new_spans)


def fire_boomerang(change: Change) -> None:
    """It is due: said with its note, and gone."""
    boomerang = change.conversation.boomerang
    if boomerang is not None:
        change.set(boomerang=None)
        change.say(BoomerangChanged, at=boomerang.at, what="fired", due=boomerang.at, note=boomerang.note)


def _followed(change: Change, era: Era) -> Course:
    conversation = change.conversation
    start = max(era.at, era.since)
    open_since = [Span(start=start)] if era.status is Status.NEW else []
    answerable = [Span(start=start)] if era.status in ANSWERABLE else []
    course = Course(
        status=era.status,
        substatus=era.substatus,
        since=era.since,
        row="",
        boomerang=era.boomerang,
        new_spans=united(_before(conversation.ledger.new_spans, start), open_since),
        episode_spans=united(_before(conversation.episode_spans, start), answerable),
    )
    unread = _Unread(conversation)
    answers = change.workflow.on_reply == "answered"
    for at, kind in _happenings(conversation, era, max(change.now, change.at)):
        match kind:
            case Kind.MESSAGE if course.status is Status.PENDING:
                course.to(Status.NEW, None, at, "T11")
            case Kind.SENDING if unread.at(at):
                if course.status is not Status.NEW:
                    course.to(Status.NEW, None, at, "T9")
            case Kind.SENDING if answers:
                course.to(Status.PENDING, Substatus.ANSWERED, at, "T9")
            case Kind.FAILURE if course.substatus is Substatus.ANSWERED or course.status is Status.RESOLVED:
                course.to(Status.NEW, None, at, "T9c")
            case Kind.BOOMERANG if course.status is Status.PENDING and course.boomerang is not None:
                course.fired = conversation.boomerang is not None
                course.to(Status.NEW, None, at, "T12")
            case _:
                pass
    return course


def _happenings(conversation: ConversationSnapshot, era: Era, horizon: datetime) -> list[tuple[datetime, Kind]]:
    """What happened after the era began, in the order of its own time."""
    found = [
        (ref.received_at, Kind.MESSAGE)
        for ref in conversation.inbound
        if ref.episode == conversation.episode and not ref.survey
    ]
    for reply in _own(conversation):
        found += [(sent, Kind.SENDING) for sent in reply.sent]
        found += [(instant, Kind.FAILURE) for instant in reply.failed]
    if era.boomerang is not None and era.boomerang.at <= horizon:
        found.append((era.boomerang.at, Kind.BOOMERANG))
    return sorted(one for one in found if one[0] > era.at)


class _Unread:
    """Tells whether, at some time, a message had come that no reply then on its way, or through, was written to."""

    def __init__(self, conversation: ConversationSnapshot) -> None:
        read = readings(conversation)
        self._messages: list[Position] = [
            position(ref)
            for ref in conversation.inbound
            if ref.episode == conversation.episode and not ref.survey and not ref.settled
        ]
        self._replies = [(read[reply.id], attempts(reply)) for reply in _own(conversation)]

    def at(self, instant: datetime) -> bool:
        """At this time."""
        came = [place for place in self._messages if place[0] <= instant]
        if not came:
            return False
        return all(
            place < came[-1]
            for place, ways in self._replies
            if any(way.start <= instant and (way.end is None or instant < way.end) for way in ways)
        )


def _own(conversation: ConversationSnapshot) -> list[ReplyRef]:
    return [reply for reply in conversation.ledger.replies if reply.episode == conversation.episode]


def _before(spans: Iterable[Span], start: datetime) -> tuple[Span, ...]:
    return tuple(piece for span in spans for piece in clipped([span], span.start, start))


def _cut(spans: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    return _before(spans, at)
