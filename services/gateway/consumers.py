"""Which event goes to which handler."""

from __future__ import annotations

from collections.abc import Sequence

from services.gateway.handlers import Facts, Records, Snapshots
from services.gateway.hearing import Hearing
from shared.bus import Row, consumes, hears
from shared.contracts.clocks import ClockChanged, SlaBreached, SlaCorrected, SlaLevelReached, SlaWarned
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversations import ConversationChanged
from shared.contracts.live import AgentMoved, PersonHint, PersonNotified, RowsTouched, SessionsEnded, TimelineHint
from shared.contracts.messages import MessageMasked
from shared.contracts.notices import AdminNotice, AdminNoticeWithdrawn
from shared.contracts.presence import AgentChanged
from shared.contracts.resources import ResourceChanged
from shared.contracts.surveys import AnswerRecorded


def table(snapshots: Snapshots, facts: Facts, records: Records, hearing: Hearing) -> Sequence[Row]:
    """The gateway's consumers; the verbs of its settings objects come from their owner."""
    return (
        consumes(ConversationChanged, facts.on_conversation_changed),
        consumes(MessageMasked, snapshots.on_masked),
        consumes(ContactChanged, snapshots.on_contact_changed),
        consumes(ClockChanged, snapshots.on_clock_changed),
        consumes(AnswerRecorded, snapshots.on_answered),
        consumes(SlaWarned, facts.on_alarm),
        consumes(SlaBreached, facts.on_alarm),
        consumes(SlaLevelReached, facts.on_alarm),
        consumes(SlaCorrected, facts.on_corrected),
        consumes(AdminNotice, facts.on_notice),
        consumes(AdminNoticeWithdrawn, facts.on_notice_withdrawn),
        consumes(AgentChanged, records.on_agent_changed),
        consumes(ResourceChanged, records.on_resource_changed),
        hears(RowsTouched, hearing.on_rows),
        hears(TimelineHint, hearing.on_timeline),
        hears(PersonHint, hearing.on_hint),
        hears(PersonNotified, hearing.on_notified),
        hears(AgentMoved, hearing.on_agent),
        hears(SessionsEnded, hearing.on_sessions_ended),
        hears(ResourceChanged, hearing.on_settings),
    )
