"""Rules from outside: their runs, and what one would do (automation.md, Dry run). Admins only."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Manager, Principal, documented
from services.gateway.domain.listing import Wanted
from shared.contracts.contacts import ReadContact
from shared.contracts.conversation_commands import ReadConversation
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import ContactSnapshot, MessageSnapshot, ReadTimeline
from shared.contracts.rules import (
    PreviewRule,
    ReadRuns,
    RulePreview,
    RunPage,
    Sample,
    SampleContact,
    SampleConversation,
    SampleMessage,
)
from shared.contracts.settings import Rule
from shared.contracts.words import Direction, Status
from shared.errors import SwitchboardError
from shared.http import CleanRoute
from shared.store import Row

router = APIRouter(prefix="/api/rules", tags=["rules"], route_class=CleanRoute, dependencies=documented)

AT_ONCE = 8
MOST_STORED = 50
MOST_MESSAGES = 30
"""How far back in a conversation its latest message of the contact is looked for."""


class PreviewBody(BaseModel):
    """A rule as it would be saved, and what to try it on: a sample, or the ``last`` conversations."""

    rule: Rule
    sample: Sample | None = None
    last: int | None = Field(default=None, ge=1, le=MOST_STORED)


@router.get("/{id}/runs", responses={200: {"model": RunPage}, **errors()}, response_model=None)
async def runs(
    id: Annotated[str, Path(max_length=128)],
    _: Manager,
    asks: Asks,
    after: Annotated[str | None, Query(max_length=1024, description="`next` of the former page")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The runs of a rule, newest first: what it matched, what it was to do, what became of it, how long it took."""
    return answer(await asks.ask(ReadRuns(rule=id, after=after, limit=limit)))


@router.post("/preview", responses={200: {"model": RulePreview}, **errors()}, response_model=None)
async def preview(body: PreviewBody, manager: Manager, parts: PartsOf, asks: Asks) -> Response:
    """What a rule would do, condition by condition. Nothing is stored or sent.

    A stored conversation is tried with its latest message of the contact, as if that came now.
    """
    if body.last is not None:
        samples = await _stored(parts, manager, asks, body.last)
    else:
        samples = [body.sample or Sample()]
    if not samples:
        return answer(RulePreview(results=()))
    return answer(await asks.ask(PreviewRule(rule=body.rule, samples=tuple(samples))))


async def _stored(parts: Parts, manager: Principal, asks: Asking, last: int) -> list[Sample]:
    rows: list[Row] = []
    for status in (Status.NEW, Status.PENDING, Status.RESOLVED):
        page = await parts.rows.page(manager.access, Wanted(status=status, sort="newest"), None, last)
        rows += page.items
    rows.sort(key=lambda row: str(row.parts["conversation"]["last_message_at"] or ""), reverse=True)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> Sample | None:
        async with turns:
            return await _sample(asks, id)

    found = await asyncio.gather(*(one(row.id) for row in rows[:last]))
    return [sample for sample in found if sample is not None]


async def _sample(asks: Asking, id: str) -> Sample | None:
    """A stored conversation as a sample; None when it, or its owner, is not to be had."""
    try:
        read, page = await asyncio.gather(
            asks.ask(ReadConversation(conversation=id), part=id),
            asks.ask(ReadTimeline(conversation=id, limit=MOST_MESSAGES), part=id),
        )
        who = await asks.ask(ReadContact(contact=read.conversation.contact), part=id)
    except SwitchboardError:
        return None
    message = next((one for one in page.messages if one.direction is Direction.INBOUND), None)
    return Sample(
        id=id,
        message=None if message is None else _message(message, read.conversation),
        contact=_contact(who.contact),
        conversation=_conversation(read.conversation),
    )


def _message(message: MessageSnapshot, conversation: ConversationSnapshot) -> SampleMessage:
    opening = [ref.id for ref in conversation.inbound if ref.episode == conversation.episode and not ref.survey]
    return SampleMessage(
        text=message.text[:100_000],
        subject=message.subject,
        kind=message.kind,
        browser_language=message.browser_language,
        has_attachment=bool(message.attachments),
        first=opening[:1] == [message.id],
        automatic_reply=message.automatic_reply,
    )


def _contact(contact: ContactSnapshot) -> SampleContact:
    return SampleContact(
        id=contact.id,
        attributes=contact.attributes,
        groups=contact.groups,
        labels=contact.labels,
        language=contact.language,
    )


def _conversation(conversation: ConversationSnapshot) -> SampleConversation:
    return SampleConversation(
        channel=conversation.channel,
        medium=conversation.medium,
        visibility=conversation.visibility,
        kind=conversation.kind,
        status=conversation.status,
        substatus=conversation.substatus,
        owner=conversation.owner,
        team=conversation.team,
        topics=conversation.topics,
        labels=conversation.labels,
        tags=conversation.tags,
        language=conversation.language,
        subject=conversation.subject,
        priority_score=conversation.priority.score,
        episode=conversation.episode,
    )
