"""Contacts changed by hand, by rules, and by detected languages."""

from __future__ import annotations

from collections.abc import Callable

from services.ingest.domain.attributes import misfits, tidy
from services.ingest.domain.contact import Contact, changed_event, edited, with_mute
from services.ingest.repository import IngestRepository
from shared.clock import Clock
from shared.contracts.base import Actor, Meta
from shared.contracts.contacts import ChangeContact, ContactRead, ListMuted, MuteContact, MutedPage
from shared.contracts.settings import Channel, ContactAttribute
from shared.errors import NotFound, Unprocessable
from shared.resources import Book
from shared.store import Decision
from shared.text import one_line


class Contacts:
    """The one way a contact changes after it first wrote."""

    def __init__(
        self, repository: IngestRepository, attributes: Book[ContactAttribute], channels: Book[Channel], clock: Clock
    ) -> None:
        self._repository = repository
        self._channels = channels
        self._attributes = attributes
        self._clock = clock

    async def change(self, command: ChangeContact, meta: Meta) -> ContactRead:
        """An edit by hand; 422 with the fields that do not fit."""
        try:
            attributes = tidy({**dict.fromkeys(command.clear), **command.attributes})
        except ValueError as error:
            raise Unprocessable(str(error), errors=[{"field": "attributes", "message": str(error)}]) from error
        if problems := misfits(attributes, self._attributes.all().values()):
            raise Unprocessable(f"{problems[0]['field']} {problems[0]['message']}.", errors=problems)
        now = self._clock.now()

        def edit(contact: Contact) -> Contact:
            return edited(
                contact,
                now,
                name=None if command.name is None else one_line(command.name, 255),
                attributes=attributes,
                labels=command.labels,
                language=None if command.language is None else one_line(command.language, 35),
                clear_language=command.clear_language,
                vip=command.vip,
            )

        contact = await self.apply(command.contact, meta, edit, by=command.by)
        return ContactRead(contact=contact.snapshot(), threads=await self._repository.threads_of(contact.id))

    async def mute(self, command: MuteContact, meta: Meta) -> ContactRead:
        """CH-11. 422 where muting is switched off for the channel."""
        await self.set_mute(command.contact, command.channel, meta, wanted=command.muted, by=command.by)
        contact = await self._repository.contacts.get(command.contact)
        if contact is None:
            raise NotFound("There is no such contact.")
        return ContactRead(contact=contact.snapshot(), threads=await self._repository.threads_of(contact.id))

    async def set_mute(self, contact: str, channel: str, cause: Meta, *, wanted: bool, by: Actor | None = None) -> None:
        """By a person, or a rule."""
        found = self._channels.get(channel)
        if wanted and (found is None or not found.muting):
            raise Unprocessable("Muting is switched off for this channel; an admin can switch it on.")
        now = self._clock.now()
        await self.apply(contact, cause, lambda current: with_mute(current, channel, now, wanted=wanted), by=by)

    async def list_muted(self, command: ListMuted, _meta: Meta) -> MutedPage:
        """Who is muted."""
        page = await self._repository.muted(command.channel, after=command.after, limit=command.limit)
        return MutedPage(items=tuple(one.snapshot() for one in page.items), next=page.next)

    async def apply(
        self,
        id: str,
        cause: Meta,
        edit: Callable[[Contact], Contact],
        *,
        by: Actor | None = None,
        detected_in: str | None = None,
    ) -> Contact:
        """Change a contact by a pure function and say so; the very same contact returned says nothing.

        The event names all its conversations, or for what was detected in one, and shows in none, that one.
        """
        if detected_in is not None:
            conversations: tuple[str, ...] = (detected_in,)
        else:
            conversations = tuple(thread.conversation for thread in await self._repository.threads_of(id))

        def decide(current: Contact | None) -> Decision[Contact] | None:
            if current is None:
                raise NotFound("There is no such contact.")
            after = edit(current)
            if after is current:
                return None
            return Decision(after, says=lambda saved: (changed_event(current, saved, conversations),), actor=by)

        outcome = await self._repository.contacts.change(id, cause, decide)
        if outcome.state is None:
            raise NotFound("There is no such contact.")
        return outcome.state
