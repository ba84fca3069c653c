"""Contact cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.models import ContactView
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Manager, Me, Principal, documented, unseen
from services.gateway.domain.access import Action, OnChannel
from services.gateway.domain.row import placed
from shared.contracts.contacts import ChangeContact, ContactRead, ListMuted, MuteContact, MutedPage, ReadContact
from shared.contracts.messages import AttributeValue
from shared.errors import Forbidden, NotFound
from shared.http import CleanRoute
from shared.store import Row

router = APIRouter(prefix="/api/contacts", tags=["contacts"], route_class=CleanRoute, dependencies=documented)

ContactId = Annotated[str, Path(max_length=64)]
ChannelId = Annotated[str, Path(max_length=128)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]


class ContactEdit(BaseModel):
    """What to change; what is absent stays. ``attributes`` are set, those in ``clear`` removed."""

    name: Annotated[str, StringConstraints(max_length=255)] | None = None
    attributes: dict[Word, bool | Number | LongText | list[LongText]] = Field(default={}, max_length=100)
    clear: list[Word] = Field(default=[], max_length=100)
    labels: list[Word] | None = Field(default=None, max_length=100)
    language: Annotated[str, StringConstraints(min_length=2, max_length=16)] | None = None
    clear_language: bool = False
    vip: bool | None = None


async def _threads(parts: Parts, principal: Principal, read: ContactRead) -> Sequence[Row]:
    """The contact's conversations that he may see; a contact none of whose conversations he sees is not there."""
    found = await parts.rows.get_many(thread.conversation for thread in read.threads)
    rows = [row for row in found.values() if parts.rows.seen(principal.access, row)]
    if not rows and not principal.may(Action.MANAGE_SETTINGS):
        raise unseen("contact")
    return rows


def _shown(parts: Parts, principal: Principal, read: ContactRead, rows: Sequence[Row]) -> Response:
    visible = {row.id for row in rows}
    newest = sorted(rows, key=lambda row: row.parts["conversation"]["last_message_at"], reverse=True)
    return answer(
        {
            "contact": parts.workspace.displayed(read.contact, machine=principal.session is None),
            "threads": [thread for thread in read.threads if thread.conversation in visible],
            "conversations": [parts.rows.shown(row) for row in newest],
        }
    )


async def _read(asks: Asks, id: str) -> ContactRead:
    try:
        return await asks.ask(ReadContact(contact=id))
    except NotFound as error:
        raise unseen("contact") from error


@router.get("/muted", responses={200: {"model": MutedPage}, **errors()}, response_model=None)
async def muted(
    _: Manager,
    asks: Asks,
    channel: Annotated[str | None, Query(max_length=128)] = None,
    after: Annotated[str | None, Query(max_length=1024, description="`next` of the former page")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Contacts that are muted, on a channel or on any (CH-11)."""
    return answer(await asks.ask(ListMuted(channel=channel, after=after, limit=limit)))


@router.put("/{id}/mutes/{channel}", responses={200: {"model": ContactView}, **errors(404)}, response_model=None)
async def mute(id: ContactId, channel: ChannelId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Mute the contact on a channel: new conversations are resolved as they arrive; open ones stay as they are."""
    return await _mute(id, channel, principal, parts, asks, muted=True)


@router.delete("/{id}/mutes/{channel}", responses={200: {"model": ContactView}, **errors(404)}, response_model=None)
async def unmute(id: ContactId, channel: ChannelId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Hear the contact again."""
    return await _mute(id, channel, principal, parts, asks, muted=False)


async def _mute(id: str, channel: str, principal: Principal, parts: Parts, asks: Asking, *, muted: bool) -> Response:
    rows = await _threads(parts, principal, await _read(asks, id))
    principal.need(Action.EDIT_CONTACT, OnChannel(channel))
    changed = await asks.ask(MuteContact(contact=id, channel=channel, muted=muted, by=principal.actor))
    await parts.taking_in.contact(changed.contact, [thread.conversation for thread in changed.threads])
    return _shown(parts, principal, changed, rows)


@router.get("/{id}", responses={200: {"model": ContactView}, **errors(404)}, response_model=None)
async def contact(id: ContactId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """A contact with whom you may see a conversation."""
    read = await _read(asks, id)
    return _shown(parts, principal, read, await _threads(parts, principal, read))


@router.patch("/{id}", responses={200: {"model": ContactView}, **errors(404)}, response_model=None)
async def edit(id: ContactId, body: ContactEdit, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Edit a contact by hand."""
    rows = await _threads(parts, principal, await _read(asks, id))
    places = [place for row in rows if (place := placed(row.parts)) is not None]
    if places and not any(principal.may(Action.EDIT_CONTACT, place) for place in places):
        raise Forbidden("You do not have the right to do this.")
    attributes: dict[str, AttributeValue] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in body.attributes.items()
    }
    command = ChangeContact(
        contact=id,
        name=body.name,
        attributes=attributes,
        clear=tuple(body.clear),
        labels=tuple(body.labels) if body.labels is not None else None,
        language=body.language,
        clear_language=body.clear_language,
        vip=body.vip,
        by=principal.actor,
    )
    changed = await asks.ask(command)
    await parts.taking_in.contact(changed.contact, [thread.conversation for thread in changed.threads])
    return _shown(parts, principal, changed, rows)
