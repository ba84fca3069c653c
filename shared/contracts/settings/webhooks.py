"""Settings objects of automation: webhook subscriptions."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, HttpUrl

from shared.contracts.settings.base import SECRET, Name, ResourceModel
from shared.contracts.webhooks import PublicEvent


class Webhook(ResourceModel):
    """An address that is told what happens (automation.md, Webhooks out).

    Without events it is called only by what names it: rules, and records of conversations. ``secret`` signs what we
    send (Standard Webhooks); it is made when left out, and shown once.
    """

    kind: ClassVar[str] = "webhooks"
    owner: ClassVar[str] = "automation"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    url: HttpUrl = Field(title="Address (https)")
    events: tuple[PublicEvent, ...] = Field(default=(), title="Events (none: only what names it)")
    secret: str | None = Field(default=None, title="Signing secret", json_schema_extra=SECRET)
