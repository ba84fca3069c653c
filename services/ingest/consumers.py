"""Which event or command goes to which handler."""

from __future__ import annotations

from services.ingest.handlers.attaching import Attaching
from services.ingest.handlers.connecting import Connecting
from services.ingest.handlers.contacts import Contacts
from services.ingest.handlers.hearing import Hearing
from services.ingest.handlers.reading import Reading
from services.ingest.handlers.writing import Writing
from services.ingest.streams import Streams
from shared.bus import Row, answers, consumes, hears
from shared.contracts.channels import ReadChannelStates, TryChannel
from shared.contracts.contacts import ChangeContact, ListMuted, MuteContact, ReadContact
from shared.contracts.conversations import ConversationChanged, RuleActed
from shared.contracts.files import ReadAttachment, ReadOriginal, StoreAttachment
from shared.contracts.live import TimelineHint
from shared.contracts.messages import (
    EditNote,
    MaskMessage,
    ReadMessage,
    ReadNoteVersions,
    ReadTimeline,
    RetryMessage,
    SendMessage,
    StartConversation,
    TagMessage,
    WriteNote,
)

AT_ONCE = 300
"""Conversation changes in hand: their messages are marked as taken by one write a moment."""


def table(
    hearing: Hearing,
    writing: Writing,
    contacts: Contacts,
    reading: Reading,
    attaching: Attaching,
    connecting: Connecting,
    streams: Streams,
) -> tuple[Row, ...]:
    """Everything ingest consumes and answers."""
    return (
        consumes(ConversationChanged, hearing.on_conversation_changed, prefetch=AT_ONCE),
        consumes(RuleActed, hearing.on_rule_acted),
        hears(TimelineHint, streams.on_hint),
        answers(SendMessage, writing.send),
        answers(RetryMessage, writing.retry),
        answers(StartConversation, writing.start),
        answers(WriteNote, writing.write_note),
        answers(EditNote, writing.edit_note),
        answers(TagMessage, writing.tag),
        answers(MaskMessage, writing.mask),
        answers(ReadTimeline, reading.timeline),
        answers(ReadMessage, reading.message),
        answers(ReadContact, reading.contact),
        answers(ReadAttachment, reading.attachment),
        answers(ReadOriginal, reading.original),
        answers(ReadNoteVersions, reading.note_versions),
        answers(StoreAttachment, attaching.store),
        answers(TryChannel, connecting.attempt),
        answers(ReadChannelStates, connecting.states),
        answers(ChangeContact, contacts.change),
        answers(MuteContact, contacts.mute),
        answers(ListMuted, contacts.list_muted),
    )
