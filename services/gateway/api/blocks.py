"""Blocking public threads (CH-10). Blocks are settings objects: admins list and undo them there."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.gateway.api.answers import answer, errors
from services.gateway.api.asking import Asks
from services.gateway.api.messages import MessageId, visible_message
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Me, documented
from services.gateway.domain.access import Action
from shared.contracts.conversation_commands import ReadConversation
from shared.contracts.resources import CreateResource
from shared.contracts.settings import ThreadBlock
from shared.contracts.words import Direction, Visibility
from shared.errors import Conflict, StaleVersion, Unprocessable
from shared.http import CleanRoute

router = APIRouter(prefix="/api", tags=["messages"], route_class=CleanRoute, dependencies=documented)


class BlockedView(BaseModel):
    """The thread that is blocked now."""

    channel: str
    root: str


@router.post("/messages/{id}/block-thread", responses={200: {"model": BlockedView}, **errors(404)}, response_model=None)
async def block_thread(id: MessageId, principal: Me, parts: PartsOf, asks: Asks) -> Response:
    """Further replies to this message's post do not enter: dropped and counted. What is stored stays.

    The conversation's trail and the admin log say who blocked it; an admin undoes it by deleting it from the
    `thread-blocks` settings.
    """
    message = await visible_message(parts, asks, principal, id, Action.REPLY)
    thread = (await asks.ask(ReadConversation(conversation=message.conversation))).conversation.thread
    if message.direction is not Direction.INBOUND or thread.visibility is not Visibility.PUBLIC or not thread.root:
        raise Unprocessable("Only the thread of a public message that somebody wrote to us can be blocked.")
    name = " ".join(message.text.split())[:80] or thread.root
    block = ThreadBlock(name=name, channel=thread.channel, root=thread.root, conversation=message.conversation)
    command = CreateResource(kind=ThreadBlock.kind, value=block.model_dump(mode="json"), by=principal.actor)
    try:
        await asks.ask(command, service=ThreadBlock.owner)
    except StaleVersion:
        raise
    except Conflict as refusal:
        if "conflict" not in refusal.extra:
            raise  # else it is blocked already
    return answer({"channel": thread.channel, "root": thread.root})
