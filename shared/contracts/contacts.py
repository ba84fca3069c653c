"""Contacts: what ingest says of them and answers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.base import SYSTEM, Actor, Command, Contract, Event
from shared.contracts.messages import AttributeValue, ContactSnapshot, ThreadKey


class ContactChanged(Event):
    """A contact's snapshot, whole.

    ``changed`` names its fields that differ from the version before, so that who needs none of them may leave the
    event alone in whatever order versions are heard; None: any may. ``conversations`` are the contact's; where its
    language was detected, the one it was detected in.
    """

    type: ClassVar[str] = "contact.changed.v1"

    contact: ContactSnapshot
    changed: tuple[str, ...] | None = None
    conversations: tuple[str, ...] = ()

    def touches(self, *fields: str) -> bool:
        """Whether one of these fields of the snapshot may have changed."""
        return self.changed is None or not set(fields).isdisjoint(self.changed)


class ContactRead(Contract):
    """The contact and the thread keys of its conversations."""

    contact: ContactSnapshot
    threads: tuple[ThreadKey, ...] = ()


class ReadContact(Command[ContactRead]):
    """A contact by id."""

    type: ClassVar[str] = "ingest.read_contact"
    service: ClassVar[str] = "ingest"

    contact: str


class ChangeContact(Command[ContactRead]):
    """Edit a contact by hand: ``attributes`` are set, ``clear`` removed; a language set by hand stays (AU-09)."""

    type: ClassVar[str] = "ingest.change_contact"
    service: ClassVar[str] = "ingest"

    contact: str
    name: str | None = None
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    clear: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None
    language: str | None = None
    clear_language: bool = False
    vip: bool | None = None
    by: Actor = SYSTEM


class MuteContact(Command[ContactRead]):
    """Mute a contact on a channel, or no longer (CH-11): its new conversations there are resolved as they arrive.

    422 where muting is switched off for the channel; to unmute is always allowed.
    """

    type: ClassVar[str] = "ingest.mute_contact"
    service: ClassVar[str] = "ingest"

    contact: str
    channel: str
    muted: bool = True
    by: Actor = SYSTEM


class MutedPage(Contract):
    """A page of muted contacts."""

    items: tuple[ContactSnapshot, ...]
    next: str | None = None


class ListMuted(Command[MutedPage]):
    """Muted contacts, of one channel or of any."""

    type: ClassVar[str] = "ingest.list_muted"
    service: ClassVar[str] = "ingest"

    channel: str | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
