"""A customer's message arrives (T1, T11, T11a to T11c, T18a), and what ingest says of contacts and tags. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.entering import enter_new, enter_resolved, move, reroute
from services.routing.domain.episodes import know_contact, nothing_yet, open_episode, owner_of_new_episode
from services.routing.domain.invitation import hear
from services.routing.domain.overtaking import catch_up, put_back
from services.routing.domain.retracing import retrace
from services.routing.domain.sendings import position, readings
from services.routing.domain.turns import holding, settle
from shared.contracts.base import SYSTEM
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationSnapshot, InboundRef
from shared.contracts.facts import LanguageChanged, MessageAdded, Span
from shared.contracts.messages import MessageReceived, MessageSnapshot, MessageTagged
from shared.contracts.words import ClosedBy, Direction, Status

LISTED = 100
TRIAGE = timedelta(seconds=5)


def received(
    conversation: ConversationSnapshot | None,
    event: MessageReceived,
    desk: Desk,
    now: datetime,
    language: str | None = None,
) -> Decision:
    """An inbound message, in whatever state. ``language`` is the one detected in it, None when unsure or off.

    State and clocks follow its arrival (``received_at``), so what is heard late counts from when it came.
    """
    message = event.message
    if conversation is not None and any(ref.id == message.id for ref in conversation.inbound):
        return unchanged(conversation)
    before = conversation
    change = Change(
        before, conversation or nothing_yet(event), desk=desk, at=message.received_at, now=now, by=message.author
    )
    if before is not None:
        put_back(change)
        catch_up(change)
    if hear(change, message):
        _list(change, message, survey=True)
        return change.decide()
    if change.conversation.status is Status.RESOLVED:
        _open(change, event, language)
    else:
        _join(change, event, language)
    return change.decide()


def contact_changed(conversation: ConversationSnapshot, event: ContactChanged, desk: Desk, now: datetime) -> Decision:
    """The contact's name or groups changed: rescored and rerouted at once (RT-03, RT-13)."""
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=SYSTEM)
    if know_contact(change, event.contact) and conversation.status in (Status.NEW, Status.PENDING):
        reroute(change)
    return change.decide()


def tagged(conversation: ConversationSnapshot, event: MessageTagged, desk: Desk, now: datetime) -> Decision:
    """The union of the messages' tags, as of its number; an older union changes nothing (T18)."""
    if event.number <= conversation.tags_number:
        return unchanged(conversation)
    change = Change(conversation, conversation, desk=desk, at=event.at, now=now, by=event.by)
    change.set(tags=tuple(sorted(event.tags)), tags_number=event.number)
    if conversation.status in (Status.NEW, Status.PENDING):
        reroute(change)
    return change.decide()


def _open(change: Change, event: MessageReceived, language: str | None) -> None:
    """T1: the next episode, in triage if anything could touch it there; a muted contact's is resolved at once."""
    message = event.message
    open_episode(change, message.id, muted=event.muted)
    change.set(kind=message.kind)
    owner_of_new_episode(change)
    _note_message(change, event, language)
    if event.muted:
        move(change, Status.TRIAGE, None, "T1")
        settle(change)
        _say_added(change, message, first=True)
        enter_resolved(change, "T3", ClosedBy.MUTED)
        return
    if change.desk.could_touch(change.conversation.channel, change.conversation.visibility):
        move(change, Status.TRIAGE, None, "T1")
        change.set(triage_message=message.id, triage_until=change.now + TRIAGE)
    else:
        enter_new(change, "T1")
    settle(change)
    _say_added(change, message, first=True)


def _join(change: Change, event: MessageReceived, language: str | None) -> None:
    """T11 and T11a to T11c: it belongs to the running episode."""
    message = event.message
    era = change.conversation.ledger.era
    late = era is not None and change.at <= era.at and not _was_read(change, message)
    _note_message(change, event, language)
    _backdate_opening(change)
    if late and change.conversation.status is Status.PENDING:
        enter_new(change, "T11")
    else:
        retrace(change)
    if change.conversation.status is Status.NEW:
        reroute(change)
    settle(change)
    _say_added(change, message, first=False)


def _was_read(change: Change, message: MessageSnapshot) -> bool:
    """Whether a reply was written to this message, though it is heard of only now."""
    conversation = change.conversation
    read = readings(conversation)
    place = (message.received_at, message.id)
    return any(
        reply.seen == message.id or read[reply.id] >= place
        for reply in conversation.ledger.replies
        if reply.episode == conversation.episode
    )


def _note_message(change: Change, event: MessageReceived, language: str | None) -> None:
    """The message's place in arrival order, and what it tells about the contact and the language."""
    message = event.message
    know_contact(change, event.contact)
    _list(change, message)
    conversation = change.conversation
    latest = max(conversation.last_message_at or message.received_at, message.received_at)
    if conversation.inbound[-1].id == message.id:
        change.set(kind=message.kind)
    change.set(
        last_message_at=latest,
        last_inbound_at=max(conversation.last_inbound_at or message.received_at, message.received_at),
        subject=conversation.subject or message.subject,
        language=conversation.language or event.contact.language or message.browser_language,
    )
    _note_language(change, event, language)


def _note_language(change: Change, event: MessageReceived, detected: str | None) -> None:
    """AU-09: what was set by hand stays; of what was detected, the latest message by arrival counts."""
    conversation = change.conversation
    if conversation.language_manual:
        return
    if event.contact.language_manual:
        change.set(language=event.contact.language)
        return
    known = conversation.ledger.language_at
    if detected is None or (known is not None and known > change.at):
        return
    change.note(language_at=change.at)
    if detected != conversation.language:
        change.set(language=detected)
        change.say(LanguageChanged, by=SYSTEM, before=conversation.language, after=detected, detected=True)


def _list(change: Change, message: MessageSnapshot, *, survey: bool = False) -> None:
    ref = InboundRef(id=message.id, received_at=message.received_at, episode=change.conversation.episode, survey=survey)
    change.set(inbound=tuple(sorted((*change.conversation.inbound, ref), key=position))[-LISTED:])


def _say_added(change: Change, message: MessageSnapshot, *, first: bool) -> None:
    turn = holding(change.conversation, message.id)
    change.say(
        MessageAdded,
        message=message.id,
        direction=Direction.INBOUND,
        kind=message.kind,
        turn=turn.number if turn else None,
        first=first,
        length=len(message.text.strip()),
    )


def _backdate_opening(change: Change) -> None:
    """An earlier message of the same episode, heard of later: the episode began with it, never before the resolve."""
    conversation = change.conversation
    start = max(change.at, conversation.ledger.closed_at or change.at)
    opened_at = conversation.episode_opened_at
    if start >= opened_at:
        return
    change.set(episode_opened_at=start)
    if conversation.status_since == opened_at:
        change.set(status_since=start)
    if conversation.waiting_since == opened_at:
        change.set(waiting_since=start)
    if conversation.episode_spans and conversation.episode_spans[0].start == opened_at:
        change.set(episode_spans=_starting(conversation.episode_spans, start))
    stretches, era = conversation.ledger.new_spans, conversation.ledger.era
    if stretches and stretches[0].start == opened_at:
        change.note(new_spans=_starting(stretches, start))
    if era is not None and era.since == opened_at:
        change.note(era=era.model_copy(update={"since": start, "at": start if era.at == opened_at else era.at}))


def _starting(spans: tuple[Span, ...], start: datetime) -> tuple[Span, ...]:
    return (Span(start=start, end=spans[0].end), *spans[1:])
