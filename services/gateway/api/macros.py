"""Macros (AU-22): lists of actions run by hand on one or many conversations; shared by admins, or your own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response
from pydantic import BaseModel, Field

from services.gateway.api.acts import AT_ONCE, Id, answered, check_target, needed, refused
from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.asking import Asking, Asks
from services.gateway.api.conversations import ConversationId, visible
from services.gateway.api.models import BulkAnswer, KindView, RowAnswer
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import Me, Principal, documented, unseen
from services.gateway.api.settings import ChangedMeanwhile, IfMatch, expected, kind_view, stored_answer
from services.gateway.domain.access import Action
from services.gateway.domain.row import placed
from shared.contracts.acts import (
    MuteContactAct,
    RuleAction,
    RuleRun,
    SendTextAct,
    SetAttribute,
    TagMessageAct,
    WriteNoteAct,
)
from shared.contracts.base import Command
from shared.contracts.contacts import ChangeContact, MuteContact
from shared.contracts.conversation_commands import ConversationReply, RunMacro
from shared.contracts.messages import SendMessage, TagMessage, WriteNote
from shared.contracts.resources import (
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    Stored,
    StoredPage,
    UpdateResource,
)
from shared.contracts.settings import Macro
from shared.errors import Conflict, NotFound, StaleVersion, SwitchboardError
from shared.http import CleanRoute
from shared.ids import derived
from shared.store import Row

router = APIRouter(prefix="/api", tags=["macros"], route_class=CleanRoute, dependencies=documented)

MOST_MACROS = 1000
MacroId = Annotated[str, Path(max_length=128)]
MacroValue = Annotated[Macro, Body(description="`user` absent: shared, which only admins may save")]


class MacroBody(BaseModel):
    """Which macro. ``seen`` and ``status_number`` guard as for acts."""

    macro: Id
    seen: Id | None = None
    status_number: int | None = Field(default=None, ge=0, le=2**53)


class BulkMacroBody(BaseModel):
    """The same macro for many."""

    ids: list[Id] = Field(min_length=1, max_length=200)
    macro: Id


class MacroAnswer(RowAnswer):
    """The row after it, and what was refused (act and reason); the rest was done."""

    failed: list[str]


# --- keeping them --------------------------------------------------------------------------------------------------


@router.get("/macros", responses={200: {"model": StoredPage}, **errors()}, response_model=None)
async def macros(principal: Me, asks: Asks) -> Response:
    """The shared ones and your own, by name."""
    page = await asks.ask(ListResources(kind=Macro.kind, limit=MOST_MACROS), service=Macro.owner)
    mine = [one for one in page.items if one.value.get("user") in (None, principal.access.id)]
    return answer(StoredPage(items=tuple(mine), next=None))


@router.get("/macros/form", responses={200: {"model": KindView}, **errors()}, response_model=None)
async def form(_: Me) -> Response:
    """What the form of a macro is drawn from; agents, who read no settings, keep macros of their own."""
    return answer(kind_view(Macro))


@router.post("/macros", status_code=201, responses={201: {"model": Stored}, **errors(409)}, response_model=None)
async def create(value: MacroValue, principal: Me, asks: Asks) -> Response:
    """A macro of your own, or a shared one."""
    _may_keep(principal, value.user)
    command = CreateResource(kind=Macro.kind, value=value.model_dump(mode="json"), by=principal.actor)
    return stored_answer(await asks.ask(command, service=Macro.owner), 201)


@router.put("/macros/{id}", responses={200: {"model": Stored}, **errors(404, 409, 412, 428)}, response_model=None)
async def replace(id: MacroId, value: MacroValue, principal: Me, asks: Asks, if_match: IfMatch = None) -> Response:
    """Replace a macro that you may change. 412 with ``current`` when somebody changed it first."""
    version = expected(if_match)
    _may_keep(principal, (await _macro(asks, principal, id)).user)
    _may_keep(principal, value.user)
    given = value.model_dump(mode="json")
    command = UpdateResource(kind=Macro.kind, id=id, version=version, value=given, by=principal.actor)
    try:
        return stored_answer(await asks.ask(command, service=Macro.owner))
    except StaleVersion as stale:
        raise ChangedMeanwhile(stale.detail, **stale.extra) from stale


@router.delete("/macros/{id}", status_code=204, responses=errors(404, 412, 428))
async def delete(id: MacroId, principal: Me, asks: Asks, if_match: IfMatch = None) -> Response:
    """Delete a macro that you may change."""
    version = expected(if_match)
    _may_keep(principal, (await _macro(asks, principal, id)).user)
    try:
        command = DeleteResource(kind=Macro.kind, id=id, version=version, by=principal.actor)
        await asks.ask(command, service=Macro.owner)
    except StaleVersion as stale:
        raise ChangedMeanwhile(stale.detail, **stale.extra) from stale
    return nothing()


def _may_keep(principal: Principal, user: str | None) -> None:
    if user is None or user != principal.access.id:
        principal.need(Action.MANAGE_SETTINGS)


async def _macro(asks: Asking, principal: Principal, id: str) -> Macro:
    """A macro that he may run; somebody else's own one is not there."""
    try:
        read = await asks.ask(ReadResource(kind=Macro.kind, id=id), service=Macro.owner, part=id)
    except NotFound as error:
        raise unseen("macro") from error
    macro = Macro.model_validate(read.value)
    if macro.user not in (None, principal.access.id) and not principal.may(Action.MANAGE_SETTINGS):
        raise unseen("macro")
    return macro


# --- running them --------------------------------------------------------------------------------------------------


