"""Contacts: who writes to us, what we know of them, and how that changes (CT-01 onwards). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.contacts import ContactChanged
from shared.contracts.messages import AttributeValue, ContactSnapshot
from shared.contracts.settings import Channel
from shared.contracts.words import Medium
from shared.ids import derived

MAX_ATTRIBUTES = 100
VIP_GROUP = "VIP"
"""The group of every contact promoted to VIP (RT-17), for skill sets and priorities to name."""
_OWN_ADDRESSES = frozenset({Medium.WEBHOOK, Medium.WEBCHAT})
"""Media whose addresses mean something on one channel only; the others' (phone, mail) name a person everywhere."""


class Identity(Contract):
    """One address on a medium; ``scope`` is the channel where addresses are its own, else empty."""

    medium: Medium
    scope: str
    address: str

    @property
    def id(self) -> str:
        """The key of the identity, one contact each."""
        return derived("identity", self.medium, self.scope, self.address)

    @property
    def first_contact(self) -> str:
        """The contact that this identity makes when it writes first; two who race make the same one."""
        return derived("contact", self.medium, self.scope, self.address)


class Contact(Contract):
    """The person writing to us. ``identities`` holds all addresses, the first one shown."""

    id: str
    version: int = 0
    name: str = ""
    identities: tuple[Identity, ...] = ()
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    groups: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    language: str | None = None
    language_manual: bool = False
    vip: bool = False
    named_by_hand: bool = False
    muted_on: tuple[str, ...] = ()
    created_at: Instant
    changed_at: Instant

    def snapshot(self, address: str | None = None) -> ContactSnapshot:
        """What others see; ``address`` is the one it is about, else the first."""
        first = self.identities[0].address if self.identities else ""
        return ContactSnapshot(
            id=self.id,
            version=self.version,
            name=self.name,
            address=first if address is None else address,
            attributes=self.attributes,
            groups=(*self.groups, VIP_GROUP) if self.vip else self.groups,
            labels=self.labels,
            language=self.language,
            language_manual=self.language_manual,
            vip=self.vip,
            muted_on=self.muted_on,
        )


def identity(medium: Medium, channel: str, address: str) -> Identity:
    """The identity behind an address on a channel."""
    return Identity(medium=medium, scope=channel if medium in _OWN_ADDRESSES else "", address=address)


def fresh(identity: Identity, name: str, attributes: Mapping[str, AttributeValue | None], now: datetime) -> Contact:
    """A contact that writes for the first time."""
    known = {key: value for key, value in attributes.items() if value is not None}
    return Contact(
        id=identity.first_contact,
        name=name,
        identities=(identity,),
        attributes=dict(list(known.items())[:MAX_ATTRIBUTES]),
        created_at=now,
        changed_at=now,
    )


def told(contact: Contact, name: str, attributes: Mapping[str, AttributeValue | None], now: datetime) -> Contact:
    """What a network says of the sender: a name unless one was set by hand, attributes set (None clears).

    The very same contact when nothing changes.
    """
    merged = _with_attributes(contact.attributes, attributes)
    renamed = contact.name if contact.named_by_hand or not name else name
    if merged == contact.attributes and renamed == contact.name:
        return contact
    return contact.model_copy(update={"name": renamed, "attributes": merged, "changed_at": now})


def detected(contact: Contact, language: str, now: datetime) -> Contact:
    """A detected language is written unless one was set by hand (AU-09)."""
    if contact.language_manual or contact.language == language:
        return contact
    return contact.model_copy(update={"language": language, "changed_at": now})


def edited(
    contact: Contact,
    now: datetime,
    *,
    name: str | None = None,
    attributes: Mapping[str, AttributeValue | None] | None = None,
    labels: tuple[str, ...] | None = None,
    language: str | None = None,
    clear_language: bool = False,
    vip: bool | None = None,
) -> Contact:
    """An edit by hand. Clearing the language lets detection write it again (AU-09). Same contact if all is so."""
    after = contact.model_copy(
        update={
            "name": contact.name if name is None else name,
            "named_by_hand": contact.named_by_hand or (name is not None and name != contact.name),
            "attributes": _with_attributes(contact.attributes, attributes or {}),
            "labels": contact.labels if labels is None else tuple(dict.fromkeys(labels)),
            "vip": contact.vip if vip is None else vip,
        }
    )
    if clear_language:
        after = after.model_copy(update={"language": None, "language_manual": False})
    elif language is not None:
        after = after.model_copy(update={"language": language, "language_manual": True})
    return contact if after == contact else after.model_copy(update={"changed_at": now})


def changed_event(before: Contact, saved: Contact, conversations: tuple[str, ...]) -> ContactChanged:
    """What is said of a change, with the fields that differ."""
    former, now = before.snapshot(), saved.snapshot()
    differ = (name for name in type(now).model_fields if getattr(former, name) != getattr(now, name))
    changed = tuple(name for name in differ if name != "version")
    return ContactChanged(contact=now, changed=changed, conversations=conversations)


def muted(contact: Contact, channel: str) -> bool:
    """Whether somebody muted this contact on the channel (CH-11)."""
    return channel in contact.muted_on


def silenced(contact: Contact, settings: Channel | None, channel: str) -> bool:
    """Whether what he writes there is resolved at once: muted, while the channel's settings allow muting (CH-11)."""
    return settings is not None and settings.silences(contact.muted_on, channel)


def with_mute(contact: Contact, channel: str, now: datetime, *, wanted: bool) -> Contact:
    """Muted on the channel, or no longer; the very same contact where it is so already."""
    if muted(contact, channel) is wanted:
        return contact
    others = tuple(one for one in contact.muted_on if one != channel)
    return contact.model_copy(update={"muted_on": (*others, channel) if wanted else others, "changed_at": now})


def _with_attributes(
    known: Mapping[str, AttributeValue], said: Mapping[str, AttributeValue | None]
) -> dict[str, AttributeValue]:
    merged = {**known, **{key: value for key, value in said.items() if value is not None}}
    kept = {key: value for key, value in merged.items() if said.get(key, value) is not None}
    return dict(list(kept.items())[:MAX_ATTRIBUTES])
