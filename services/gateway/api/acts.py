"""Acting on conversations: one, many at once, the next in line, and hints to colleagues."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.conversations import ConversationId, permitted, visible
from services.gateway.api.models import BulkAnswer, MessageAnswer, RowAnswer
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, documented
from services.gateway.domain.access import Action, OnChannel
from services.gateway.domain.row import placed
from shared.contracts.acts import Act, AssignOwner, AssignTeam, ChangeTopics, Resolve, RuleAction, SetNew, SetPending
from shared.contracts.conversation_commands import ActOnConversation, ConversationReply, TakeNext
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.live import PersonHint
from shared.contracts.messages import StartConversation
from shared.contracts.words import OwnerKind, Visibility
from shared.errors import Conflict, SwitchboardError, Unprocessable
from shared.http import CleanRoute
from shared.store import Row

router = APIRouter(prefix="/api/conversations", tags=["conversations"], route_class=CleanRoute, dependencies=documented)

AT_ONCE = 8
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class ActBody(BaseModel):
    """What to do. ``seen`` and ``status_number`` guard status, owner and resolve (409 if something came between)."""

    act: Act
    seen: Id | None = None
    status_number: int | None = Field(default=None, ge=0, le=2**53)


class BulkBody(BaseModel):
    """The same act for many (WF-27)."""

    ids: list[Id] = Field(min_length=1, max_length=200)
    act: Act


class StartBody(BaseModel):
    """A message to a known contact, without being asked (CH-14)."""

    channel: Id
    address: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    visibility: Visibility = Visibility.PRIVATE
    subject: Annotated[str, StringConstraints(max_length=500)] | None = None
    text: Text


class HintBody(BaseModel):
    """What you are doing in it."""

    what: Literal["viewing", "typing"]


def needed(act: Act | RuleAction) -> Action:
    """The right that an act asks for."""
    match act:
        case AssignOwner() | AssignTeam():
            return Action.ASSIGN
        case SetNew() | SetPending() | Resolve() | ChangeTopics():
            return Action.TRIAGE
        case _:
            return Action.ARRANGE


def check_target(parts: Parts, act: Act | RuleAction, channel: str) -> None:
    """Only who may reply there can be given a conversation (WF-13, AG-04)."""
    if isinstance(act, AssignOwner) and act.owner is not None and act.owner.kind is OwnerKind.AGENT:
        if act.owner.id not in parts.people.assignable(channel):
            raise Unprocessable("This agent cannot be given conversations of this channel.")
    elif isinstance(act, AssignTeam) and act.team is not None and not parts.workspace.has_team(act.team):
        raise Unprocessable("There is no such team.")


async def answered(parts: Parts, reply: ConversationReply) -> dict[str, Any] | None:
    """The row with the reply taken in, so that people read their own writes."""
    await parts.taking_in.conversation(reply.conversation)
    found = await parts.rows.get_many((reply.conversation.id,))
    row = found.get(reply.conversation.id)
    return parts.rows.shown(row) if row is not None else None


async def refused(parts: Parts, refusal: Conflict) -> Conflict:
    """The same refusal with the current row in place of the owner's snapshot."""
    try:
        snapshot = ConversationSnapshot.model_validate(refusal.extra.get("current"))
    except ValidationError:
        return refusal
    row = await answered(parts, ConversationReply(conversation=snapshot))
    return type(refusal)(refusal.detail, **{**refusal.extra, "current": row})


async def _act(parts: Parts, asks: Asking, row: Row, command: ActOnConversation) -> dict[str, Any] | None:
    check_target(parts, command.act, row.parts["conversation"]["channel"])
    try:
        reply = await asks.ask(command, part=command.conversation)
    except Conflict as refusal:
        raise await refused(parts, refusal) from refusal
    return await answered(parts, reply)


@router.post("/{id}/acts", responses={200: {"model": RowAnswer}, **errors(404, 409)}, response_model=None)
async def act(id: ConversationId, body: ActBody, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Any act: status, owner, team, topics, labels, boomerang, priority, language. Answers the row after it."""
    row = await permitted(parts, principal, id, needed(body.act))
    command = ActOnConversation(
        conversation=id, act=body.act, by=principal.actor, seen=body.seen, status_number=body.status_number
    )
    return answer({"row": await _act(parts, asks, row, command)})


@router.post("/acts", responses={200: {"model": BulkAnswer}, **errors()}, response_model=None)
async def bulk(body: BulkBody, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """The same act for many conversations; one result each, and one audit line each, marked as bulk (WF-27)."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> dict[str, Any]:
        async with turns:
            try:
                row = await permitted(parts, principal, id, needed(body.act))
                command = ActOnConversation(conversation=id, act=body.act, by=principal.actor, bulk=True)
                return {"id": id, "status": 200, "row": await _act(parts, asks, row, command)}
            except SwitchboardError as error:
                return {"id": id, "status": error.status, "code": error.code, "detail": error.detail}

    return answer({"results": await asyncio.gather(*(one(id) for id in dict.fromkeys(body.ids)))})


@router.post("/next", responses={200: {"model": RowAnswer}, **errors(404)}, response_model=None)
async def take_next(principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Take the conversation that is first in line for you (RT-16); 404 when none waits."""
    reply = await asks.ask(TakeNext(agent=principal.person().user))
    return answer({"row": await answered(parts, reply)})


@router.post("", status_code=201, responses={201: {"model": MessageAnswer}, **errors(404)}, response_model=None)
async def start(body: StartBody, principal: Me, asks: Asks) -> Response:
    """Write first to a known contact (CH-14). The row follows as soon as routing has taken it."""
    principal.need(Action.START, OnChannel(body.channel))
    command = StartConversation(
        channel=body.channel,
        address=body.address,
        visibility=body.visibility,
        subject=body.subject,
        text=body.text,
        by=principal.actor,
    )
    sent = await asks.ask(command)
    return answer({"message": sent.message, "row": None}, 201)


@router.post("/{id}/hint", status_code=204, responses=errors(404))
async def hint(id: ConversationId, body: HintBody, principal: Me, parts: PartsOf) -> Response:
    """Tell colleagues that you view it or type in it (WF-15). Nothing is kept."""
    row = await visible(parts, principal, id)
    if placed(row.parts) is not None:
        await parts.broadcast(PersonHint(conversation=id, user=principal.person().user, what=body.what))
    return nothing()