@router.post("/conversations/macro", responses={200: {"model": BulkAnswer}, **errors(404)}, response_model=None)
async def bulk(body: BulkMacroBody, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """A macro for many conversations; one result each."""
    macro = await _macro(asks, principal, body.macro)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> dict[str, Any]:
        async with turns:
            try:
                running = Running(parts, principal, asks, body.macro, macro, bulk=True)
                return {"id": id, "status": 200, **await running.run(id)}
            except SwitchboardError as error:
                return {"id": id, "status": error.status, "code": error.code, "detail": error.detail}

    return answer({"results": await asyncio.gather(*(one(id) for id in dict.fromkeys(body.ids)))})


@router.post(
    "/conversations/{id}/macro", responses={200: {"model": MacroAnswer}, **errors(404, 409)}, response_model=None
)
async def run(id: ConversationId, body: MacroBody, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Run a macro: its actions in listed order, resolve last. What is refused is in ``failed``; the rest is done."""
    macro = await _macro(asks, principal, body.macro)
    running = Running(parts, principal, asks, body.macro, macro)
    return answer(await running.run(id, seen=body.seen, status_number=body.status_number))


class Running:
    """One macro of one person. What he may not do, none of it is done."""

    def __init__(
        self, parts: Parts, principal: Principal, asks: Asking, id: str, macro: Macro, *, bulk: bool = False
    ) -> None:
        self._parts = parts
        self._principal = principal
        self._asks = asks
        self._id = id
        self._macro = macro
        self._bulk = bulk

    async def run(self, id: str, *, seen: str | None = None, status_number: int | None = None) -> dict[str, Any]:
        """Messages, notes, tags and the contact first, so that a resolve is last; then one command for the rest."""
        row = await visible(self._parts, self._principal, id)
        for action in self._macro.actions:
            self._principal.need(needed_for(action), placed(row.parts))
        written = [command for action in self._macro.actions if (command := self._command(action, id, row, seen))]
        if written:  # a message of our own moves what the guard looks at, so it is looked at before
            check_fresh(self._parts.rows.shown(row), seen, status_number)
            seen, status_number = None, None
        failed = [text for place, (act, one) in enumerate(written) if (text := await self._do(act, one, id, place))]
        return await self._rest(id, row, failed, seen=seen, status_number=status_number)

    async def _do(self, act: str, command: Command[Any], id: str, place: int) -> str | None:
        try:
            await self._asks.ask(command, part=f"{id} {place}")
        except SwitchboardError as error:
            return f"{act}: {error.detail}"
        return None

    async def _rest(
        self, id: str, row: Row, failed: list[str], *, seen: str | None, status_number: int | None
    ) -> dict[str, Any]:
        actions: list[RuleAction] = []
        for action in self._macro.actions:
            problem = await self._wrong_target(action, row)
            if problem is None:
                actions.append(action)
            else:
                failed.append(f"{action.act}: {problem}")
        ran = RuleRun(
            run=derived("macro", self._asks.name, self._id, id),
            rule=self._id,
            name=self._macro.name,
            actions=tuple(actions),
        )
        command = RunMacro(
            conversation=id,
            run=ran,
            by=self._principal.actor,
            seen=seen,
            status_number=status_number,
            failed=tuple(failed),
            bulk=self._bulk,
        )
        try:
            reply = await self._asks.ask(command, part=id)
        except Conflict as refusal:
            raise await refused(self._parts, refusal) from refusal
        shown = await answered(self._parts, ConversationReply(conversation=reply.conversation))
        return {"row": shown, "failed": list(reply.failed)}

    async def _wrong_target(self, action: RuleAction, row: Row) -> str | None:
        try:
            check_target(self._parts, action, row.parts["conversation"]["channel"])
        except SwitchboardError as error:
            return error.detail
        return None

    def _command(self, action: RuleAction, id: str, row: Row, seen: str | None) -> tuple[str, Command[Any]] | None:
        """What ingest does of a macro, in the person's name; None for the rest."""
        by, contact = self._principal.actor, row.parts["conversation"]["contact"]
        match action:
            case SendTextAct():
                return action.act, SendMessage(conversation=id, text=action.text, seen=seen, by=by)
            case WriteNoteAct():
                return action.act, WriteNote(conversation=id, text=action.text, by=by)
            case TagMessageAct():
                return action.act, TagMessage(conversation=id, add=action.add, remove=action.remove, by=by)
            case SetAttribute():
                return action.act, ChangeContact(contact=contact, attributes={action.attribute: action.value}, by=by)
            case MuteContactAct():
                channel = row.parts["conversation"]["channel"]
                return action.act, MuteContact(contact=contact, channel=channel, muted=action.muted, by=by)
            case _:
                return None


def needed_for(action: RuleAction) -> Action:
    """The right that an action of a macro asks for."""
    match action:
        case SendTextAct():
            return Action.REPLY
        case WriteNoteAct():
            return Action.NOTE
        case TagMessageAct():
            return Action.TRIAGE
        case SetAttribute() | MuteContactAct():
            return Action.EDIT_CONTACT
        case _:
            return needed(action)


def check_fresh(row: Mapping[str, Any], seen: str | None, status_number: int | None) -> None:
    """409 when the row shows something newer than the person saw."""
    if status_number is not None and row["status_number"] != status_number:
        raise StaleVersion("Status or owner changed meanwhile. Look again and repeat.")
    if seen is not None and row["last_inbound"] not in (None, seen):
        raise StaleVersion("A customer message arrived meanwhile. Look again and repeat.")
