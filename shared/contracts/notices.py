"""Notices to admins: something that runs by itself has stopped and needs a person."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from shared.contracts.base import Event, Instant


class NoticeKind(StrEnum):
    """What has stopped. Each is a kind of notification too (AG-10)."""

    WEBHOOK_OFF = "webhook_off"
    VIRTUAL_AGENT_FAILING = "virtual_agent_failing"
    AUTOMATION_STOPPED = "automation_stopped"
    MAILBOX_FAILING = "mailbox_failing"


class AdminNotice(Event):
    """Every active admin is told once for each event id.

    ``kind`` and ``id`` name the settings object it is about (for example ``webhooks``), ``name`` is its name as of
    then, ``reason`` a sentence; ``conversation`` where it is about one.
    """

    type: ClassVar[str] = "admin.notice.v1"

    notice: NoticeKind
    at: Instant
    kind: str = ""
    id: str = ""
    name: str = ""
    reason: str = ""
    conversation: str | None = None


class AdminNoticeWithdrawn(Event):
    """What ``notice``, said as event ``told``, was about works again by itself: it is taken back from every admin."""

    type: ClassVar[str] = "admin.notice_withdrawn.v1"

    told: str
    notice: AdminNotice
